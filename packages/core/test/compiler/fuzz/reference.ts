import type { Atom, Graph, Variable } from "../../../src/graph/graph.js";
import type { DType } from "../../../src/tensor/dtype.js";
import { type Dense, count, position } from "../../reference/dense.js";
import { reference } from "../../reference/evaluate.js";
import { uniform } from "./program.js";

/*
 * A whole graph by the naive reference, several times in lockstep: once as it is, and with every rounding disturbed at random (Monte Carlo
 * arithmetic: Parker 1997; Vignes's CESTAC). How far the runs come apart is how far correct programs may differ, so the tolerance
 * follows the conditioning of each program, element by element, and none is chosen by hand. Where the runs come too close to a jump
 * (a comparison, a floor, the winner of an argmax), nothing is claimed: such a program is `unstable`.
 */

/** The same tensor in each run; the first is the undisturbed one. */
type Runs = readonly Dense[];

/** Closer to a jump than this many times the disturbance counts as on it. */
const MARGIN = 32;
const UNIT: Readonly<Partial<Record<DType, number>>> = { f32: 2 ** -24, f64: 2 ** -53 };
/** A rounding of a basic operation is half a unit in the last place, that of an elementary function up to two. */
const ROUNDINGS = 4;

/** What only moves, chooses or counts: its results are exact. */
const exact = new Set(
  "neg abs sign floor ceil trunc round eq ne lt le gt ge and or xor shl shr not max min select reinterpret stopGradient reduceMax reduceMin argExtremum broadcast reshape transpose slice pad flip concat windows iota gather scatterMax scatterMin dynamicSlice dynamicUpdateSlice argsort cumulativeArgExtremum barrier name threefry2x32".split(
    " ",
  ),
);
/** What rounds inside, relative to its terms and not to its result. */
const accumulating = new Set(
  "sum dot cumsum reduceProd scatterAdd overlapAdd linearRecurrence cholesky triangularSolve lu luSolve".split(" "),
);

export class Unstable extends Error {}

export interface Evaluated {
  readonly outputs: readonly Dense[];
  /** The largest distance of a disturbed run from the first, element by element. */
  readonly spread: readonly (readonly number[])[];
}

export function evaluateByReference(graph: Graph, inputs: readonly Dense[], samples: number, seed: number): Evaluated {
  const evaluator = new Evaluator(samples, seed);
  const runs = evaluator.graph(
    graph,
    inputs.map((x) => Array.from({ length: samples + 1 }, () => x)),
  );
  return {
    outputs: runs.map((r) => r[0]),
    spread: runs.map((r) => r[0].values.map((v, i) => Math.max(...r.slice(1).map((d) => Math.abs(d.values[i] - v))))),
  };
}

class Evaluator {
  readonly #samples: number;
  readonly #random: () => number;

  constructor(samples: number, seed: number) {
    this.#samples = samples;
    this.#random = uniform(seed);
  }

