import { bind1 } from "../graph/trace.js";
import { like } from "../primitives/basis.js";
import { stopGradient } from "../primitives/conversion.js";
import { apply } from "../primitives/elementary.js";
import { slice } from "../primitives/shape.js";
import { ndtrPrimitive } from "../primitives/special.js";
import { describe, normalizeAxes, normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, div, greater, greaterEqual, less, lessEqual, mul, neg, square, sub, where } from "./arithmetic.js";
import { abs, exp, expm1, log, sqrt, tanh } from "./elementary.js";
import { type TensorLike, align, toFloat, toTensor } from "./promote.js";
import { type Axes, max, mean, sum, variance } from "./reduction.js";

/* Activation functions, under the names of jax.nn. At a kink the derivative is that of the left side unless a line says otherwise. */

type Activation = (x: TensorLike) => Tensor;

/** 1 / (1 + e^-x). */
export const sigmoid: Activation = (x) => apply("sigmoid", toFloat("sigmoid", x));
/** log(1 + e^x), without overflow; log(1 + e^(beta x)) / beta. */
export function softplus(x: TensorLike, options: { readonly beta?: number } = {}): Tensor {
  const { beta = 1 } = options;
  const t = toFloat("softplus", x);
  return beta === 1 ? apply("softplus", t) : div(apply("softplus", mul(t, beta)), beta);
}
/** log sigmoid(x) = -softplus(-x). */
export const logSigmoid: Activation = (x) => neg(softplus(neg(toFloat("logSigmoid", x))));
/** x / (1 + |x|). */
export const softSign: Activation = (x) => {
  const t = toFloat("softSign", x);
  return div(t, add(abs(t), 1));
};

/** max(x, 0); derivative 0 at 0. */
export const relu: Activation = (x) => {
  const t = toTensor("relu", x);
  // Not "where positive, t", which would turn NaN into 0.
  return where(lessEqual(t, 0), like(t, 0), t);
};
/** min(max(x, 0), 6); derivative 0 at 0 and 6. */
export const relu6: Activation = (x) => hardTanh(toFloat("relu6", x), 0, 6);
/** x limited to [low, high]; derivative 0 on both bounds. */
export function hardTanh(x: TensorLike, low = -1, high = 1): Tensor {
  const [t, a, b] = align("hardTanh", toFloat("hardTanh", x), low, high);
  return where(lessEqual(t, a), a, where(greaterEqual(t, b), b, t));
}
/** relu6(x + 3) / 6. */
export const hardSigmoid: Activation = (x) => div(relu6(add(toFloat("hardSigmoid", x), 3)), 6);
const gated =
  (name: string, gate: Activation): Activation =>
  (x) => {
    const t = toFloat(name, x);
    return mul(t, gate(t));
  };
/** x hardSigmoid(x). */
export const hardSilu: Activation = gated("hardSilu", hardSigmoid);
/**
 * As `hardSilu`.
 * @alias
 */
export const hardSwish: Activation = gated("hardSwish", hardSigmoid);
/** x where positive, else slope * x (a tensor of slopes makes it prelu). */
export function leakyRelu(x: TensorLike, slope: TensorLike = 0.01): Tensor {
  const [t, a] = align("leakyRelu", toFloat("leakyRelu", x), slope);
  return where(greater(t, 0), t, mul(t, a));
}
/** x where positive, else alpha (e^x - 1). */
export function elu(x: TensorLike, alpha: TensorLike = 1): Tensor {
  const [t, a] = align("elu", toFloat("elu", x), alpha);
  const positive = greater(t, 0);
  return where(positive, t, mul(expm1(where(positive, 0, t)), a));
}
/** max(x, 0) + min(0, alpha (e^(x / alpha) - 1)); smooth at 0 for every alpha (Barron 2017). */
export function celu(x: TensorLike, alpha: TensorLike = 1): Tensor {
  const [t, a] = align("celu", toFloat("celu", x), alpha);
  const positive = greater(t, 0);
  return where(positive, t, mul(expm1(div(where(positive, 0, t), a)), a));
}
/** Scaled elu that keeps mean 0 and variance 1 (Klambauer et al. 2017). */
export const selu: Activation = (x) => mul(elu(toFloat("selu", x), 1.6732632423543772), 1.0507009873554805);
/** x sigmoid(x). */
export const silu: Activation = gated("silu", sigmoid);
/**
 * As `silu`.
 * @alias
 */
export const swish: Activation = gated("swish", sigmoid);
/** x tanh(softplus(x)) (Misra 2019). */
export const mish: Activation = gated("mish", (t) => tanh(softplus(t)));
/**
 * x Phi(x), with the normal distribution function; `approximate` takes x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) instead
 * (Hendrycks and Gimpel 2016).
 */
