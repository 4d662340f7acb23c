import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  constant as value,
  int,
  load,
  mul,
  read,
  sub,
} from "../../kernel/expression.js";
import {
  type Kernel,
  type KernelBuffer,
  type Statement,
  assign,
  forLoop,
  ifElse,
  store,
  whileLoop,
} from "../../kernel/kernel.js";
import { index } from "../../kernel/nest.js";
import type { BufferType, Procedure, Step } from "../../kernel/procedure.js";
import { type DType, dtypes } from "../../tensor/dtype.js";
import { at, positionOf } from "./knownIndex.js";
import { DoesNotFit, LANE, type Region, STEP, Unrolling, refuse, region } from "./unroll.js";

/** A loop of calls: the body takes constants, carry, slices, and writes the next carry, slices of outputs. */
export interface Loop {
  /** How many of the body's parameters it reads. */
  readonly inputs: number;
  readonly constants: number;
  readonly carry: number;
  /** Of a `while`, the most rounds that it runs. */
  readonly length: number;
  readonly reverse: boolean;
  /** Of a `while`, which has no slices: takes constants of its own and the carry, and writes an i32 that is 0 when the loop ends. */
  readonly condition?: { readonly procedure: Procedure; readonly constants: number };
}
const WHILE = "while";
/** As many as a `while` counts. */
export const MOST_ROUNDS: number = 2 ** 31 - 1;

/** A loop over fewer lanes is written out. */
const FEWEST_LANES = 8;
const MOST_BUFFERS = 256;

/**
 * A small loop as one kernel: its buffers are constants (of a `while`, those of the condition first), first carry and stacked inputs, then last carry
 * and stacked outputs. With few elements all of them are locals, and so is the carry. With an axis that all elements share (a batch, or one
 * shape throughout) each step is a loop over that axis, and the carry is updated in place.
 *
 * @returns undefined for a body that is too large, or whose lanes read from each other: that is a loop of calls.
 */
export function loopKernel(body: Procedure, loop: Loop): Kernel | undefined {
  if (loop.length === 0 || body.parameters.length > MOST_BUFFERS) return undefined;
  for (const lanes of [...laneCounts(body), 1])
    try {
      return build(body, loop, lanes);
    } catch (e) {
      if (!(e instanceof DoesNotFit)) throw e;
    }
  return undefined;
}

/** The extents of outermost loops, largest first: the shared axis is one of them, if there is one. */
function laneCounts(body: Procedure): number[] {
  const extents = new Set<number>();
  const visit = (step: Step): void => {
    if (step.kind === "kernel")
      for (const s of step.kernel.body)
        if (s.kind === "for" && s.extent.kind === "constant" && s.extent.value >= FEWEST_LANES)
          extents.add(s.extent.value);
  };
  body.steps.forEach(visit);
  return [...extents].sort((a, b) => b - a).slice(0, 3);
}

