import { like, mul as mulRaw, reshape, sum as sumRaw } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert, stopGradient } from "../primitives/conversion.js";
import { argExtremumPrimitive, reduceMax, reduceMin, reduceProd } from "../primitives/reduce.js";
import { bind1 } from "../graph/trace.js";
import { describeShape, normalizeAxes, normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, div, equal, isFinite, notEqual, sub, where } from "./arithmetic.js";
import { exp, log, sqrt } from "./elementary.js";
import { type TensorLike, align, broadcastTo, countable, toFloat, toTensor } from "./promote.js";

/* Reductions over one axis, several, or all (the default). `keepDims` leaves reduced axes in place with size 1. */

export type Axes = number | readonly number[];
export interface ReductionOptions {
  readonly keepDims?: boolean;
}

/** Runs `reduce` on normalised axes and puts the axes back if asked to. */
export function over(
  name: string,
  x: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReductionOptions,
  reduce: (axes: readonly number[]) => Tensor,
): Tensor {
  const list = normalizeAxes(name, axes, x.ndim);
  const y = reduce(list);
  return keepDims
    ? reshape(
        y,
        x.shape.map((n, i) => (list.includes(i) ? 1 : n)),
      )
    : y;
}

/** Sum. bool counts as i32. Partial sums are kept in several accumulators and blocks, so f32 sums of millions stay accurate. */
export function sum(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("sum", x);
  const summed = t.dtype === "bool" ? convert(t, "i32") : t;
  return over("sum", summed, axes, options, (list) => sumRaw(summed, list));
}
/** Product. bool counts as i32. The derivative is right also where factors are 0. */
export function prod(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = countable(toTensor("prod", x));
  return over("prod", t, axes, options, (list) => reduceProd(t, list));
}
/** How many elements are not 0, i32. */
export function countNonzero(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("countNonzero", x);
  return sum(notEqual(t, 0), normalizeAxes("countNonzero", axes, t.ndim), options);
}
/** Arithmetic mean. Integers give f32; the mean of nothing is NaN. */
export function mean(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toFloat("mean", x);
  return over("mean", t, axes, options, (list) => {
    const s = sumRaw(t, list);
    return div(s, like(s, countOf(t, list)));
  });
}
/** Variance. `ddof` is subtracted from the count: 0 (default) for the population, 1 for the sample variance. */
export function variance(
  x: TensorLike,
  axes?: Axes,
  options: ReductionOptions & { readonly ddof?: number } = {},
): Tensor {
  return varianceOf("variance", x, axes, options);
}
function varianceOf(
  name: string,
  x: TensorLike,
  axes: Axes | undefined,
  options: ReductionOptions & { readonly ddof?: number },
): Tensor {
  const t = toFloat(name, x);
  return over(name, t, axes, options, (list) => {
    const centred = sub(t, mean(t, list, { keepDims: true }));
    const s = sumRaw(mulRaw(centred, centred), list);
    return div(s, like(s, Math.max(0, countOf(t, list) - (options.ddof ?? 0))));
  });
}
/** Standard deviation, the square root of `variance`. Where that is 0 the derivative is 0. */
export function std(x: TensorLike, axes?: Axes, options: ReductionOptions & { readonly ddof?: number } = {}): Tensor {
  return rootOf(varianceOf("std", x, axes, options));
}
/** sqrt with the subgradient 0 at 0. */
export function rootOf(x: Tensor): Tensor {
  const zero = equal(x, 0);
  return where(zero, 0, sqrt(where(zero, 1, x)));
}
export const countOf = (x: Tensor, axes: readonly number[]): number => axes.reduce((n, a) => n * x.shape[a], 1);

/** Largest element; ties share the derivative; NaN if any is. Throws when there is nothing to compare. */
export function max(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("max", x);
  return over("max", t, axes, options, (list) => reduceMax(nonEmpty("max", t, list), list));
}
/** Smallest element. */
export function min(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("min", x);
  return over("min", t, axes, options, (list) => reduceMin(nonEmpty("min", t, list), list));
}
/** Largest minus smallest element. */
export function ptp(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("ptp", x);
  const list = normalizeAxes("ptp", axes, t.ndim);
  nonEmpty("ptp", t, list);
  return sub(max(t, list, options), min(t, list, options));
}
function nonEmpty(name: string, x: Tensor, axes: readonly number[]): Tensor {
  if (countOf(x, axes) === 0)
    throw new RangeError(
      `${name}: axes [${axes.join(", ")}] of a tensor of shape ${describeShape(x.shape)} hold no elements. Check for empty data first.`,
    );
  return x;
}

/** Any element is non-zero. */
export function any(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("any", x);
  const b = t.dtype === "bool" ? t : choose("ne", t, like(t, 0));
  return over("any", b, axes, options, (list) => reduceMax(b, list));
}
/** All elements are non-zero. */
export function all(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toTensor("all", x);
  const b = t.dtype === "bool" ? t : choose("ne", t, like(t, 0));
  return over("all", b, axes, options, (list) => reduceMin(b, list));
}

/** Position of the first largest element along `axis` (default: of the flattened tensor), i32. */
export function argmax(x: TensorLike, axis?: number, options: ReductionOptions = {}): Tensor {
  return argExtremum("argmax", x, axis, options, true);
}
/** Position of the first smallest element along `axis` (default: of the flattened tensor), i32. */
export function argmin(x: TensorLike, axis?: number, options: ReductionOptions = {}): Tensor {
  return argExtremum("argmin", x, axis, options, false);
}
function argExtremum(
  name: string,
  x: TensorLike,
  axis: number | undefined,
  { keepDims = false }: ReductionOptions,
  largest: boolean,
): Tensor {
  const t = toTensor(name, x);
  const flat = axis === undefined ? reshape(t, [t.size]) : t;
  const a = normalizeAxis(name, axis ?? 0, flat.ndim);
  const y = bind1(argExtremumPrimitive, [nonEmpty(name, flat, [a])], { axis: a, largest });
  if (!keepDims) return y;
  return reshape(
    y,
    t.shape.map((n, i) => (axis === undefined || i === a ? 1 : n)),
  );
}

/**
 * log sum weights e^x, without overflow; -Infinity where all elements are, and for none at all. `weights` (default 1) broadcast
 * against x; where their sum is negative the result is NaN.
 */
export function logsumexp(
  x: TensorLike,
  axes?: Axes,
  options: ReductionOptions & { readonly weights?: TensorLike } = {},
): Tensor {
  const { weights } = options;
  const [t, w] =
    weights === undefined
      ? [toFloat("logsumexp", x)]
      : align("logsumexp", x, weights).map((y) => toFloat("logsumexp", y));
  return over("logsumexp", t, axes, options, (list) => {
    if (countOf(t, list) === 0) return log(sumRaw(t, list));
    const top = stopped(max(t, list, { keepDims: true }));
    const e = exp(sub(t, broadcastTo(top, t.shape)));
    const s = sumRaw(w === undefined ? e : mulRaw(e, w), list);
    // Where nothing is left the derivative is 0, not that of log 0.
    const some = notEqual(s, 0);
    const back = reshape(top, s.shape);
    return where(some, add(log(where(some, s, 1)), back), -Infinity);
  });
}
/** The maximum as a constant, 0 where it is infinite: it only keeps exp in range. */
const stopped = (top: Tensor): Tensor => {
  const fixed = stopGradient(top);
  return select(isFinite(fixed), fixed, like(fixed, 0));
};
