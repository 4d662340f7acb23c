import { normalizeAxes, normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { toFloat, type TensorLike } from "./promote.js";
import { div, greater, isNaN, logicalNot, mul, sub, where } from "./arithmetic.js";
import { type Axes, type ReductionOptions, all, argmax, argmin, max, min, prod, rootOf, sum } from "./reduction.js";

/* Reductions that pass over NaN. Their derivative is 0 at a NaN. */

type NanReduction = (x: TensorLike, axes?: Axes, options?: ReductionOptions) => Tensor;
const replacing =
  (name: string, value: number, reduce: NanReduction): NanReduction =>
  (x, axes, options) => {
    const t = toFloat(name, x);
    return reduce(where(isNaN(t), value, t), normalizeAxes(name, axes, t.ndim), options);
  };
/** NaN where there is nothing else. */
const orNaN =
  (name: string, reduce: NanReduction): NanReduction =>
  (x, axes, options) => {
    const t = toFloat(name, x);
    const list = normalizeAxes(name, axes, t.ndim);
    return where(all(isNaN(t), list, options), NaN, reduce(t, list, options));
  };
const count = (t: Tensor, axes?: Axes, options?: ReductionOptions): Tensor => sum(logicalNot(isNaN(t)), axes, options);

/** Sum of what is not NaN; 0 for nothing. */
export const nansum: NanReduction = replacing("nansum", 0, sum);
/** Product of what is not NaN; 1 for nothing. */
export const nanprod: NanReduction = replacing("nanprod", 1, prod);
/** Largest element that is not NaN; NaN where all are. */
export const nanmax: NanReduction = orNaN("nanmax", replacing("nanmax", -Infinity, max));
/** Smallest element that is not NaN; NaN where all are. */
export const nanmin: NanReduction = orNaN("nanmin", replacing("nanmin", Infinity, min));
/** Mean of what is not NaN; NaN for nothing. */
export function nanmean(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const t = toFloat("nanmean", x);
  const list = normalizeAxes("nanmean", axes, t.ndim);
  return div(nansum(t, list, options), count(t, list, options));
}
/** Variance of what is not NaN, of which there must be more than `ddof` (else NaN). */
export function nanvar(
  x: TensorLike,
  axes?: Axes,
  options: ReductionOptions & { readonly ddof?: number } = {},
): Tensor {
  return spread("nanvar", x, axes, options);
}
function spread(
  name: string,
  x: TensorLike,
  axes: Axes | undefined,
  options: ReductionOptions & { readonly ddof?: number },
): Tensor {
  const t = toFloat(name, x);
  const list = normalizeAxes(name, axes, t.ndim);
  const centred = where(isNaN(t), 0, sub(t, nanmean(t, list, { keepDims: true })));
  const degrees = sub(count(t, list, options), options.ddof ?? 0);
  const enough = greater(degrees, 0);
  return where(enough, div(sum(mul(centred, centred), list, options), where(enough, degrees, 1)), NaN);
}
/** Standard deviation of what is not NaN. */
export function nanstd(
  x: TensorLike,
  axes?: Axes,
  options: ReductionOptions & { readonly ddof?: number } = {},
): Tensor {
  return rootOf(spread("nanstd", x, axes, options));
}
type NanPosition = (x: TensorLike, axis?: number, options?: ReductionOptions) => Tensor;
const position =
  (name: string, value: number, find: NanPosition): NanPosition =>
  (x, axis, options) => {
    const t = toFloat(name, x);
    const a = axis === undefined ? axis : normalizeAxis(name, axis, t.ndim);
    return where(all(isNaN(t), a, options), -1, find(where(isNaN(t), value, t), a, options));
  };
/** Position of the first largest element that is not NaN; -1 where all are. */
export const nanargmax: NanPosition = position("nanargmax", -Infinity, argmax);
/** Position of the first smallest element that is not NaN; -1 where all are. */
export const nanargmin: NanPosition = position("nanargmin", Infinity, argmin);
