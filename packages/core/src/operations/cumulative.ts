import { stopGradient } from "../primitives/conversion.js";
import { gather } from "../primitives/indexing.js";
import { moveAxis } from "../primitives/basis.js";
import {
  cumprod as cumprodRaw,
  cumulativeArgExtremum,
  linearRecurrence as linearRecurrenceRaw,
  shifted,
} from "../primitives/recurrence.js";
import { cumsum as cumsumRaw } from "../primitives/reduce.js";
import { normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, equal, isFinite, logicalNot, sub, where } from "./arithmetic.js";
import { exp, log } from "./elementary.js";
import { type TensorLike, align, countable, toFloat, toTensor } from "./promote.js";

/* Running operations along one axis (default the first), from its end when `reverse`. */

export interface CumulativeOptions {
  readonly reverse?: boolean;
}

/** Running sum along `axis`. */
export function cumsum(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  const t = countable(toTensor("cumsum", x));
  return cumsumRaw(t, normalizeAxis("cumsum", axis, t.ndim), options.reverse ?? false);
}
/** Running product along `axis`. The derivative is right also where factors are 0. */
export function cumprod(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  const t = countable(toTensor("cumprod", x));
  return cumprodRaw(t, normalizeAxis("cumprod", axis, t.ndim), options.reverse ?? false);
}
/**
 * h[k] = a[k] h[k-1] + b[k] along `axis`, h being 0 before the first element: discounted sums, exponential averages, the running
 * products of affine maps.
 */
export function linearRecurrence(a: TensorLike, b: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  const [x, y] = align("linearRecurrence", a, b).map(countable);
  return linearRecurrenceRaw(x, y, normalizeAxis("linearRecurrence", axis, x.ndim), options.reverse ?? false);
}

/** Where the largest element so far stands along `axis`, i32: the latest of equal ones, the first NaN once there is one. */
export function cumargmax(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  return positions("cumargmax", x, axis, options, true);
}
/** Where the smallest element so far stands. */
export function cumargmin(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  return positions("cumargmin", x, axis, options, false);
}
/** Running maximum along `axis`; NaN from the first NaN on. The derivative goes to the element at `cumargmax`. */
export function cummax(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  return elementsAt("cummax", x, axis, options, true);
}
/** Running minimum along `axis`. */
export function cummin(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  return elementsAt("cummin", x, axis, options, false);
}
function positions(
  name: string,
  x: TensorLike,
  axis: number,
  { reverse = false }: CumulativeOptions,
  largest: boolean,
): Tensor {
  const t = toTensor(name, x);
  return cumulativeArgExtremum(t, { axis: normalizeAxis(name, axis, t.ndim), reverse, largest });
}
function elementsAt(name: string, x: TensorLike, axis: number, options: CumulativeOptions, largest: boolean): Tensor {
  const t = toTensor(name, x);
  const a = normalizeAxis(name, axis, t.ndim);
  const last = t.ndim - 1;
  const at = moveAxis(positions(name, t, a, options, largest), a, last);
  return moveAxis(gather(moveAxis(t, a, last), at, last), last, a);
}

/** Running log sum exp along `axis`, without overflow or loss; -Infinity while all elements so far are. */
export function cumlogsumexp(x: TensorLike, axis = 0, options: CumulativeOptions = {}): Tensor {
  const t = toFloat("cumlogsumexp", x);
  const { reverse = false } = options;
  const a = normalizeAxis("cumlogsumexp", axis, t.ndim);
  // With m the running maximum, held constant: s[k] = e^(m[k-1] - m[k]) s[k-1] + e^(x[k] - m[k]), and the result is m + log s.
  const running = stopGradient(cummax(t, a, { reverse }));
  const finite = isFinite(running);
  const m = where(finite, running, 0);
  const before = shifted(m, a, reverse, 0);
  // Where nothing was added yet, s is 0 and its factor may be anything finite.
  const empty = equal(shifted(running, a, reverse, -Infinity), -Infinity);
  const s = linearRecurrenceRaw(exp(where(empty, 0, sub(before, m))), exp(sub(t, m)), a, reverse);
  const some = logicalNot(equal(s, 0));
  return where(some, add(log(where(some, s, 1)), m), -Infinity);
}