function build(body: Procedure, loop: Loop, lanes: number): Kernel {
  const { inputs, constants, carry, length, reverse, condition } = loop;
  /** The buffer of a parameter of the body. */
  const buffer = (p: number): number => p + (condition?.constants ?? 0);
  const u = new Unrolling(lanes);
  const t = u.local("t", "i32", STEP);
  const now = reverse ? sub(int(length - 1), read(t)) : read(t);
  /** Where slices of this size begin. */
  const starts = new Map(
    (condition ? [] : body.parameters).map(({ length: size }) => [size, u.let(mul(now, int(size)))]),
  );
  const slice = (size: number): Expression => starts.get(size) as Expression;
  const start: Statement[] = [];
  const stepEnd: Statement[] = [];
  const laneEnd: Statement[] = [];
  const finish: Statement[] = [];

  /** The carries' elements that are locals: those that are the same in all lanes, or all if there is but one. */
  const registers = Array.from({ length: carry }, () => new Map<number, Local>());
  const isRegister = new Set<Local>();
  const register = (k: number, key: number, element: Expression): Local => {
    let local = registers[k].get(key);
    if (local === undefined) {
      const { dtype } = body.parameters[constants + k];
      local = u.local("carry", dtype, STEP);
      registers[k].set(key, local);
      isRegister.add(local);
      start.push(assign(local, load(dtype, buffer(constants + k), element)));
      finish.push(store(buffer(inputs + k), element, read(local)));
    }
    return local;
  };

  const constant = (dtype: DType, b: number): Region => region({ dtype, load: (i) => load(dtype, b, i) });
  const slots = body.parameters.map(({ dtype, length: size }, p): Region => {
    if (p >= inputs) return region();
    if (p < constants) return constant(dtype, buffer(p));
    if (p >= constants + carry) return region({ dtype, load: (i) => load(dtype, buffer(p), add(slice(size), i)) });
    const k = p - constants;
    return region({
      dtype,
      load(i, key) {
        if (key === undefined) return refuse();
        return positionOf(key).step > 0 ? load(dtype, buffer(inputs + k), i) : read(register(k, key, i));
      },
    });
  });
  const call = (procedure: Procedure, regions: readonly Region[]): void =>
    u.call(
      procedure,
      regions.map((r) => ({ region: r, offset: 0 })),
      { region: region(), offset: 0 },
    );
  let goOn: Expression | undefined;
  let tested = 0;
  if (condition !== undefined) {
    const predicate = region();
    const own = condition.procedure.parameters.slice(0, condition.constants);
    call(condition.procedure, [
      ...own.map(({ dtype }, p) => constant(dtype, p)),
      ...slots.slice(constants, inputs),
      predicate,
    ]);
    goOn = compare("ne", u.load({ region: predicate, offset: 0 }, "i32", int(0)), int(0));
    if (u.statements[LANE].length + u.statements[LANE | STEP].length > 0) refuse();
    tested = u.statements[STEP].length;
  }
  call(body, slots);

  /** All elements of an output; each must have been written once. */
  const written = (p: number): { key: number; element: Expression; value: Expression; lane: boolean }[] => {
    const { dtype, length: size } = body.parameters[p];
    const { bytes } = dtypes[dtype];
    let count = 0;
    const all = [...slots[p].elements.keys()].map((key) => {
      const { offset, step } = positionOf(key);
      count += step > 0 ? lanes : 1;
      const element = at(u.lane, { offset: offset / bytes, step: step / bytes });
      return { key, element, value: u.load({ region: slots[p], offset: 0 }, dtype, element), lane: step > 0 };
    });
    return count === size ? all : refuse();
  };
  const updates: [Local, Expression][] = [];
  for (let k = 0; k < carry; k++) {
    const p = inputs + k;
    let inPlace = false;
    for (const { key, element, value, lane } of written(p))
      if (lane) {
        laneEnd.push(store(buffer(p), element, value));
        inPlace = true;
      } else updates.push([register(k, key, element), value]);
    const { elements } = slots[constants + k];
    for (const key of elements.keys()) if (!slots[p].elements.has(key)) refuse();
    if (inPlace) {
      const i = index("i");
      const { dtype, length: size } = body.parameters[p];
      start.push(forLoop(i, size, [store(buffer(p), read(i), load(dtype, buffer(constants + k), read(i)))], "lanes"));
    }
  }
  for (let p = inputs + carry; p < body.parameters.length; p++) {
    const first = slice(body.parameters[p].length);
    for (const { element, value, lane } of written(p))
      (lane ? laneEnd : stepEnd).push(store(buffer(p), add(first, element), value));
  }
  // All next carries are read before one is assigned.
  const moved = updates.map(([local, value]): [Local, Expression] => {
    if (value.kind !== "local" || value.local === local || !isRegister.has(value.local)) return [local, value];
    const old = u.local("old", local.dtype, STEP);
    stepEnd.push(assign(old, value));
    return [local, read(old)];
  });
  for (const [local, value] of moved) stepEnd.push(assign(local, value));

  const [always, perStep, perLane, perBoth] = u.statements;
  const inLanes = [...perLane, ...perBoth, ...laneEnd];
  const step = [
    ...perStep.slice(tested),
    ...(inLanes.length > 0 ? [forLoop(u.lane, lanes, inLanes, "lanes")] : []),
    ...stepEnd,
  ];
  const stacked = ({ dtype, length: size }: BufferType, p: number): KernelBuffer => ({
    dtype,
    length: p < constants + carry || (p >= inputs && p < inputs + carry) ? size : size * length,
    access: p < inputs ? "in" : "out",
  });
  const buffers = body.parameters.map(stacked);
  if (goOn === undefined)
    return { name: "scan", buffers, body: [...always, ...start, forLoop(t, length, step), ...finish] };
  const own = condition?.procedure.parameters.slice(0, condition.constants) ?? [];
  const [left, live]: Local[] = [index("left"), { name: "live", dtype: "bool" }];
  return {
    name: WHILE,
    buffers: [...own.map((b): KernelBuffer => ({ ...b, access: "in" })), ...buffers],
    body: [
      assign(left, int(length)),
      ...always,
      ...start,
      assign(live, value("bool", 1)),
      whileLoop(read(live), [
        ...perStep.slice(0, tested),
        assign(live, binary("and", goOn, compare("gt", read(left), int(0)))),
        ifElse(read(live), [...step, assign(left, sub(read(left), int(1)))]),
      ]),
      ...finish,
    ],
  };
}

/** Of a `while` as a kernel: what a round runs. */
export const roundOf = (kernel: Kernel): readonly Statement[] | undefined =>
  kernel.name === WHILE ? kernel.body.flatMap((s) => (s.kind === "while" ? s.body : [])) : undefined;
/** It, with at most so many rounds. */
export const withRounds = (kernel: Kernel, rounds: number): Kernel => ({
  ...kernel,
  body: kernel.body.map((s, i) => (i === 0 && s.kind === "assign" ? assign(s.local, int(rounds)) : s)),
});
