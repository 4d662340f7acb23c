import { isKnown } from "../graph/tracer.js";
import { broadcast, full, reshape } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import { scatterMax, scatterMin, scatterAdd as scatterAddRaw } from "../primitives/indexing.js";
import { HIGHEST, LOWEST } from "../primitives/accumulators.js";
import { type TensorType, describe, sameShape, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { div } from "./arithmetic.js";
import { checkTensor, countable, toFloat, toTensor } from "./promote.js";
import { productOfRows } from "./scatter.js";

/*
 * Reductions over the rows of x that share a number. `segmentIds` (i32) has the leading axes of x; ids outside 0 ... numSegments - 1 are left
 * out, as in JAX. An empty segment gives what the reduction starts from (0, 1, -Infinity, Infinity; NaN for the mean).
 */

export interface SegmentOptions {
  /** Rows of the result; needed where ids are traced, else one more than the largest id. */
  readonly numSegments?: number;
}
type Segment = (x: Tensor, segmentIds: Tensor, options?: SegmentOptions) => Tensor;

interface Rows {
  readonly x: Tensor;
  readonly ids: Tensor;
  readonly type: TensorType;
}
function rowsOf(name: string, x: Tensor, segmentIds: Tensor, { numSegments }: SegmentOptions): Rows {
  checkTensor(name, "x", x);
  checkTensor(name, "segmentIds", segmentIds);
  const { ndim } = segmentIds;
  if (
    (segmentIds.dtype !== "i32" && segmentIds.dtype !== "u32") ||
    !sameShape(segmentIds.shape, x.shape.slice(0, ndim))
  )
    throw new RangeError(
      `${name}: segmentIds are ${describe(segmentIds)}, expected i32 with the leading axes of ${describe(x)}.`,
    );
  const count = numSegments ?? segmentCount(name, segmentIds);
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`${name}: numSegments is ${count}, expected a non-negative integer.`);
  const row = x.shape.slice(ndim);
  return {
    x: reshape(x, [segmentIds.size, ...row]),
    ids: reshape(convert(segmentIds, "i32"), [segmentIds.size]),
    type: { shape: [count, ...row], dtype: x.dtype },
  };
}
/** Of the values of a tensor of integers; -1 for none. */
export const largest = (x: Tensor): number => Array.from(x.storage).reduce((most, i) => Math.max(most, i), -1);
function segmentCount(name: string, ids: Tensor): number {
  if (!isKnown(ids))
    throw new TypeError(
      `${name}: the ids are traced or on a GPU, so their number is not known. Give the option numSegments.`,
    );
  return largest(ids) + 1;
}

/** Sum of the rows of each segment. @example segmentSum(x, ids, { numSegments: 3 }) */
export const segmentSum: Segment = (x, segmentIds, options = {}) => {
  const s = rowsOf("segmentSum", x, segmentIds, options);
  const summed = countable(s.x);
  return scatterAddRaw(full({ ...s.type, dtype: summed.dtype }, 0), s.ids, summed, 0);
};
/** Product of the rows of each segment; derivatives are right at zeros. */
export const segmentProd: Segment = (x, segmentIds, options = {}) => {
  const s = rowsOf("segmentProd", countable(toTensor("segmentProd", x)), segmentIds, options);
  const one = full(s.type, 1);
  return sizeOf(s.x.shape) === 0 || one.size === 0 ? one : productOfRows(one, s.ids, s.x);
};
/** Largest row entries of each segment; ties share the derivative. */
export const segmentMax: Segment = (x, segmentIds, options = {}) => {
  const s = rowsOf("segmentMax", x, segmentIds, options);
  return scatterMax(full(s.type, LOWEST[x.dtype]), s.ids, s.x, 0);
};
/** Smallest row entries of each segment; ties share the derivative. */
export const segmentMin: Segment = (x, segmentIds, options = {}) => {
  const s = rowsOf("segmentMin", x, segmentIds, options);
  return scatterMin(full(s.type, HIGHEST[x.dtype]), s.ids, s.x, 0);
};
/** Mean of the rows of each segment; NaN for an empty one. */
export const segmentMean: Segment = (x, segmentIds, options = {}) => {
  const s = rowsOf("segmentMean", toFloat("segmentMean", x), segmentIds, options);
  const { dtype, shape } = s.type;
  const total = scatterAddRaw(full(s.type, 0), s.ids, s.x, 0);
  const counts = scatterAddRaw(full({ dtype, shape: [shape[0]] }, 0), s.ids, full({ dtype, shape: s.ids.shape }, 1), 0);
  return div(total, broadcast(counts, shape, [0]));
};
