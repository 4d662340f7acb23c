import { type Shape, broadcastShapes, checkShape, describe, sameShape } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { add, div, less, maximum, minimum, mul, neg, sub, where } from "../arithmetic.js";
import { abs, erfinv, log, log1p, sign, sqrt, tan } from "../elementary.js";
import { cholesky, matmul } from "../linalg.js";
import { type TensorLike, checkTensor, promote, toFloat } from "../promote.js";
import { reshape } from "../shape.js";
import { ndtr, ndtri } from "../special.js";
import { type DrawOptions, parametersOf } from "./draw.js";
import { chiSquare } from "./gamma.js";
import { checkKey, split } from "./keys.js";
import { uniformOf } from "./uniform.js";

export interface NormalOptions {
  readonly mean?: number | Tensor;
  readonly std?: number | Tensor;
  readonly dtype?: "f32" | "f64";
}
/** Normal with the given mean and standard deviation, by inverting the distribution function. */
export function normal(key_: Tensor, shape: Shape = [], options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, dtype = "f32" } = options;
  if (Number.isNaN(mean)) throw new RangeError("random.normal: the mean is NaN, expected a number.");
  if (typeof std === "number" && !(std >= 0))
    throw new RangeError(`random.normal: std is ${std}, expected a number of at least 0.`);
  // Open at -1, so that no draw is infinite.
  const low = dtype === "f64" ? -1 + 2 ** -53 : -1 + 2 ** -24;
  const z = mul(erfinv(uniformOf("normal", key_, shape, { low, high: 1, dtype })), Math.SQRT2);
  const scaled = std === 1 ? z : mul(z, std);
  return mean === 0 ? scaled : add(scaled, mean);
}

/** Exponential with rate 1: -log(1 - u). */
export function exponential(key_: Tensor, shape: Shape = [], options: DrawOptions = {}): Tensor {
  return neg(log1p(neg(uniformOf("exponential", key_, shape, options))));
}

/** Laplace with mean 0 and scale 1. */
export function laplace(key_: Tensor, shape: Shape = [], options: DrawOptions = {}): Tensor {
  const u = uniformOf("laplace", key_, shape, {
    ...options,
    low: options.dtype === "f64" ? -1 + 2 ** -53 : -1 + 2 ** -24,
  });
  return mul(sign(u), log1p(neg(abs(u))));
}

/** Cauchy with median 0 and scale 1. */
export function cauchy(key_: Tensor, shape: Shape = [], options: DrawOptions = {}): Tensor {
  const u = uniformOf("cauchy", key_, shape, { ...options, low: smallest(options) });
  return tan(mul(sub(u, 0.5), Math.PI));
}

/** Gumbel with mode 0 and scale 1: argmax(logits + gumbel) is a draw of the categorical distribution. */
export function gumbel(key_: Tensor, shape: Shape = [], options: DrawOptions = {}): Tensor {
  return neg(log(neg(log(uniformOf("gumbel", key_, shape, { ...options, low: smallest(options) })))));
}

/** Logistic with mean 0 and scale 1. */
export function logistic(key_: Tensor, shape: Shape = [], options: DrawOptions = {}): Tensor {
  const u = uniformOf("logistic", key_, shape, { ...options, low: smallest(options) });
  return sub(log(u), log1p(neg(u)));
}

/** The least positive normal number, so that a logarithm is finite. */
const smallest = ({ dtype }: DrawOptions): number => (dtype === "f64" ? 2 ** -1022 : 2 ** -126);

/**
 * Standard normal, conditioned on lying between `low` and `high`: one uniform, through the distribution function and its
 * inverse, on the side where that is accurate, so that far tails keep their digits.
 *
 * @param low, high ends; numbers or tensors, infinite ones allowed.
 * @param shape of the draws; default the shape that the ends broadcast to.
 */
export function truncatedNormal(
  key_: Tensor,
  low: TensorLike,
  high: TensorLike,
  shape?: Shape,
  options: DrawOptions = {},
): Tensor {
  if (typeof low === "number" && typeof high === "number" && !(low <= high))
    throw new RangeError(`random.truncatedNormal: got low ${low} and high ${high}, expected low <= high.`);
  const [a, b] = parametersOf("truncatedNormal", [low, high], shape, options.dtype);
  // An interval right of 0 is mirrored: probabilities near 1 would lose their digits.
  const mirrored = less(neg(a), b);
  const [from, to] = [where(mirrored, neg(b), a), where(mirrored, neg(a), b)];
  const u = uniformOf("truncatedNormal", key_, a.shape, { dtype: a.dtype as "f32" | "f64" });
  const [pa, pb] = [ndtr(from), ndtr(to)];
  const z = ndtri(add(pa, mul(u, sub(pb, pa))));
  const inside = minimum(maximum(z, from), to);
  return where(mirrored, neg(inside), inside);
}

/** Student's t with `df` degrees of freedom, mean 0 and scale 1. */
export function studentT(key_: Tensor, df: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  checkKey("studentT", key_);
  const [n] = parametersOf("studentT", [df], shape, options.dtype);
  const [a, b] = split(key_);
  const z = normal(a, n.shape, { dtype: n.dtype as "f32" | "f64" });
  return mul(z, sqrt(div(n, chiSquare(b, n))));
}

/**
 * Multivariate normal: mean + L z with L the Cholesky factor of the covariance.
 *
 * @param mean [..., n]. @param covariance [..., n, n], positive definite; only its lower triangle is read.
 * @param shape of the draws without the event axis; default what the batch axes broadcast to.
 * @returns [...shape, n].
 */
export function multivariateNormal(key_: Tensor, mean: Tensor, covariance: Tensor, shape?: Shape): Tensor {
  checkTensor("random.multivariateNormal", "mean", mean);
  checkTensor("random.multivariateNormal", "covariance", covariance);
  if (shape !== undefined) checkShape("random.multivariateNormal", shape);
  const n = mean.shape[mean.ndim - 1];
  const [m, c] = promote("random.multivariateNormal", [toFloat("random.multivariateNormal", mean), covariance]);
  const batch = broadcastShapes(m.shape.slice(0, -1), c.shape.slice(0, -2));
  const drawn = shape ?? batch;
  const together = batch === undefined || drawn === undefined ? undefined : broadcastShapes(batch, drawn);
  if (
    m.ndim < 1 ||
    c.ndim < 2 ||
    c.shape.slice(-2).some((k) => k !== n) ||
    drawn === undefined ||
    together === undefined ||
    !sameShape(together, drawn)
  )
    throw new RangeError(
      `random.multivariateNormal: mean is ${describe(mean)}, covariance ${describe(covariance)}${shape === undefined ? "" : ` and the shape of the draws [${shape.join(", ")}]`}, expected [..., n] and [..., n, n] whose leading axes broadcast to the draws.`,
    );
  const z = normal(key_, [...drawn, n], { dtype: m.dtype as "f32" | "f64" });
  return add(m, reshape(matmul(cholesky(c), reshape(z, [...z.shape, 1])), z.shape));
}
