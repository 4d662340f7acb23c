import { convert } from "../primitives/conversion.js";
import { gather } from "../primitives/indexing.js";
import { argsort } from "../primitives/sort.js";
import { reshape, transpose } from "../primitives/basis.js";
import { type Shape, describe, normalizeAxes, range, sameShape, sizeOf, without } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { add, clip, div, isFinite, isNaN, less, logicalAnd, logicalNot, mul, sub, where } from "./arithmetic.js";
import { onesLike, tensor } from "./creation.js";
import { ceil, floor, lerp, round, sqrt } from "./elementary.js";
import { matmul, matrixTranspose } from "./linalg.js";
import { type TensorLike, broadcastTo, checkChoice, checkTensor, toFloat, toTensor, widest } from "./promote.js";
import { type Axes, type ReductionOptions, any, mean, sum } from "./reduction.js";

/* Order statistics, weighted means, covariances. */

/** Between two neighbouring order statistics: a point on the line, one of them, or their mean. */
export type QuantileMethod = "linear" | "lower" | "higher" | "nearest" | "midpoint";
export interface QuantileOptions extends ReductionOptions {
  /** Default "linear". */
  readonly method?: QuantileMethod;
}

/**
 * The q-th quantile over `axes` (default all), 0 <= q <= 1. Several q (an array or a tensor) give a leading axis. NaN if an element is NaN;
 * derivatives go to the order statistics used (and to q, for "linear").
 */
export function quantile(
  x: TensorLike,
  q: TensorLike | readonly number[],
  axes?: Axes,
  options: QuantileOptions = {},
): Tensor {
  return orderStatistic("quantile", x, q, axes, options, false);
}
/** The q-th percentile: `quantile` at q / 100. */
export function percentile(
  x: TensorLike,
  q: TensorLike | readonly number[],
  axes?: Axes,
  options: QuantileOptions = {},
): Tensor {
  return orderStatistic("percentile", x, div(fractions("percentile", q, 100), 100), axes, options, false);
}
/** The middle element, or the mean of the two in the middle. */
export function median(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return orderStatistic("median", x, 0.5, axes, { ...options, method: "midpoint" }, false);
}
/** `quantile` of the elements that are not NaN; NaN where there are none. */
export function nanquantile(
  x: TensorLike,
  q: TensorLike | readonly number[],
  axes?: Axes,
  options: QuantileOptions = {},
): Tensor {
  return orderStatistic("nanquantile", x, q, axes, options, true);
}
/** `median` of the elements that are not NaN. */
export function nanmedian(x: TensorLike, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return orderStatistic("nanmedian", x, 0.5, axes, { ...options, method: "midpoint" }, true);
}

/** Numbers become f64, so that positions between elements are exact. */
function fractions(name: string, q: TensorLike | readonly number[], most = 1): Tensor {
  const wrong = [q].flat().find((n) => typeof n === "number" && !(n >= 0 && n <= most));
  if (wrong !== undefined) throw new RangeError(`${name}: q is ${String(wrong)}, expected numbers from 0 to ${most}.`);
  if (typeof q === "number") return tensor(q, { dtype: "f64" });
  return Array.isArray(q) ? tensor([...(q as readonly number[])], { dtype: "f64" }) : toFloat(name, q as TensorLike);
}

function orderStatistic(
  name: string,
  x: TensorLike,
  q: TensorLike | readonly number[],
  axes: Axes | undefined,
  { keepDims = false, method = "linear" }: QuantileOptions,
  skipNaN: boolean,
): Tensor {
  const t = toFloat(name, x);
  const list = normalizeAxes(name, axes, t.ndim);
  checkChoice(name, "method", method, ["linear", "lower", "higher", "nearest", "midpoint"]);
  const given = fractions(name, q);
  const p = given.dtype === "f64" ? convert(given, widest(t)) : given;
  const kept = without(range(t.ndim), list);
  const shape = kept.map((a) => t.shape[a]);
  const n = sizeOf(list.map((a) => t.shape[a]));
  if (n === 0) throw new RangeError(`${name}: ${describe(t)} has no elements over axes [${list.join(", ")}].`);
  const rows = reshape(transpose(t, [...kept, ...list]), [...shape, n]);
  const sorted = gather(rows, argsort(rows), shape.length);

  // One position for each q and row: [...q, ...rows].
  const whole: Shape = [...p.shape, ...shape];
  const fraction = broadcastTo(reshape(p, [...p.shape, ...shape.map(() => 1)]), whole);
  const valid = skipNaN ? sum(logicalNot(isNaN(rows)), -1) : n;
  const position = mul(fraction, convertTo(fraction, sub(valid, 1)));
  const [low, high] = neighbours(position, method);
  // Rows stand in front for the gather, q behind.
  const front = (y: Tensor): Tensor => transpose(y, [...range(shape.length, p.ndim), ...range(p.ndim)]);
  const back = (y: Tensor): Tensor => transpose(y, [...range(p.ndim, shape.length), ...range(shape.length)]);
  const at = (i: Tensor): Tensor => back(gather(sorted, convert(front(clip(i, 0, n - 1)), "i32"), shape.length));
  const weight = method === "midpoint" ? 0.5 : convert(sub(position, low), t.dtype);
  const between = method === "linear" || method === "midpoint" ? blend(at(low), at(high), weight) : at(low);
  const value = skipNaN ? between : where(any(isNaN(rows), -1), NaN, between);
  if (!keepDims) return value;
  return reshape(value, [...p.shape, ...t.shape.map((m, i) => (list.includes(i) ? 1 : m))]);
}
/** lerp, with the limit where an end is infinite: there are only weights > 0, or both ends are the same. */
function blend(a: Tensor, b: Tensor, weight: TensorLike): Tensor {
  const finite = logicalAnd(isFinite(a), isFinite(b));
  return where(finite, lerp(where(finite, a, 0), where(finite, b, 0), weight), add(a, b));
}
const convertTo = (like: Tensor, x: TensorLike): Tensor => convert(toTensor("quantile", x), like.dtype);
function neighbours(position: Tensor, method: QuantileMethod): [low: Tensor, high: Tensor] {
  switch (method) {
    case "lower":
      return [floor(position), floor(position)];
    case "higher":
      return [ceil(position), ceil(position)];
    case "nearest":
      return [round(position), round(position)];
    case "linear":
    case "midpoint":
      return [floor(position), ceil(position)];
  }
}

