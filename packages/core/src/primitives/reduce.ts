import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, add as plus, constant, int, load, mul as times, read } from "../kernel/expression.js";
import { type Accumulator, type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type Shape, range, sizeOf, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { argExtremumAccumulators, maxAccumulator, minAccumulator, prodAccumulator } from "./accumulators.js";
import { div } from "./arithmetic.js";
import { batchReduction, broadcast, like, moveAxis, mul, reshape, sum, transpose } from "./basis.js";
import { eq, select } from "./comparison.js";
import { cumprod, shifted, walk } from "./recurrence.js";

type Axes = { axes: readonly number[] };

/** x of shape without(shape, axes), stretched back to `shape`. */
const restore = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  broadcast(x, shape, without(range(shape.length), axes));

/** Ties share the derivative equally. */
function extremum(name: "reduceMax" | "reduceMin", accumulator: (x: Expression) => Accumulator): Primitive<Axes> {
  const primitive: Primitive<Axes> = definePrimitive({
    name,
    infer: ([x], { axes }) => [{ shape: without(x.shape, axes), dtype: x.dtype }],
    jvp: ([x], [t], { axes }) => {
      const y = bind1(primitive, [x], { axes });
      const winners = select(eq(x, restore(y, x.shape, axes)), like(x, 1), like(x, 0));
      const tangent = div(sum(mul(t as Tensor, winners), axes), sum(winners, axes));
      return { primals: [y], tangents: [tangent] };
    },
    batch: ([x], [axis], _size, { axes }) =>
      batchReduction(x, axis as number, axes, (y, a) => bind1(primitive, [y], { axes: a })),
    lower: (_in, _out, { axes }) => ({ kind: "reduce", axes, accumulator }),
  });
  return primitive;
}

export const maxPrimitive: Primitive<Axes> = extremum("reduceMax", maxAccumulator);
export const minPrimitive: Primitive<Axes> = extremum("reduceMin", minAccumulator);

/** The derivative by x_i is the product of the others, from running products of both sides: right also where factors are 0. */
export const prodPrimitive: Primitive<Axes> = definePrimitive({
  name: "reduceProd",
  infer: ([x], { axes }) => [{ shape: without(x.shape, axes), dtype: x.dtype }],
  jvp: ([x], [t], { axes }) => {
    const [factors, tangents] = [lastTogether(x, axes), lastTogether(t as Tensor, axes)];
    const last = factors.ndim - 1;
    const before = shifted(cumprod(factors, last, false), last, false, 1);
    const after = shifted(cumprod(factors, last, true), last, true, 1);
    return { primals: [reduceProd(x, axes)], tangents: [sum(mul(tangents, mul(before, after)), [last])] };
  },
  batch: ([x], [axis], _size, { axes }) => batchReduction(x, axis as number, axes, reduceProd),
  lower: (_in, _out, { axes }) => ({ kind: "reduce", axes, accumulator: prodAccumulator }),
});

/** `axes` as one last axis. */
function lastTogether(x: Tensor, axes: readonly number[]): Tensor {
  const kept = without(range(x.ndim), axes);
  const shape = kept.map((a) => x.shape[a]);
  return reshape(transpose(x, [...kept, ...axes]), [...shape, axes.reduce((n, a) => n * x.shape[a], 1)]);
}

/** Position of the first largest (or smallest) element along `axis`, as i32. NaN counts as the extreme value. */
export const argExtremumPrimitive: Primitive<{ axis: number; largest: boolean }> = definePrimitive({
  name: "argExtremum",
  infer: ([x], { axis }) => [{ shape: without(x.shape, [axis]), dtype: "i32" }],
  batch: ([x], [at], _size, { axis, largest }) =>
    batchReduction(x, at as number, [axis], (y, [a]) => bind1(argExtremumPrimitive, [y], { axis: a, largest })),
  lower: ([x], [y], { axis, largest }) => {
    const inner = sizeOf(x.shape.slice(axis + 1));
    const n = x.shape[axis];
    const [o, k, i] = [index("o"), index("k"), index("i")];
    const [best, where] = argExtremumAccumulators(x.dtype, largest, read(k), (at) =>
      load(x.dtype, 0, plus(times(plus(times(read(o), int(n)), at), int(inner)), read(i))),
    );
    const width = x.dtype === "f64" ? 8 : 16;
    const body: Statement[] = [
      {
        kind: "reduce",
        index: k,
        extent: int(n),
        width: inner === 1 && n >= 2 * width ? width : 1,
        body: [],
        accumulators: [best, where],
      },
      store(1, plus(times(read(o), int(inner)), read(i)), read(where.local)),
    ];
    return {
      kind: "kernel",
      kernel: {
        name: largest ? "argmax" : "argmin",
        buffers: buffersOf([x], [y]),
        body: [forLoop(o, sizeOf(x.shape.slice(0, axis)), [forLoop(i, inner, body, "lanes")], "parallel")],
      },
    };
  },
});

/** Running sum along `axis`, from the end when `reverse`. */
export const cumsumPrimitive: Primitive<{ axis: number; reverse: boolean }> = definePrimitive({
  name: "cumsum",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  jvp: ([x], [t], { axis, reverse }) => ({
    primals: [cumsum(x, axis, reverse)],
    tangents: [cumsum(t as Tensor, axis, reverse)],
  }),
  transpose: ([ct], _inputs, { axis, reverse }) => [cumsum(ct as Tensor, axis, !reverse)],
  batch: ([x], [at], _size, { axis, reverse }) => ({
    outputs: [cumsum(moveAxis(x, at as number, 0), axis + 1, reverse)],
    axes: [0],
  }),
  lower: ([x], [y], { axis, reverse }) => {
    const total = { name: "total", dtype: x.dtype };
    const step =
      (before: Expression) =>
      (at: Expression): Statement[] => [assign(total, plus(before, load(x.dtype, 0, at))), store(1, at, read(total))];
    const along = { axis, reverse };
    return {
      kind: "kernel",
      kernel: walk("cumsum", [x], y, along, step(constant(x.dtype, 0)), step(read(total))),
    };
  },
});

export const reduceMax = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(maxPrimitive, [x], { axes });
export const reduceMin = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(minPrimitive, [x], { axes });
export const reduceProd = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(prodPrimitive, [x], { axes });
export const cumsum = (x: Tensor, axis: number, reverse = false): Tensor =>
  bind1(cumsumPrimitive, [x], { axis, reverse });
