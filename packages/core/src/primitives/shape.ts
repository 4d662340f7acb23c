import { type Primitive, type Tangent, definePrimitive, isLinear, typeOfInput, viewAxis } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { constant, int, load, add as plus, read, mul as times } from "../kernel/expression.js";
import { type Statement, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, dotIndex, index, nest } from "../kernel/nest.js";
import { range, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { broadcastAxis, like, moveAxis } from "./basis.js";

/* Cutting and joining. Nothing is computed, so all are linear; slice and pad are each other's transpose. */

/** Elements start, start + step, ... below limit, along each axis. Steps are positive. */
export const slicePrimitive: Primitive<{
  start: readonly number[];
  limit: readonly number[];
  step: readonly number[];
}> = definePrimitive({
  name: "slice",
  infer: ([x], { start, limit, step }) => [
    { shape: start.map((s, i) => Math.max(0, Math.ceil((limit[i] - s) / step[i]))), dtype: x.dtype },
  ],
  jvp: ([x], [t], { start, limit, step }) => ({
    primals: [slice(x, start, limit, step)],
    tangents: [slice(t as Tensor, start, limit, step)],
  }),
  transpose: ([ct], [x], { start, step }) => {
    const g = ct as Tensor;
    const spread = g.shape.map((n, i) => (n === 0 ? 0 : (n - 1) * step[i] + 1));
    const high = typeOfInput(x).shape.map((n, i) => n - start[i] - spread[i]);
    return [
      pad(
        g,
        0,
        start,
        high,
        step.map((s) => s - 1),
      ),
    ];
  },
  batch: ([x], [axis], size, { start, limit, step }) => ({
    outputs: [slice(moveAxis(x, axis as number, 0), [0, ...start], [size, ...limit], [1, ...step])],
    axes: [0],
  }),
  lower: (_in, _out, { start, step }) => ({
    kind: "view",
    axes: start.map((s, axis) => viewAxis(axis, s, step[axis])),
  }),
});

export const flipPrimitive: Primitive<{ axes: readonly number[] }> = definePrimitive({
  name: "flip",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  jvp: ([x], [t], { axes }) => ({ primals: [flip(x, axes)], tangents: [flip(t as Tensor, axes)] }),
  transpose: ([ct], _inputs, { axes }) => [flip(ct as Tensor, axes)],
  batch: ([x], [axis], _size, { axes }) => ({
    outputs: [
      flip(
        moveAxis(x, axis as number, 0),
        axes.map((a) => a + 1),
      ),
    ],
    axes: [0],
  }),
  lower: ([x], _out, { axes }) => ({
    kind: "view",
    axes: x.shape.map((n, axis) => (axes.includes(axis) ? viewAxis(axis, n - 1, -1) : viewAxis(axis))),
  }),
});

/** `low` elements of `value` before, `high` after and `interior` between neighbours, along each axis. */
export const padPrimitive: Primitive<{
  value: number;
  low: readonly number[];
  high: readonly number[];
  interior: readonly number[];
}> = definePrimitive({
  name: "pad",
  infer: ([x], { low, high, interior }) => [
    {
      shape: x.shape.map((n, i) => low[i] + high[i] + (n === 0 ? 0 : (n - 1) * (interior[i] + 1) + 1)),
      dtype: x.dtype,
    },
  ],
  jvp: ([x], [t], { value, low, high, interior }) => ({
    primals: [pad(x, value, low, high, interior)],
    tangents: [pad(t as Tensor, 0, low, high, interior)],
  }),
  transpose: ([ct], [x], { low, interior }) => {
    const step = interior.map((k) => k + 1);
    const limit = typeOfInput(x).shape.map((n, i) => (n === 0 ? low[i] : low[i] + (n - 1) * step[i] + 1));
    return [slice(ct as Tensor, low, limit, step)];
  },
  batch: ([x], [axis], _size, { value, low, high, interior }) => ({
    outputs: [pad(moveAxis(x, axis as number, 0), value, [0, ...low], [0, ...high], [0, ...interior])],
    axes: [0],
  }),
  lower: ([x], [y], { value, low, interior }) => {
    const strides = stridesOf(y.shape);
    const base = strides.reduce((sum, s, i) => sum + s * low[i], 0);
    const steps = strides.map((s, i) => s * (interior[i] + 1));
    const fill = index("i");
    const body: Statement[] = [
      forLoop(fill, sizeOf(y.shape), [store(1, read(fill), constant(y.dtype, value))], "lanes"),
      ...nest(x.shape, (source, at) => [store(1, dotIndex(at, steps, base), load(x.dtype, 0, source))]),
    ];
    return { kind: "kernel", kernel: { name: "pad", buffers: buffersOf([x], [y]), body } };
  },
});

export const concatPrimitive: Primitive<{ axis: number }> = definePrimitive({
  name: "concat",
  infer: (inputs, { axis }) => [
    {
      shape: inputs[0].shape.map((n, i) => (i === axis ? inputs.reduce((sum, x) => sum + x.shape[axis], 0) : n)),
      dtype: inputs[0].dtype,
    },
  ],
  jvp: (inputs, tangents, { axis }) => ({
    primals: [concat(inputs, axis)],
    tangents: [
      concat(
        tangents.map((t, i) => t ?? like(inputs[i], 0)),
        axis,
      ),
    ],
  }),
  transpose: ([ct], inputs, { axis }) => {
    const g = ct as Tensor;
    let at = 0;
    return inputs.map((x): Tangent => {
      const { shape } = typeOfInput(x);
      const from = at;
      at += shape[axis];
      if (!isLinear(x)) return null;
      return slice(
        g,
        shape.map((_, i) => (i === axis ? from : 0)),
        shape.map((n, i) => (i === axis ? from + n : n)),
      );
    });
  },
  batch: (inputs, axes, size, { axis }) => ({
    outputs: [
      concat(
        inputs.map((x, i) => (axes[i] === null ? broadcastAxis(x, 0, size) : moveAxis(x, axes[i] as number, 0))),
        axis + 1,
      ),
    ],
    axes: [0],
  }),
  lower: (inputs, [y], { axis }) => {
    const row = sizeOf(y.shape.slice(axis));
    let offset = 0;
    const body = inputs.flatMap((x, k) => {
      const outer = index("o");
      const inner = index("i");
      const length = sizeOf(x.shape.slice(axis));
      const target = plus(times(read(outer), int(row)), int(offset));
      offset += length;
      const copy = store(
        inputs.length,
        plus(target, read(inner)),
        load(x.dtype, k, plus(times(read(outer), int(length)), read(inner))),
      );
      return length === 0
        ? []
        : [forLoop(outer, sizeOf(y.shape.slice(0, axis)), [forLoop(inner, length, [copy], "lanes")], "parallel")];
    });
    return { kind: "kernel", kernel: { name: "concat", buffers: buffersOf(inputs, [y]), body } };
  },
});

export function slice(
  x: Tensor,
  start: readonly number[],
  limit: readonly number[],
  step: readonly number[] = start.map(() => 1),
): Tensor {
  if (start.every((s, i) => s === 0 && limit[i] === x.shape[i] && step[i] === 1)) return x;
  return bind1(slicePrimitive, [x], { start, limit, step });
}
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : bind1(flipPrimitive, [x], { axes });
}
export function pad(
  x: Tensor,
  value: number,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[] = low.map(() => 0),
): Tensor {
  if (low.every((n, i) => n === 0 && high[i] === 0 && interior[i] === 0)) return x;
  return bind1(padPrimitive, [x], { value, low, high, interior });
}
/** A kernel reads only so many buffers: more are joined group by group. */
const JOINED = 256;
export function concat(inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.length > JOINED) {
    const groups = range(Math.ceil(inputs.length / JOINED)).map((i) => inputs.slice(i * JOINED, (i + 1) * JOINED));
    return concat(
      groups.map((group) => concat(group, axis)),
      axis,
    );
  }
  return inputs.length === 1 ? inputs[0] : bind1(concatPrimitive, inputs, { axis });
}