/** Mean with weights, which have the shape of x or, over one axis, are a vector along it. */
export function average(
  x: TensorLike,
  axes?: Axes,
  options: ReductionOptions & { readonly weights?: Tensor } = {},
): Tensor {
  const { weights } = options;
  const t = toFloat("average", x);
  const list = normalizeAxes("average", axes, t.ndim);
  if (weights === undefined) return mean(t, list, options);
  checkTensor("average", "weights", weights);
  if (weights.ndim !== 1 && !sameShape(weights.shape, t.shape))
    throw new RangeError(
      `average: weights are ${describe(weights)} for ${describe(t)}, expected the same shape, or a vector along one axis.`,
    );
  const along = typeof axes === "number" && weights.ndim === 1 && t.ndim > 1;
  const [a] = along ? normalizeAxes("average", axes, t.ndim) : [0];
  const w = along
    ? reshape(
        weights,
        t.shape.map((_, i) => (i === a ? weights.size : 1)),
      )
    : weights;
  return div(sum(mul(t, w), list, options), sum(mul(w, onesLike(t)), list, options));
}

export interface CovarianceOptions {
  /** Each row is a variable (default), or each column. */
  readonly rowvar?: boolean;
  /** Subtracted from the count of observations; default 1. */
  readonly ddof?: number;
  /** How often each observation counts. */
  readonly fweights?: Tensor;
  /** The importance of each observation. */
  readonly aweights?: Tensor;
}
/** Covariance matrix of variables in the rows of x; a vector is one variable and gives its variance. As numpy.cov. */
export function cov(x: Tensor, options: CovarianceOptions = {}): Tensor {
  return covariance("cov", x, options);
}
function covariance(name: string, x: Tensor, options: CovarianceOptions): Tensor {
  const { rowvar = true, ddof = 1, fweights, aweights } = options;
  const t = toFloat(name, x);
  if (t.ndim > 2) throw new RangeError(`${name}: got ${describe(t)}, expected a matrix or a vector.`);
  const matrix = t.ndim < 2 ? reshape(t, [1, t.size]) : rowvar ? t : matrixTranspose(t);
  const observations = matrix.shape[1];
  for (const [option, w] of Object.entries({ fweights, aweights }))
    if (w !== undefined && (!(w instanceof Tensor) || !sameShape(w.shape, [observations])))
      throw new RangeError(
        `${name}: ${option} are ${w instanceof Tensor ? describe(w) : typeof w}, expected [${observations}], a weight for each observation.`,
      );
  const f = fweights === undefined ? undefined : convert(fweights, t.dtype);
  const a = aweights === undefined ? undefined : convert(aweights, t.dtype);
  const w = f === undefined ? a : a === undefined ? f : mul(f, a);
  const total = w === undefined ? observations : sum(w);
  const weighted = (y: Tensor): Tensor => (w === undefined ? y : mul(y, w));
  const centred = sub(matrix, div(sum(weighted(matrix), 1, { keepDims: true }), total));
  const lost = a === undefined || w === undefined || ddof === 0 ? ddof : div(mul(sum(mul(w, a)), ddof), total);
  const degrees = sub(total, lost);
  const c = div(matmul(weighted(centred), matrixTranspose(centred)), where(less(degrees, 0), 0, degrees));
  return t.ndim < 2 || matrix.shape[0] === 1 ? reshape(c, []) : c;
}
/** Correlation coefficients: `cov` with each variable scaled to variance 1; limited to [-1, 1]. */
export function corrcoef(x: Tensor, options: Pick<CovarianceOptions, "rowvar"> = {}): Tensor {
  const c = covariance("corrcoef", x, options);
  if (c.ndim === 0) return div(c, c);
  const n = c.shape[0];
  const deviation = sqrt(
    reshape(
      gather(
        reshape(c, [n * n]),
        tensor(
          range(n).map((i) => i * (n + 1)),
          { dtype: "i32" },
        ),
        0,
      ),
      [n],
    ),
  );
  const scaled = div(div(c, reshape(deviation, [n, 1])), reshape(deviation, [1, n]));
  return clip(scaled, -1, 1);
}
