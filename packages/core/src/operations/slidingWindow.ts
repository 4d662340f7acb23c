import { reshape, transpose } from "../primitives/basis.js";
import { overlapAdd, windowCount, windows } from "../primitives/windows.js";
import { slice } from "../primitives/shape.js";
import { type Shape, describe, describeShape, normalizeAxis, range, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { pad } from "./padding.js";
import { checkTensor, countable } from "./promote.js";
import { type PerAxis, type WindowOptions, checkList, perAxis, spans, widthsOf, windowParams } from "./spatial.js";

export interface SlidingWindowOptions {
  /** The axes that windows step along. Default: the last ones. */
  readonly axis?: number | readonly number[];
  readonly stride?: PerAxis;
  readonly dilation?: PerAxis;
}

/**
 * All windows of the sizes given, as NumPy's sliding_window_view: each axis keeps the positions, and the windows are new last axes.
 *
 * @example slidingWindowView(tensor([1, 2, 3, 4]), [2]) // [[1, 2], [2, 3], [3, 4]]
 */
export function slidingWindowView(
  x: Tensor,
  size: number | readonly number[],
  options: SlidingWindowOptions = {},
): Tensor {
  const name = "slidingWindowView";
  checkTensor(name, "x", x);
  const sizes = typeof size === "number" ? [size] : size;
  checkList(name, "size", sizes);
  const rank = sizes.length;
  const given = options.axis ?? range(rank, x.ndim - rank);
  const axes = (typeof given === "number" ? [given] : given).map((a) => normalizeAxis(name, a, x.ndim));
  perAxis(name, "size", sizes, axes.length);
  if (new Set(axes).size !== rank)
    throw new RangeError(
      `${name}: axes [${axes.join(", ")}] of ${describe(x)} repeat, expected ${rank} different ones.`,
    );
  const stride = perAxis(name, "stride", options.stride ?? 1, rank);
  const dilation = perAxis(name, "dilation", options.dilation ?? 1, rank);
  axes.forEach((a, i) => {
    if (windowCount(x.shape[a], sizes[i], stride[i], dilation[i]) === 0)
      throw new RangeError(`${name}: a window of ${sizes[i]} does not fit axis ${a} of ${describe(x)}. Pad it first.`);
  });
  const y = windows(x, sizes, { axes, stride, dilation });
  return transpose(y, [...range(x.ndim, rank), ...range(rank)]);
}

/**
 * The windows of [batch, channels, ...spatial] as columns (im2col): [batch, channels * entries of a window, windows], in PyTorch's order.
 * Without the batch axis the result has none.
 */
export function unfold(x: Tensor, size: readonly number[], options: WindowOptions = {}): Tensor {
  const name = "unfold";
  checkTensor(name, "x", x);
  checkList(name, "size", size);
  const rank = size.length;
  if (x.ndim !== rank + 2 && x.ndim !== rank + 1)
    throw new RangeError(
      `${name}: x is ${describe(x)}, expected [batch, channels, ...spatial] with ${rank} spatial axes.`,
    );
  const a = x.ndim === rank + 2 ? x : reshape(x, [1, ...x.shape]);
  const list = spans(name, a, perAxis(name, "size", size, rank), options);
  const columns = windows(pad(a, widthsOf(a.ndim, list)), size, windowParams(list));
  const [batch, channels, ...positions] = columns.shape.slice(rank);
  const y = reshape(transpose(columns, [rank, rank + 1, ...range(rank), ...range(rank, rank + 2)]), [
    batch,
    channels * sizeOf(size),
    sizeOf(positions),
  ]);
  return a === x ? y : reshape(y, y.shape.slice(1));
}

/** The transpose of `unfold` (col2im): columns added up where their windows lie in an image of spatial sizes `shape`. */
export function fold(columns: Tensor, shape: Shape, size: readonly number[], options: WindowOptions = {}): Tensor {
  const name = "fold";
  checkTensor(name, "columns", columns);
  checkList(name, "shape", shape);
  const rank = shape.length;
  const sizes = perAxis(name, "size", size, rank);
  const a = columns.ndim === 3 ? columns : reshape(columns, [1, ...columns.shape]);
  const list = spans(name, { shape, dtype: a.dtype }, sizes, options);
  const counts = list.map((s) => s.count);
  const channels = a.shape[1] / sizeOf(sizes);
  if (a.ndim !== 3 || !Number.isInteger(channels) || a.shape[2] !== sizeOf(counts))
    throw new RangeError(
      `${name}: columns are ${describe(columns)}, expected [batch, channels * ${sizeOf(sizes)}, ${sizeOf(counts)}] for sizes ${describeShape(shape)}.`,
    );
  const split = reshape(countable(a), [a.shape[0], channels, ...sizes, ...counts]);
  const order = [...range(rank, 2), 0, 1, ...range(rank, rank + 2)];
  const whole = overlapAdd(
    transpose(split, order),
    list.map((s) => s.low + s.length + s.high),
    { ...windowParams(list), axes: range(rank, 2) },
  );
  const y = slice(
    whole,
    [0, 0, ...list.map((s) => s.low)],
    [...whole.shape.slice(0, 2), ...list.map((s) => s.low + s.length)],
  );
  return a === columns ? y : reshape(y, y.shape.slice(1));
}
