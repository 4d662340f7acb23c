import { moveAxis } from "../primitives/basis.js";
import { flip, slice } from "../primitives/shape.js";
import { gather } from "../primitives/indexing.js";
import { argsort as argsortRaw } from "../primitives/sort.js";
import { describe, normalizeAxis, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, floorDivide, isNaN, less, logicalAnd, logicalNot, logicalOr, sub, where } from "./arithmetic.js";
import { full } from "./creation.js";
import { takeAlongAxis } from "./indexing.js";
import { type TensorLike, checkTensor, promote } from "./promote.js";
import { squeeze } from "./shape.js";

export interface SortOptions {
  readonly descending?: boolean;
}

/** The i32 order that sorts x along `axis`: equal elements keep their order; NaN counts as the largest. */
export function argsort(x: Tensor, axis = -1, options: SortOptions = {}): Tensor {
  checkTensor("argsort", "x", x);
  return orderOf("argsort", x, normalizeAxis("argsort", axis, x.ndim), options.descending ?? false);
}
function orderOf(name: string, x: Tensor, a: number, descending: boolean): Tensor {
  checkTensor(name, "x", x);
  const last = x.ndim - 1;
  if (!descending) return moveAxis(argsortRaw(moveAxis(x, a, last)), last, a);
  // Reversed before and after, so that ties keep their order.
  return sub(x.shape[a] - 1, flip(orderOf(name, flip(x, [a]), a, false), [a]));
}
/** x sorted along `axis`, ascending unless told otherwise; stable, NaN as the largest. */
export function sort(x: Tensor, axis = -1, options: SortOptions = {}): Tensor {
  checkTensor("sort", "x", x);
  const a = normalizeAxis("sort", axis, x.ndim);
  return takeAlongAxis(x, orderOf("sort", x, a, options.descending ?? false), a);
}

export interface Ranked {
  readonly values: Tensor;
  /** i32 positions along the axis. */
  readonly indices: Tensor;
}
/** The k largest (or smallest) entries along `axis`, in order, and where they are. Of equal ones the first comes first. */
export function topK(
  x: Tensor,
  k: number,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): Ranked {
  checkTensor("topK", "x", x);
  const a = normalizeAxis("topK", options.axis ?? -1, x.ndim);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[a])
    throw new RangeError(`topK: k is ${k}, expected an integer from 0 to ${x.shape[a]}, the size of axis ${a}.`);
  return ranked("topK", x, a, options.largest ?? true, 0, k);
}
/** The k-th smallest entry along `axis`, counted from 1, and where it is. */
export function kthValue(
  x: Tensor,
  k: number,
  options: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Ranked {
  checkTensor("kthValue", "x", x);
  const a = normalizeAxis("kthValue", options.axis ?? -1, x.ndim);
  if (!Number.isInteger(k) || k < 1 || k > x.shape[a])
    throw new RangeError(`kthValue: k is ${k}, expected an integer from 1 to ${x.shape[a]}, the size of axis ${a}.`);
  const { values, indices } = ranked("kthValue", x, a, false, k - 1, k);
  return options.keepDims === true ? { values, indices } : { values: squeeze(values, a), indices: squeeze(indices, a) };
}
function ranked(name: string, x: Tensor, a: number, largest: boolean, from: number, to: number): Ranked {
  const order = orderOf(name, x, a, largest);
  const indices = slice(
    order,
    order.shape.map((_, i) => (i === a ? from : 0)),
    order.shape.map((n, i) => (i === a ? to : n)),
  );
  return { values: takeAlongAxis(x, indices, a), indices };
}

/** The i32 order that sorts by the last key, ties by the one before it, and so on, as NumPy's lexsort. */
export function lexsort(keys: readonly Tensor[], axis = -1): Tensor {
  if (!Array.isArray(keys) || keys.length === 0) throw new TypeError("lexsort: expected an array of at least one key.");
  keys.forEach((key, i) => checkTensor("lexsort", `key ${i}`, key));
  let order = argsort(keys[0], normalizeAxis("lexsort", axis, keys[0].ndim));
  for (const key of keys.slice(1)) {
    if (!sameShape(key.shape, order.shape))
      throw new RangeError(`lexsort: keys are ${keys.map(describe).join(", ")}, expected equal shapes.`);
    order = takeAlongAxis(order, argsort(takeAlongAxis(key, order, axis), axis), axis);
  }
  return order;
}

/**
 * Where each value would be put into `sorted`, ascending along its last axis, so that it stays sorted: before equal entries ("left", default)
 * or behind them ("right"). i32. `sorted` is a vector, or has the leading axes of the values. NaN counts as the largest.
 */
export function searchsorted(
  sorted: Tensor,
  values: TensorLike,
  options: { readonly side?: "left" | "right" } = {},
): Tensor {
  checkTensor("searchsorted", "sorted", sorted);
  const [s, v] = promote("searchsorted", [sorted, values]);
  const batch = s.ndim - 1;
  if (batch < 0 || (batch > 0 && !sameShape(s.shape.slice(0, -1), v.shape.slice(0, -1))))
    throw new RangeError(
      `searchsorted: sorted is ${describe(s)} and values ${describe(v)}, expected a vector, or equal axes before the last.`,
    );
  const { side = "left" } = options;
  if (side !== "left" && side !== "right")
    throw new RangeError(`searchsorted: side is ${String(side)}, expected left or right.`);
  const n = s.shape[batch];
  let low = full(v.shape, 0, "i32");
  if (n === 0) return low;
  let high = full(v.shape, n, "i32");
  // Binary search: the answer lies in [low, high].
  for (let width = n; width > 0; width = Math.floor(width / 2)) {
    const middle = floorDivide(add(low, high), 2);
    // Where low = high = n the clamped gather reads the last entry, and nothing may move.
    const entry = gather(s, middle, batch);
    const before = side === "left" ? precedes(entry, v) : logicalNot(precedes(v, entry));
    const up = logicalAnd(before, less(middle, high));
    high = where(logicalOr(up, logicalNot(less(low, high))), high, middle);
    low = where(up, add(middle, 1), low);
  }
  return low;
}
/** a < b in the order that puts NaN last. */
const precedes = (a: Tensor, b: Tensor): Tensor => logicalOr(less(a, b), logicalAnd(isNaN(b), logicalNot(isNaN(a))));