export function gelu(x: TensorLike, options: { readonly approximate?: boolean } = {}): Tensor {
  const t = toFloat("gelu", x);
  // (1 + tanh u) / 2 is sigmoid(2 u), and (1 + erf(x / sqrt 2)) / 2 is Phi: neither cancels for negative x.
  const gate =
    options.approximate === true
      ? sigmoid(mul(mul(t, add(mul(square(t), 0.044715), 1)), Math.sqrt(8 / Math.PI)))
      : bind1(ndtrPrimitive, [t], {});
  return mul(t, gate);
}
/** (x + sqrt(x^2 + b)) / 2 (Barron 2021). */
export function squareplus(x: TensorLike, b: TensorLike = 4): Tensor {
  const [t, c] = align("squareplus", toFloat("squareplus", x), b);
  // For negative x the sum would cancel: (sqrt(x^2 + b) + x) (sqrt(x^2 + b) - x) = b.
  const negative = less(t, 0);
  const sum = mul(add(where(negative, neg(t), t), sqrt(add(square(t), c))), 0.5);
  return where(negative, div(mul(c, 0.25), where(negative, sum, 1)), sum);
}
/** x - tanh(x), with an absolute error of the size of the rounding of x. */
export const tanhShrink: Activation = (x) => {
  const t = toFloat("tanhShrink", x);
  return sub(t, tanh(t));
};
/** x where |x| > lambda, else 0. */
export function hardShrink(x: TensorLike, lambda = 0.5): Tensor {
  const [t, limit] = align("hardShrink", toFloat("hardShrink", x), lambda);
  return where(lessEqual(abs(t), limit), 0, t);
}
/** x moved towards 0 by lambda, 0 where |x| <= lambda: the proximal map of lambda |x|. */
export function softShrink(x: TensorLike, lambda = 0.5): Tensor {
  const [t, limit] = align("softShrink", toFloat("softShrink", x), lambda);
  return where(greater(t, limit), sub(t, limit), where(less(t, neg(limit)), add(t, limit), mul(t, 0)));
}
/** x where x > limit, else value. */
export function threshold(x: TensorLike, limit: number, value: number): Tensor {
  const [t, bound, other] = align("threshold", x, limit, value);
  return where(lessEqual(t, bound), other, t);
}
/** Halves x along `axis` (default the last): first half times sigmoid of the second (Dauphin et al. 2017). */
export function glu(x: Tensor, axis = -1): Tensor {
  const t = toFloat("glu", x);
  const a = normalizeAxis("glu", axis, t.ndim);
  const n = t.shape[a] / 2;
  if (!Number.isInteger(n))
    throw new RangeError(`glu: axis ${a} of ${describe(t)} has an odd size, expected two halves.`);
  const half = (from: number): Tensor =>
    slice(
      t,
      t.shape.map((_, i) => (i === a ? from : 0)),
      t.shape.map((m, i) => (i === a ? from + n : m)),
    );
  return mul(half(0), sigmoid(half(n)));
}

/** e^x / sum e^x along `axis` (default the last). */
export function softmax(x: TensorLike, axis: Axes = -1): Tensor {
  return shares("softmax", toFloat("softmax", x), axis);
}
/** softmax(-x). */
export function softmin(x: TensorLike, axis: Axes = -1): Tensor {
  return shares("softmin", neg(toFloat("softmin", x)), axis);
}
function shares(name: string, t: Tensor, axis: Axes): Tensor {
  const e = exp(belowMax(name, t, axis));
  return div(e, sum(e, axis, { keepDims: true }));
}
/** x minus its maximum, which is held constant. */
function belowMax(name: string, t: Tensor, axis: Axes): Tensor {
  const list = normalizeAxes(name, axis, t.ndim);
  return t.size === 0 ? t : sub(t, stopGradient(max(t, list, { keepDims: true })));
}
/** log softmax along `axis` (default the last). */
export function logSoftmax(x: TensorLike, axis: Axes = -1): Tensor {
  const t = toFloat("logSoftmax", x);
  const shifted = belowMax("logSoftmax", t, axis);
  return sub(shifted, log(sum(exp(shifted), axis, { keepDims: true })));
}
/** x with mean 0 and variance 1 along `axis` (default the last): (x - mean) / sqrt(variance + epsilon). */
export function standardize(x: TensorLike, axis: Axes = -1, options: { readonly epsilon?: number } = {}): Tensor {
  const t = toFloat("standardize", x);
  const list = normalizeAxes("standardize", axis, t.ndim);
  const keep = { keepDims: true };
  return div(sub(t, mean(t, list, keep)), sqrt(add(variance(t, list, keep), options.epsilon ?? 1e-5)));
}
