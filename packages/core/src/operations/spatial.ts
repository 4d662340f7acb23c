import { type Windows, windowCount } from "../primitives/windows.js";
import { type TensorType, describe, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkTensor, countable, promote } from "./promote.js";

/* What convolution and pooling share: windows of some size that step over the last axes of a tensor. */

/** One number for every spatial axis, or one for each. */
export type PerAxis = number | readonly number[];
/**
 * "valid" adds nothing; "same" as much as keeps size / stride, the odd entry behind; "causal" all of that in front; a number on both sides of every axis;
 * or for each axis a number or [before, after].
 */
export type Padding = "valid" | "same" | "causal" | number | readonly (number | readonly [number, number])[];

export interface WindowOptions {
  /** Steps from one window to the next. Default 1 in convolutions, the window's size in pooling. */
  readonly stride?: PerAxis;
  /** Default 0. */
  readonly padding?: Padding;
  /** Steps from one entry of the window to the next. Default 1. */
  readonly dilation?: PerAxis;
}

/** One window axis, worked out. */
export interface Span {
  readonly axis: number;
  /** Entries of the input. */
  readonly length: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly low: number;
  readonly high: number;
  /** How many windows there are. */
  readonly count: number;
}

/** Throws unless `value`, whose length gives the number of spatial axes, is an array. */
export function checkList(name: string, argument: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new TypeError(`${name}: ${argument} is ${typeof value}, expected an array of integers, one for each axis.`);
}
/** One integer for each of `rank` axes, none below `least`. */
export function perAxis(name: string, argument: string, value: PerAxis, rank: number, least = 1): number[] {
  const list = typeof value === "number" ? range(rank).map(() => value) : value;
  if (!Array.isArray(list) || list.length !== rank || list.some((n) => !Number.isInteger(n) || n < least))
    throw new RangeError(
      `${name}: ${argument} is ${JSON.stringify(value)}, expected one integer of at least ${least}, or one for each of ${rank} axes.`,
    );
  return list as number[];
}

/** The windows over the last axes of `shape`, one for each size. */
export function spans(
  name: string,
  x: TensorType,
  sizes: readonly number[],
  options: WindowOptions,
  ceil = false,
): Span[] {
  const rank = sizes.length;
  const first = x.shape.length - rank;
  const stride = perAxis(name, "stride", options.stride ?? 1, rank);
  const dilation = perAxis(name, "dilation", options.dilation ?? 1, rank);
  const { padding = 0 } = options;
  return sizes.map((size, i) => {
    const length = x.shape[first + i];
    const reach = dilation[i] * (size - 1);
    const [low, high] = paddingOf(name, padding, i, rank, length, reach, stride[i]);
    let count = windowCount(length + low + high, size, stride[i], dilation[i]);
    // A last window may reach beyond the padding, not begin there.
    if (ceil && (count - 1) * stride[i] + reach + 1 < length + low + high && count * stride[i] < length + low) count++;
    if (count === 0)
      throw new RangeError(
        `${name}: a window that spans ${reach + 1} entries does not fit axis ${first + i} of ${describe(x)} with padding [${low}, ${high}]. Pad more, or use a smaller one.`,
      );
    return { axis: first + i, length, size, stride: stride[i], dilation: dilation[i], low, high, count };
  });
}

function paddingOf(
  name: string,
  padding: Padding,
  i: number,
  rank: number,
  length: number,
  reach: number,
  stride: number,
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [reach, 0];
  if (padding === "same") {
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach + 1 - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  const own =
    typeof padding === "number" ? padding : Array.isArray(padding) && padding.length === rank ? padding[i] : NaN;
  const pair = (typeof own === "number" ? [own, own] : own) as readonly [number, number];
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 0))
    throw new RangeError(
      `${name}: padding is ${JSON.stringify(padding)}, expected "valid", "same", "causal", a number, or for each of ${rank} axes a number or [before, after].`,
    );
  return pair;
}

/** [before, after] for every axis of a tensor of the rank given. */
export function widthsOf(
  ndim: number,
  list: readonly { axis: number; low: number; high: number }[],
): [number, number][] {
  const widths = range(ndim).map((): [number, number] => [0, 0]);
  for (const { axis, low, high } of list) widths[axis] = [low, high];
  return widths;
}

/** The parameters of the windows primitive. */
export const windowParams = (list: readonly Span[]): Windows => ({
  axes: list.map((s) => s.axis),
  stride: list.map((s) => s.stride),
  dilation: list.map((s) => s.dilation),
});

/** Two tensors of one numeric dtype. */
export function operands(name: string, x: Tensor, w: Tensor): Tensor[] {
  checkTensor(name, "x", x);
  checkTensor(name, "the kernel", w);
  return promote(name, [x, w]).map(countable);
}
