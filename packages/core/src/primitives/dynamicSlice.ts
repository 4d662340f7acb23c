import { type Primitive, definePrimitive, isLinear, typeOfInput } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add as plus,
  binary,
  int,
  load,
  mul as times,
  read,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, dotIndex, index, nest } from "../kernel/nest.js";
import { type Shape, type TensorType, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, broadcast, like, moveAxis, mul, reshape, zeros } from "./basis.js";
import { choose } from "./comparison.js";
import { gather, leading } from "./indexing.js";
import { iota } from "./iota.js";

/*
 * Windows whose place is a value. With B the first `batchDims` axes, which all inputs share:
 *   dynamicSlice:       x [B, S], starts i32 [B, rank of S]              -> the window of `sizes` that begins at starts
 *   dynamicUpdateSlice: x [B, S], u [B, sizes], starts i32 [B, rank]     -> x with u in that window
 * A start is moved so that the window lies inside, as in lax. They are each other's transpose.
 */

type Slice = { sizes: Shape; batchDims: number };

export const dynamicSlicePrimitive: Primitive<Slice> = definePrimitive({
  name: "dynamicSlice",
  infer: ([x], { sizes, batchDims }) => [{ shape: [...x.shape.slice(0, batchDims), ...sizes], dtype: x.dtype }],
  jvp: ([x, starts], [t], p) => ({
    primals: [bind1(dynamicSlicePrimitive, [x, starts], p)],
    tangents: [t === null ? null : bind1(dynamicSlicePrimitive, [t, starts], p)],
  }),
  transpose: ([ct], [x, starts], { batchDims }) => [
    dynamicUpdateSlice(zeros(typeOfInput(x)), ct as Tensor, starts as Tensor, batchDims),
    null,
  ],
  batch: ([x, starts], [ax, as], size, { sizes, batchDims }) => {
    // One x for all: its elements are gathered, rather than x copied.
    if (ax === null && batchDims === 0)
      return { outputs: [windows(x, moveAxis(starts, as as number, 0), sizes)], axes: [0] };
    const inputs = leading([x, starts], [ax, as], size);
    return { outputs: [bind1(dynamicSlicePrimitive, inputs, { sizes, batchDims: batchDims + 1 })], axes: [0] };
  },
  lower: ([x, starts], [y], { sizes, batchDims }) => {
    const { batch, base, setBase, strides } = window(x, sizes, batchDims, 1);
    const copy = nest(sizes, (position, at) => [
      store(
        2,
        plus(times(read(batch), int(sizeOf(sizes))), position),
        load(x.dtype, 0, plus(read(base), dotIndex(at, strides))),
      ),
    ]);
    const body = [forLoop(batch, sizeOf(x.shape.slice(0, batchDims)), [...setBase, ...copy], "parallel")];
    return { kind: "kernel", kernel: { name: "dynamicSlice", buffers: buffersOf([x, starts], [y]), body } };
  },
});

export const dynamicUpdateSlicePrimitive: Primitive<{ batchDims: number }> = definePrimitive({
  name: "dynamicUpdateSlice",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  jvp: ([x, u, starts], [tx, tu], { batchDims }) => ({
    primals: [dynamicUpdateSlice(x, u, starts, batchDims)],
    tangents: [dynamicUpdateSlice(tx ?? like(x, 0), tu ?? like(u, 0), starts, batchDims)],
  }),
  transpose: ([ct], [x, u, starts], { batchDims }) => {
    const { shape, dtype } = typeOfInput(u);
    const zero = zeros({ shape, dtype });
    return [
      isLinear(x) ? dynamicUpdateSlice(ct as Tensor, zero, starts as Tensor, batchDims) : null,
      isLinear(u) ? dynamicSlice(ct as Tensor, starts as Tensor, shape.slice(batchDims), batchDims) : null,
      null,
    ];
  },
  batch: (inputs, axes, size, { batchDims }) => ({
    outputs: [bind1(dynamicUpdateSlicePrimitive, leading(inputs, axes, size), { batchDims: batchDims + 1 })],
    axes: [0],
  }),
  lower: ([x, u, starts], [y], { batchDims }) => {
    const sizes = u.shape.slice(batchDims);
    const { batch, base, setBase, strides } = window(x, sizes, batchDims, 1);
    const copy = nest(sizes, (position, at) => [
      store(
        2,
        plus(read(base), dotIndex(at, strides)),
        load(u.dtype, 0, plus(times(read(batch), int(sizeOf(sizes))), position)),
      ),
    ]);
    const body = [forLoop(batch, sizeOf(x.shape.slice(0, batchDims)), [...setBase, ...copy], "parallel")];
    const kernel = { name: "dynamicUpdateSlice", buffers: buffersOf([u, starts], [y]), body };
    return { kind: "kernel", updates: 0, kernel };
  },
});

interface Window {
  readonly batch: Local;
  readonly base: Local;
  readonly setBase: readonly Statement[];
  readonly strides: readonly number[];
}
/** Sets `base` to where the window of batch entry `batch` begins in x; the starts are in buffer `buffer`. */
function window(x: TensorType, sizes: Shape, batchDims: number, buffer: number): Window {
  const [batch, base] = [index("b"), index("base")];
  const shape = x.shape.slice(batchDims);
  const strides = stridesOf(shape);
  const begin = sizes.map((n, a): Expression => {
    const start = load("i32", buffer, plus(times(read(batch), int(sizes.length)), int(a)));
    return binary("max", int(0), binary("min", int(shape[a] - n), start));
  });
  const first = plus(times(read(batch), int(sizeOf(shape))), dotIndex(begin, strides));
  return { batch, base, setBase: [assign(base, first)], strides };
}

/** Windows of one x at starts [K, rank]: their linear positions, gathered. */
function windows(x: Tensor, starts: Tensor, sizes: Shape): Tensor {
  const count = starts.shape[0];
  const shape = [count, ...sizes];
  if (sizeOf(shape) === 0) return zeros({ shape, dtype: x.dtype });
  const strides = stridesOf(x.shape);
  let positions = zeros({ shape, dtype: "i32" });
  sizes.forEach((n, a) => {
    const column = gather(moveAxis(starts, 1, 0), like({ shape: [], dtype: "i32" }, a), 0);
    const first = choose("max", like(column, 0), choose("min", like(column, x.shape[a] - n), column));
    const along = add(broadcast(first, shape, [0]), iota("i32", shape, a + 1));
    positions = add(positions, mul(along, like(along, strides[a])));
  });
  return gather(reshape(x, [x.size]), positions, 0);
}

export const dynamicSlice = (x: Tensor, starts: Tensor, sizes: Shape, batchDims: number): Tensor =>
  bind1(dynamicSlicePrimitive, [x, starts], { sizes, batchDims });
export const dynamicUpdateSlice = (x: Tensor, update: Tensor, starts: Tensor, batchDims: number): Tensor =>
  bind1(dynamicUpdateSlicePrimitive, [x, update, starts], { batchDims });