  graph(graph: Graph, inputs: readonly Runs[]): Runs[] {
    const values = new Map<Variable, Runs>();
    graph.inputs.forEach((v, i) => values.set(v, inputs[i]));
    const read = (a: Atom): Runs =>
      a.kind === "variable"
        ? (values.get(a) as Runs)
        : Array.from({ length: this.#samples + 1 }, () => ({
            shape: a.shape,
            values: new Array<number>(count(a.shape)).fill(a.dtype === "f32" ? Math.fround(a.value) : a.value),
          }));
    for (const e of graph.equations) {
      const from = e.inputs.map(read);
      const results = this.equation(e.primitive.name, e.inputs, from, e.params as Params, e.outputs);
      e.outputs.forEach((v, i) => values.set(v, results[i]));
    }
    return graph.outputs.map(read);
  }

  equation(
    name: string,
    types: readonly Atom[],
    inputs: readonly Runs[],
    params: Params,
    outputs: readonly Variable[],
  ) {
    if (name === "scan") return this.scan(inputs, params, outputs);
    if (name === "while") return this.while(inputs, params);
    if (name === "cond") return this.cond(inputs, params);
    const called = params.graph ?? params.solve;
    if (called !== undefined) return this.graph(called, inputs);
    const evaluate = name === "shr" && types[0].dtype === "u32" ? logicalShift : reference[name];
    if (evaluate === undefined) throw new Error(`the reference has no ${name}`);
    if (jumps[name] !== undefined || (name === "convert" && UNIT[outputs[0].dtype] === undefined))
      (jumps[name] ?? jumps["floor"])(inputs, params);
    const unit = UNIT[types[0]?.dtype];
    const results: Dense[][] = outputs.map(() => []);
    for (let s = 0; s <= this.#samples; s++) {
      let from = inputs.map((r) => r[s]);
      if (s > 0 && unit !== undefined && accumulating.has(name)) {
        const size = unit * Math.max(1, Math.sqrt(termsOf(from, outputs[0])) / 4);
        from = from.map((x) => this.disturbed(x, size));
      }
      evaluate(from, params).forEach((y, k) => {
        const rounded = inType(y, outputs[k].dtype);
        const u = exact.has(name) || s === 0 ? undefined : UNIT[outputs[k].dtype];
        results[k].push(u === undefined ? rounded : inType(this.disturbed(rounded, u), outputs[k].dtype));
      });
    }
    return results;
  }

  /** Integers of moderate size stay: what gives them is exact. */
  disturbed(x: Dense, unit: number): Dense {
    const size = ROUNDINGS * unit;
    const values = x.values.map((v) =>
      Number.isInteger(v) && Math.abs(v) < 2 ** 20 ? v : v * (1 + size * (2 * this.#random() - 1)),
    );
    return { shape: x.shape, values };
  }

  scan(inputs: readonly Runs[], p: Params, outputs: readonly Variable[]): Runs[] {
    const fixed = inputs.slice(0, p.constants);
    let carry = inputs.slice(p.constants, p.constants + p.carry);
    const stacked = inputs.slice(p.constants + p.carry);
    const written = outputs
      .slice(p.carry)
      .map((v): number[][] =>
        Array.from({ length: this.#samples + 1 }, () => new Array<number>(count(v.shape)).fill(0)),
      );
    for (let k = 0; k < p.length; k++) {
      const i = p.reverse ? p.length - 1 - k : k;
      const results = this.graph(p.body, [...fixed, ...carry, ...stacked.map((r) => r.map((x) => row(x, i)))]);
      carry = results.slice(0, p.carry);
      results.slice(p.carry).forEach((r, o) => {
        r.forEach((y, s) => {
          for (let j = 0; j < y.values.length; j++) written[o][s][i * y.values.length + j] = y.values[j];
        });
      });
    }
    return [
      ...carry,
      ...written.map((r, o) => r.map((values): Dense => ({ shape: outputs[p.carry + o].shape, values }))),
    ];
  }

  while(inputs: readonly Runs[], p: Params): Runs[] {
    const forCondition = inputs.slice(0, p.conditionConstants);
    const forBody = inputs.slice(p.conditionConstants, p.conditionConstants + p.bodyConstants);
    let carry = inputs.slice(p.conditionConstants + p.bodyConstants);
    for (let round = 0; round < 1000; round++) {
      const [goes] = this.graph(p.condition, [...forCondition, ...carry]);
      if (agreed(goes) === 0) return [...carry];
      carry = this.graph(p.body, [...forBody, ...carry]);
    }
    throw new Error("the reference ran a while loop for 1000 rounds");
  }

  cond([choice, ...inputs]: readonly Runs[], { branches }: Params): Runs[] {
    const k = Math.max(0, Math.min(branches.length - 1, agreed(choice)));
    return this.graph(branches[k], inputs);
  }
}

/** The parameters that carried graphs have. */
interface Params {
  readonly graph?: Graph;
  readonly solve?: Graph;
  readonly body: Graph;
  readonly condition: Graph;
  readonly branches: readonly Graph[];
  readonly constants: number;
  readonly carry: number;
  readonly length: number;
  readonly reverse: boolean;
  readonly conditionConstants: number;
  readonly bodyConstants: number;
  readonly axis: number;
  readonly axes: readonly number[];
}

/** About how many terms an element of the result adds up: the naive sum rounds as often, at random. */
function termsOf([a, b]: readonly Dense[], result: Variable): number {
  const each = count(result.shape);
  if (each === 0) return 1;
  const length = count(a.shape);
  return Math.max(...a.shape, length / each, b === undefined ? 1 : Math.sqrt((length * count(b.shape)) / each));
}

const row = ({ shape, values }: Dense, i: number): Dense => {
  const size = count(shape.slice(1));
  return { shape: shape.slice(1), values: values.slice(i * size, (i + 1) * size) };
};

function inType(x: Dense, dtype: DType): Dense {
  if (dtype === "f32") return { shape: x.shape, values: x.values.map(Math.fround) };
  if (dtype === "i32") return { shape: x.shape, values: x.values.map((v) => v | 0) };
  return dtype === "u32" ? { shape: x.shape, values: x.values.map((v) => v >>> 0) } : x;
}

const logicalShift = ([a, b]: readonly Dense[]): Dense[] => [
  { shape: a.shape, values: a.values.map((v, i) => v >>> b.values[i]) },
];

/** One value in all runs. */
function agreed(runs: Runs): number {
  const [value] = runs[0].values;
  if (runs.some((r) => r.values[0] !== value)) throw new Unstable("the runs part ways");
  return value;
}

/** Throws where f(x) = 0 is a jump and some element may lie on either side of it; the same exact zero in all runs is no doubt. */
function clearOfZero(runs: Runs): void {
  const [base, ...others] = runs;
  let spread = 0;
  for (const r of others)
    for (let i = 0; i < r.values.length; i++) spread = Math.max(spread, Math.abs(r.values[i] - base.values[i]));
  if (spread === 0) return;
  base.values.forEach((v, i) => {
    if (Math.abs(v) <= MARGIN * spread && !(v === 0 && others.every((r) => r.values[i] === 0)))
      throw new Unstable("near a jump");
  });
}
const onEach = (runs: Runs, f: (v: number, i: number) => number): Runs =>
  runs.map((r) => ({ shape: r.shape, values: r.values.map(f) }));

const difference = ([a, b]: readonly Runs[]): void =>
  clearOfZero(a.map((x, s) => ({ shape: x.shape, values: x.values.map((v, i) => v - b[s].values[i]) })));

/** Distances of neighbours in order: of all pairs, those decide. */
function order(runs: Runs, axis: number): void {
  const { shape } = runs[0];
  const n = shape[axis];
  const stride = count(shape.slice(axis + 1));
  for (let outer = 0; outer < count(shape.slice(0, axis)); outer++)
    for (let inner = 0; inner < stride; inner++) {
      const at = Array.from({ length: n }, (_, i) => (outer * n + i) * stride + inner);
      at.sort((i, j) => runs[0].values[i] - runs[0].values[j]);
      clearOfZero(
        runs.map((r) => ({ shape: [n - 1], values: at.slice(1).map((to, k) => r.values[to] - r.values[at[k]]) })),
      );
    }
}

const jumps: Readonly<Record<string, (inputs: readonly Runs[], params: Params) => void>> = {
  ...Object.fromEntries(["eq", "ne", "lt", "le", "gt", "ge"].map((name) => [name, difference])),
  ...Object.fromEntries(
    ["floor", "ceil", "trunc"].map((name) => [
      name,
      ([x]: readonly Runs[]) => clearOfZero(onEach(x, (v) => v - Math.round(v))),
    ]),
  ),
  round: ([x]) => clearOfZero(onEach(x, (v) => v - Math.floor(v) - 0.5)),
  sign: ([x]) => clearOfZero(x),
  rem: ([a, b]) =>
    clearOfZero(
      a.map((x, s) => ({
        shape: x.shape,
        values: x.values.map((v, i) => v / b[s].values[i] - Math.round(v / b[s].values[i])),
      })),
    ),
  argExtremum: ([x], { axis }) => order(x, axis),
  cumulativeArgExtremum: ([x], { axis }) => order(x, axis),
  argsort: ([x]) => order(x, x[0].shape.length - 1),
};

/** Only to say where an element lies. */
export const whereIs = (shape: readonly number[], k: number): string => {
  const at: number[] = [];
  for (let rest = k, a = shape.length - 1; a >= 0; a--) {
    at.unshift(rest % shape[a]);
    rest = Math.floor(rest / shape[a]);
  }
  return position(shape, at) === k ? `[${at.join(", ")}]` : String(k);
};
