import { type Primitive, definePrimitive, typeOfInput } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { add as plus, constant, int, load, mul as times, read } from "../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, dotIndex, index } from "../kernel/nest.js";
import { type Shape, describe, range, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { moveAxis } from "./basis.js";
import { slice } from "./shape.js";

/*
 * Overlapping windows, which convolution and pooling are made of. For one axis of n entries
 *   windows:    x [n]           -> y [size, count],  y[k, o] = x[stride * o + dilation * k],  count = (n - span) / stride + 1
 *   overlapAdd: y [size, count] -> x [length],       x[i] = sum of y[k, o] over stride * o + dilation * k = i
 * and they are each other's transpose. The window axes stand first, in the order of `axes`, so that a reduction over them and a
 * product with a kernel run along contiguous rows of positions.
 */

export interface Windows {
  readonly axes: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** How many windows fit. */
export const windowCount = (n: number, size: number, stride: number, dilation: number): number =>
  Math.max(0, Math.floor((n - dilation * (size - 1) - 1) / stride) + 1);

function check(name: string, rank: number, lists: readonly (readonly number[])[], axes: readonly number[]): void {
  const valid =
    new Set(axes).size === axes.length &&
    axes.every((a) => Number.isInteger(a) && a >= 0 && a < rank) &&
    lists.every((l) => l.length === axes.length && l.every((n) => Number.isSafeInteger(n) && n >= 1));
  if (!valid)
    throw new RangeError(
      `${name}: axes ${JSON.stringify(axes)} of ${rank} with ${JSON.stringify(lists)}, expected distinct axes and positive integers for each.`,
    );
}

export const windowsPrimitive: Primitive<Windows & { size: readonly number[] }> = definePrimitive({
  name: "windows",
  infer: ([x], { axes, size, stride, dilation }) => {
    check("windows", x.shape.length, [size, stride, dilation], axes);
    const counts = x.shape.map((n, a) => {
      const k = axes.indexOf(a);
      return k < 0 ? n : windowCount(n, size[k], stride[k], dilation[k]);
    });
    return [{ shape: [...size, ...counts], dtype: x.dtype }];
  },
  jvp: ([x], [t], { size, ...p }) => ({ primals: [windows(x, size, p)], tangents: [windows(t as Tensor, size, p)] }),
  transpose: ([ct], [x], { axes, stride, dilation }) => {
    const { shape } = typeOfInput(x);
    return [
      overlapAdd(
        ct as Tensor,
        axes.map((a) => shape[a]),
        { axes, stride, dilation },
      ),
    ];
  },
  batch: ([x], [axis], _size, { size, ...p }) => ({
    outputs: [windows(moveAxis(x, axis as number, 0), size, shifted(p))],
    axes: [size.length],
  }),
  lower: ([x], _out, { axes, size, stride, dilation }) => ({
    kind: "view",
    axes: x.shape.map((_, a) => {
      const k = axes.indexOf(a);
      const along = { axis: size.length + a, step: k < 0 ? 1 : stride[k] };
      return { start: 0, terms: k < 0 ? [along] : [along, { axis: k, step: dilation[k] }] };
    }),
  }),
});

/** `length[k]` is the size of output axis `axes[k]`; what no window covers is 0. */
export const overlapAddPrimitive: Primitive<Windows & { length: readonly number[] }> = definePrimitive({
  name: "overlapAdd",
  infer: ([y], { axes, length, stride, dilation }) => {
    const k = axes.length;
    check("overlapAdd", y.shape.length - k, [stride, dilation], axes);
    const counts = y.shape.slice(k);
    axes.forEach((a, i) => {
      if (!(length[i] >= span(y.shape[i], counts[a], stride[i], dilation[i])) || !Number.isSafeInteger(length[i]))
        throw new RangeError(
          `overlapAdd: the windows of ${describe(y)} do not fit lengths [${length.join(", ")}] along axes [${axes.join(", ")}].`,
        );
    });
    if (length.length !== k || y.dtype === "bool")
      throw new TypeError(`overlapAdd: cannot add windows of ${describe(y)} to lengths [${length.join(", ")}].`);
    return [{ shape: counts.map((n, a) => (axes.includes(a) ? length[axes.indexOf(a)] : n)), dtype: y.dtype }];
  },
  jvp: ([y], [t], { length, ...p }) => ({
    primals: [overlapAdd(y, length, p)],
    tangents: [overlapAdd(t as Tensor, length, p)],
  }),
  transpose: ([ct], [y], { axes, stride, dilation }) => {
    const { shape } = typeOfInput(y);
    const all = windows(ct as Tensor, shape.slice(0, axes.length), { axes, stride, dilation });
    return [
      slice(
        all,
        shape.map(() => 0),
        shape,
      ),
    ];
  },
  batch: ([y], [axis], _size, { length, ...p }) => ({
    outputs: [overlapAdd(moveAxis(y, axis as number, p.axes.length), length, shifted(p))],
    axes: [0],
  }),
  lower: ([y], [x], { axes, stride, dilation }) => {
    // One pass for each offset within the window, over rows of positions: within a pass no two windows meet, so lanes are free to add.
    const k = axes.length;
    const strides = stridesOf(x.shape);
    const steps = [
      ...axes.map((a, i) => dilation[i] * strides[a]),
      ...strides.map((s, a) => (axes.includes(a) ? s * stride[axes.indexOf(a)] : s)),
    ];
    const locals = y.shape.map((_, i) => index(`i${i}`));
    // Axes before the first windowed one are outermost, so that the passes stay within what caches hold.
    const lead = Math.min(x.shape.length, ...axes);
    const order = [...range(lead, k), ...range(k), ...range(x.shape.length - lead, k + lead)];
    const inner = order[order.length - 1] as number | undefined;
    const outside = order.slice(0, -1);
    const [to, from, fill] = [index("to"), index("from"), index("fill")];
    const inputStrides = stridesOf(y.shape);
    const at = (base: typeof to, s: readonly number[]) =>
      inner === undefined ? read(base) : plus(read(base), times(read(locals[inner]), int(s[inner])));
    const base = (s: readonly number[]) =>
      dotIndex(
        outside.map((i) => read(locals[i])),
        outside.map((i) => s[i]),
      );
    const target = at(to, steps);
    const update = store(1, target, plus(load(y.dtype, 1, target), load(y.dtype, 0, at(from, inputStrides))));
    let body: Statement[] = [
      assign(to, base(steps)),
      assign(from, base(inputStrides)),
      inner === undefined ? update : forLoop(locals[inner], y.shape[inner], [update], "lanes"),
    ];
    for (const i of outside.toReversed()) body = [forLoop(locals[i], y.shape[i], body)];
    return {
      kind: "kernel",
      kernel: {
        name: "overlapAdd",
        buffers: buffersOf([y], [x]),
        body: [forLoop(fill, sizeOf(x.shape), [store(1, read(fill), constant(x.dtype, 0))], "lanes"), ...body],
      },
    };
  },
});

/** What `count` windows reach over; nothing when there are none. */
const span = (size: number, count: number, stride: number, dilation: number): number =>
  count === 0 || size === 0 ? 0 : (count - 1) * stride + (size - 1) * dilation + 1;

/** Axes over the memory of an input; they may overlap. */
export interface StridedView {
  readonly shape: Shape;
  readonly strides: readonly number[];
}
/** Windows, of shape `shape`, as strides over the x that they are cut from. */
export function windowStrides(x: Shape, shape: Shape, { axes, stride, dilation }: Windows): StridedView {
  const strides = stridesOf(x);
  const along = strides.map((s, a) => (axes.includes(a) ? s * stride[axes.indexOf(a)] : s));
  return { shape, strides: [...axes.map((a, k) => dilation[k] * strides[a]), ...along] };
}

const shifted = ({ axes, stride, dilation }: Windows): Windows => ({ axes: axes.map((a) => a + 1), stride, dilation });

export const windows = (x: Tensor, size: Shape, { axes, stride, dilation }: Windows): Tensor =>
  bind1(windowsPrimitive, [x], { axes, size, stride, dilation });
export const overlapAdd = (y: Tensor, length: Shape, { axes, stride, dilation }: Windows): Tensor =>
  bind1(overlapAddPrimitive, [y], { axes, length, stride, dilation });
