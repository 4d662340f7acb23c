import type { Atom, Equation, Variable } from "../graph/graph.js";
import { type Lowering, type ViewAxis, viewAxis } from "../graph/primitive.js";
import { type Expression, type Local, add, binary, constant, int, load, mul, read } from "../kernel/expression.js";
import { type Accumulator, type Kernel, type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import type { Block } from "../kernel/math/block.js";
import { buffersOf } from "../kernel/nest.js";
import { range, stridesOf } from "../tensor/shape.js";
import type { Fusion } from "./fuse.js";
import type { Simplified } from "./simplify.js";

export interface FusedKernel {
  readonly kernel: Kernel;
  /** What the kernel reads, in buffer order; the root equation's outputs follow. */
  readonly inputs: readonly Variable[];
}

/** Sums longer than this are cut into blocks, so that rounding grows with the square root of the length at most twice. */
const BLOCK = 4096;

/** A position in memory as a function of the loop variables: offset + sum of coefficient * index. */
interface Affine {
  readonly offset: number;
  readonly coefficients: readonly number[];
}

/**
 * The one builder of fused kernels: a root (elementwise, view, generator or reduction) and everything inlined into it,
 * over the root's iteration space. Views become index arithmetic; neighbouring loops that every access walks through without
 * a gap are merged into one.
 */
export function fusedKernel(root: Equation, simplified: Simplified, fusion: Fusion): FusedKernel {
  const { lowering } = simplified;
  const rootLowering = lowering.get(root) as Lowering;
  const reduced = rootLowering.kind === "reduce" ? rootLowering.axes : [];
  const shape = rootLowering.kind === "reduce" ? root.inputs[0].shape : root.outputs[0].shape;
  const identity = shape.map((_, axis) => viewAxis(axis));

  const inlinedProducer = (v: Variable): Equation | undefined => {
    const e = fusion.producer.get(v);
    return e !== undefined && fusion.inlined.has(e) ? e : undefined;
  };

  // First pass: what is read, and how each access moves with the loops.
  const inputs: Variable[] = [];
  const accesses: Affine[] = [];
  const seen = new Map<Variable, Set<string>>();
  const affineOf = (v: Variable, at: readonly ViewAxis[]): Affine => {
    const strides = stridesOf(v.shape);
    const coefficients = new Array<number>(shape.length).fill(0);
    let offset = 0;
    at.forEach(({ start, terms }, k) => {
      offset += start * strides[k];
      if (v.shape[k] !== 1) for (const { axis, step } of terms) coefficients[axis] += step * strides[k];
    });
    return { offset, coefficients };
  };
  const collect = (a: Atom, at: readonly ViewAxis[]): void => {
    if (a.kind === "literal") return;
    const key = accessKey(at);
    const known = seen.get(a);
    if (known?.has(key)) return;
    if (known === undefined) seen.set(a, new Set([key]));
    else known.add(key);
    const e = inlinedProducer(a);
    if (e === undefined) {
      if (!inputs.includes(a)) inputs.push(a);
      accesses.push(affineOf(a, at));
    } else collectEquation(e, at);
  };
  const collectEquation = (e: Equation, at: readonly ViewAxis[]): void => {
    const l = lowering.get(e) as Lowering;
    if (l.kind === "generate") {
      // Coordinates are needed one by one, which keeps these axes from being merged.
      for (const { axis } of at.flatMap((v) => v.terms))
        accesses.push({ offset: 0, coefficients: shape.map((_, i) => (i === axis ? 1 : 0)) });
    } else for (const a of e.inputs) collect(a, through(l, at));
  };
  if (rootLowering.kind === "reduce") collect(root.inputs[0], identity);
  else collectEquation(root, identity);

  // Output position: the kept axes, row-major.
  const kept = range(shape.length).filter((a) => !reduced.includes(a));
  const outputStrides = stridesOf(kept.map((a) => shape[a]));
  const output: Affine = {
    offset: 0,
    coefficients: shape.map((_, a) => (kept.includes(a) ? outputStrides[kept.indexOf(a)] : 0)),
  };
  const loops = mergeLoops(shape, reduced, [...accesses, output]);
  const locals = loops.map((loop, i): Local => ({ name: loop.reduced ? `r${i}` : `i${i}`, dtype: "i32" }));

  const keptLoops = range(loops.length).filter((i) => !loops[i].reduced);
  const reducedLoops = range(loops.length).filter((i) => loops[i].reduced);
  const order = [...keptLoops, ...reducedLoops];
  const innermost = loops.length - 1;
  // Columns are summed by rows: the contiguous kept axis stays innermost.
  const byRows = reducedLoops.length > 0 && loops.length > 0 && !loops[innermost].reduced;
  const inner = byRows ? innermost : order[order.length - 1];

  // Second pass: expressions. Everything that does not move with the innermost loop goes into a base computed outside it.
  const outside = order.filter((i) => i !== inner);
  const bases = new Map<string, { local: Local; value: Expression; step: number }>();
  const coefficient = (affine: Affine, loop: number): number => affine.coefficients[loops[loop].axis];
  const position = (affine: Affine): Expression => {
    const key = `${affine.offset}:${order.map((i) => coefficient(affine, i)).join()}`;
    let base = bases.get(key);
    if (base === undefined) {
      base = {
        local: { name: `base${bases.size}`, dtype: "i32" },
        value: outside.reduce(
          (sum, i) => add(sum, mul(read(locals[i]), int(coefficient(affine, i)))),
          int(affine.offset),
        ),
        step: inner === undefined ? 0 : coefficient(affine, inner),
      };
      bases.set(key, base);
    }
    return inner === undefined ? read(base.local) : add(read(base.local), mul(read(locals[inner]), int(base.step)));
  };
  /** The statements that set the bases, for inner loops that start at `from`. */
  const setBases = (from: Expression = int(0)): Statement[] =>
    [...bases.values()].map((b) => assign(b.local, add(b.value, mul(from, int(b.step)))));
  const outputPosition = (): Expression =>
    keptLoops.reduce((sum, i) => add(sum, mul(read(locals[i]), int(coefficient(output, i)))), int(0));
  const coordinate = ({ start, terms }: ViewAxis): Expression =>
    terms.reduce((sum, { axis, step }) => {
      const loop = loops.findIndex((l) => l.axis === axis);
      return loop < 0 ? sum : add(sum, mul(read(locals[loop]), int(step)));
    }, int(start));

  const statements: Statement[] = [];
  let lets = 0;
  const block: Block = {
    let(value: Expression, name = "t"): Expression {
      if (value.kind === "constant" || value.kind === "local") return value;
      const local: Local = { name: `${name}${lets++}`, dtype: value.dtype };
      statements.push(assign(local, value));
      return read(local);
    },
  };
  const values = new Map<Variable, Map<string, Expression>>();
  const evaluate = (a: Atom, at: readonly ViewAxis[]): Expression => {
    if (a.kind === "literal") return constant(a.dtype, a.value);
    const key = accessKey(at);
    const known = values.get(a)?.get(key);
    if (known !== undefined) return known;
    const e = inlinedProducer(a);
    if (e === undefined) {
      const value = block.let(load(a.dtype, inputs.indexOf(a), position(affineOf(a, at))), "x");
      remember(a, key, value);
      return value;
    }
    const results = evaluateEquation(e, at);
    e.outputs.forEach((v, i) => remember(v, key, results[i]));
    return results[e.outputs.indexOf(a)];
  };
  const remember = (v: Variable, key: string, value: Expression): void => {
    const known = values.get(v);
    if (known === undefined) values.set(v, new Map([[key, value]]));
    else known.set(key, value);
  };
  const evaluateEquation = (e: Equation, at: readonly ViewAxis[]): Expression[] => {
    const l = lowering.get(e) as Lowering;
    if (l.kind === "map")
      return l
        .compute(
          block,
          e.inputs.map((a) => evaluate(a, at)),
        )
        .map((x) => block.let(x));
    if (l.kind === "generate") return l.compute(block, at.map(coordinate)).map((x) => block.let(x));
    return [evaluate(e.inputs[0], through(l, at))];
  };

  const wrap = (indices: readonly number[], body: Statement[], lanes = false): Statement[] => {
    let out = body;
    for (let k = indices.length - 1; k >= 0; k--) {
      const i = indices[k];
      out = [forLoop(locals[i], loops[i].size, out, lanes && k === indices.length - 1 ? "lanes" : "serial")];
    }
    return out;
  };

  let body: Statement[];
  const innerLoops = inner === undefined ? [] : [inner];
  if (rootLowering.kind !== "reduce") {
    const results = evaluateEquation(root, identity);
    const at = position(output);
    results.forEach((x, i) => statements.push(store(inputs.length + i, at, x)));
    body = wrap(outside, [...setBases(), ...wrap(innerLoops, statements, true)]);
  } else {
    const accumulator = rootLowering.accumulator(evaluate(root.inputs[0], identity));
    const target = inputs.length;
    const at = outputPosition();
    const total: Local = { name: "total", dtype: accumulator.local.dtype };
    if (byRows) {
      const update = [
        ...statements,
        assign(accumulator.local, load(accumulator.local.dtype, target, at)),
        store(target, at, accumulator.step),
      ];
      body = wrap(
        keptLoops.filter((i) => i !== inner),
        [
          ...wrap(innerLoops, [store(target, at, accumulator.init)], true),
          ...wrap(reducedLoops, [...setBases(), ...wrap(innerLoops, update, true)]),
        ],
      );
    } else if (reducedLoops.length === 0) {
      const single = [...statements, assign(accumulator.local, accumulator.init), store(target, at, accumulator.step)];
      body = wrap(outside, [...setBases(), ...wrap(innerLoops, single, true)]);
    } else
      body = wrap(keptLoops, [
        ...rowReduction(accumulator, total, statements, inner as number),
        store(target, at, read(total)),
      ]);
  }
  return { kernel: { name: root.primitive.name, buffers: buffersOf(inputs, root.outputs), body }, inputs };

  /** The contiguous axis is reduced: lanes of partial results, in blocks, folded in a fixed order into `total`. */
  function rowReduction(
    accumulator: Accumulator,
    total: Local,
    element: readonly Statement[],
    last: number,
  ): Statement[] {
    const { local, left, right, init, merge } = accumulator;
    const extent = loops[last].size;
    const full = local.dtype === "f64" ? 8 : 16;
    const reduce = (count: Expression): Statement[] => [
      {
        kind: "reduce",
        index: locals[last],
        extent: count,
        width: extent >= 2 * full ? full : 1,
        body: element,
        accumulators: [accumulator],
      },
      assign(left, read(total)),
      assign(right, read(local)),
      assign(total, merge),
    ];
    const chunk: Local = { name: "block", dtype: "i32" };
    const from: Local = { name: "from", dtype: "i32" };
    const whole = [...setBases(), ...reduce(int(extent))];
    const blocks = [
      forLoop(chunk, Math.ceil(extent / BLOCK), [
        assign(from, mul(read(chunk), int(BLOCK))),
        ...setBases(read(from)),
        ...reduce(binary("min", int(BLOCK), binary("sub", int(extent), read(from)))),
      ]),
    ];
    const outer = reducedLoops.filter((i) => i !== last);
    return [assign(total, init), ...wrap(outer, extent > BLOCK ? blocks : whole)];
  }
}

const accessKey = (at: readonly ViewAxis[]): string =>
  at.map((v) => [v.start, ...v.terms.map((t) => `${t.axis}*${t.step}`)].join()).join(";");

/** The access of an input, given that of the output. */
function through(l: Lowering, at: readonly ViewAxis[]): readonly ViewAxis[] {
  const axes = l.kind === "view" || l.kind === "alias" ? l.axes : undefined;
  if (axes === undefined) return at;
  return axes.map(({ start, terms }): ViewAxis => ({
    start: terms.reduce((sum, { axis, step }) => sum + step * at[axis].start, start),
    terms: terms.flatMap(({ axis, step }) => at[axis].terms.map((t) => ({ axis: t.axis, step: step * t.step }))),
  }));
}

interface Loop {
  readonly size: number;
  readonly reduced: boolean;
  /** The space axis whose coefficient is the loop's. */
  readonly axis: number;
}

/** Axes of size 1 disappear; neighbours of one kind merge when every access steps over the inner one without a gap. */
function mergeLoops(shape: readonly number[], reduced: readonly number[], accesses: readonly Affine[]): Loop[] {
  const loops: Loop[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const before = loops[loops.length - 1] as Loop | undefined;
    const isReduced = reduced.includes(axis);
    const merges =
      before !== undefined &&
      before.reduced === isReduced &&
      accesses.every((a) => a.coefficients[before.axis] === a.coefficients[axis] * size);
    if (merges) loops[loops.length - 1] = { size: before.size * size, reduced: isReduced, axis };
    else loops.push({ size, reduced: isReduced, axis });
  });
  return loops;
}
