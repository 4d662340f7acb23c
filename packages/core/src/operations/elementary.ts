import { type ElementaryName, apply } from "../primitives/elementary.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  add,
  equal,
  greaterEqual,
  isFinite,
  lessEqual,
  logicalAnd,
  logicalNot,
  mul,
  neg,
  sub,
  where,
} from "./arithmetic.js";
import { type TensorLike, align, countable, toFloat, toTensor } from "./promote.js";
import { convert } from "../primitives/conversion.js";
import { like } from "../primitives/basis.js";
import { isFloat } from "../tensor/dtype.js";

/* Elementary functions. Integers are taken as f32; special values are IEEE's. */

type Unary = (x: TensorLike) => Tensor;
const unary =
  (name: ElementaryName): Unary =>
  (x) =>
    apply(name, toFloat(name, x));

/** e^x. */
export const exp: Unary = unary("exp");
/** e^x - 1, accurate near 0. */
export const expm1: Unary = unary("expm1");
/** Natural logarithm; -Infinity at 0, NaN below. */
export const log: Unary = unary("log");
/** log(1 + x), accurate near 0. */
export const log1p: Unary = unary("log1p");
export const sqrt: Unary = unary("sqrt");
/** Radians, like all of these. */
export const sin: Unary = unary("sin");
export const cos: Unary = unary("cos");
export const tan: Unary = unary("tan");
export const asin: Unary = unary("asin");
export const acos: Unary = unary("acos");
export const atan: Unary = unary("atan");
export const sinh: Unary = unary("sinh");
export const cosh: Unary = unary("cosh");
export const tanh: Unary = unary("tanh");
/** Error function. */
export const erf: Unary = unary("erf");
/** 1 - erf(x), accurate for large x. */
export const erfc: Unary = unary("erfc");
/** Inverse of erf, on (-1, 1). */
export const erfinv: Unary = unary("erfinv");
/** log |Gamma(x)|. */
export const lgamma: Unary = unary("lgamma");
/** Derivative of lgamma. */
export const digamma: Unary = unary("digamma");
/** 1 / (1 + e^-x). */
export const sigmoid: Unary = unary("sigmoid");
/** log(1 + e^x), without overflow. */
export const softplus: Unary = unary("softplus");
/** log sigmoid(x) = -softplus(-x). */
export const logSigmoid: Unary = (x) => neg(softplus(neg(x)));
/** max(x, 0); derivative 0 at 0. */
export const relu: Unary = (x) => {
  const t = toTensor("relu", x);
  // Not "where positive, t", which would turn NaN into 0.
  return where(lessEqual(t, 0), like(t, 0), t);
};
/** x sigmoid(x). */
export const silu: Unary = (x) => mul(x, sigmoid(x));
/** x Phi(x), with the normal distribution function. */
export const gelu: Unary = (x) => {
  const t = toFloat("gelu", x);
  return mul(mul(t, 0.5), add(1, erf(mul(t, Math.SQRT1_2))));
};

/** Angle of the point (x, y), in (-pi, pi]. */
export function atan2(y: TensorLike, x: TensorLike): Tensor {
  const [a, b] = align("atan2", y, x);
  return isFloat(a.dtype) ? apply("atan2", a, b) : apply("atan2", convert(a, "f32"), convert(b, "f32"));
}
/** log(e^a + e^b), without overflow. */
export function logaddexp(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("logaddexp", a, b);
  // The larger plus a correction; written so that derivatives of all orders are right where both are equal.
  const first = greaterEqual(x, y);
  const [top, bottom] = [where(first, x, y), where(first, y, x)];
  // Equal infinities would give NaN as their difference.
  const same = logicalAnd(equal(x, y), logicalNot(isFinite(x)));
  return add(top, softplus(where(same, 0, sub(bottom, top))));
}

const keepType =
  (name: ElementaryName): Unary =>
  (x) =>
    apply(name, countable(toTensor(name, x)));
/** |x|; derivative sign(x), 0 at 0. */
export const abs: Unary = keepType("abs");
/** -1, 0 or 1. */
export const sign: Unary = keepType("sign");
const rounding =
  (name: "floor" | "ceil" | "trunc" | "round"): Unary =>
  (x) => {
    const t = toTensor(name, x);
    return isFloat(t.dtype) ? apply(name, t) : t;
  };
export const floor: Unary = rounding("floor");
export const ceil: Unary = rounding("ceil");
/** Towards zero. */
export const trunc: Unary = rounding("trunc");
/** To the nearest integer, halves to even. */
export const round: Unary = rounding("round");
