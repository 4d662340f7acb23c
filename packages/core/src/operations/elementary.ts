import { type ElementaryName, apply } from "../primitives/elementary.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  add,
  div,
  equal,
  greaterEqual,
  isFinite,
  less,
  logicalAnd,
  logicalNot,
  mul,
  pow,
  reciprocal,
  sub,
  where,
} from "./arithmetic.js";
import { type TensorLike, align, countable, toFloat, toTensor, widest } from "./promote.js";
import { convert } from "../primitives/conversion.js";
import { isFloat } from "../tensor/dtype.js";

/* Elementary functions. Integers are taken as f32; special values are IEEE's. */

type Unary = (x: TensorLike) => Tensor;
const unary =
  (name: ElementaryName): Unary =>
  (x) =>
    apply(name, toFloat(name, x));

/** e^x. */
export const exp: Unary = unary("exp");
/** 2^x, exact for whole x. */
export const exp2: Unary = unary("exp2");
/** e^x - 1, accurate near 0. */
export const expm1: Unary = unary("expm1");
/** Natural logarithm; -Infinity at 0, NaN below. */
export const log: Unary = unary("log");
/** log(1 + x), accurate near 0. */
export const log1p: Unary = unary("log1p");
/** Logarithm to base 2, exact for powers of 2. */
export const log2: Unary = unary("log2");
/** Logarithm to base 10, exact for powers of 10. */
export const log10: Unary = unary("log10");
export const sqrt: Unary = unary("sqrt");
/** 1 / sqrt(x). */
export const rsqrt: Unary = (x) => reciprocal(sqrt(toFloat("rsqrt", x)));
/** The real cube root, also of negative numbers. */
export const cbrt: Unary = unary("cbrt");
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
export const asinh: Unary = unary("asinh");
/** NaN below 1. */
export const acosh: Unary = unary("acosh");
/** Infinite at -1 and 1, NaN beyond. */
export const atanh: Unary = unary("atanh");
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
/** Degrees to radians. */
export const deg2rad: Unary = (x) => mul(toFloat("deg2rad", x), Math.PI / 180);
/** Radians to degrees. */
export const rad2deg: Unary = (x) => mul(toFloat("rad2deg", x), 180 / Math.PI);

type Binary = (a: TensorLike, b: TensorLike) => Tensor;
const binary =
  (name: ElementaryName): Binary =>
  (a, b) => {
    const [x, y] = align(name, a, b);
    return isFloat(x.dtype) ? apply(name, x, y) : apply(name, convert(x, "f32"), convert(y, "f32"));
  };
/** Angle of the point (x, y) from `atan2(y, x)`, in (-pi, pi]. */
export const atan2: Binary = binary("atan2");
/** sqrt(a^2 + b^2) without overflow; the derivative at (0, 0) is 0. */
export const hypot: Binary = binary("hypot");
/** a ** b, in floats also for integers. */
export const floatPower: Binary = (a, b) => {
  const [x, y] = align("floatPower", a, b);
  return typeof b === "number" ? pow(toFloat("floatPower", a), b) : pow(toFloat("floatPower", x), y);
};

/** log(e^a + e^b), without overflow; near 0 with an absolute error of the size of the rounding of a and b. */
export const logaddexp: Binary = (a, b) => {
  const [x, y] = align("logaddexp", a, b).map((t) => toFloat("logaddexp", t));
  // The larger plus a correction; written so that derivatives of all orders are right where both are equal.
  const first = greaterEqual(x, y);
  const [top, bottom] = [where(first, x, y), where(first, y, x)];
  // Equal infinities would give NaN as their difference.
  const same = logicalAnd(equal(x, y), logicalNot(isFinite(x)));
  return add(top, apply("softplus", where(same, 0, sub(bottom, top))));
};
/** log2(2^a + 2^b), without overflow; near 0 as `logaddexp`. */
export const logaddexp2: Binary = (a, b) => {
  const [x, y] = align("logaddexp2", a, b);
  return div(logaddexp(mul(x, Math.LN2), mul(y, Math.LN2)), Math.LN2);
};
/** a + weight (b - a): a at weight 0, b at weight 1 (exactly, as of weight 1/2 it is taken from b's side). */
export function lerp(a: TensorLike, b: TensorLike, weight: TensorLike): Tensor {
  const [x, y, w] = align("lerp", a, b, weight);
  const step = sub(y, x);
  return where(less(w, 0.5), add(x, mul(w, step)), sub(y, mul(sub(1, w), step)));
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
  (name: "floor" | "ceil" | "trunc" | "round", label: string = name): Unary =>
  (x) => {
    const t = toTensor(label, x);
    return isFloat(t.dtype) ? apply(name, t) : t;
  };
export const floor: Unary = rounding("floor");
export const ceil: Unary = rounding("ceil");
/** Towards zero. */
export const trunc: Unary = rounding("trunc");
/** To the nearest integer, halves to even. */
export const rint: Unary = rounding("round", "rint");
/** To `decimals` places after the point (before it where negative), halves to even. The derivative is 0. */
export function round(x: TensorLike, decimals = 0): Tensor {
  if (!Number.isInteger(decimals)) throw new RangeError(`round: decimals is ${decimals}, expected an integer.`);
  const t = toTensor("round", x);
  if (decimals === 0 || (decimals > 0 && !isFloat(t.dtype))) return rint(t);
  if (!isFloat(t.dtype)) return convert(round(convert(t, widest(t)), decimals), t.dtype);
  const scale = 10 ** Math.abs(decimals);
  return decimals > 0 ? div(rint(mul(t, scale)), scale) : mul(rint(div(t, scale)), scale);
}
/** x - trunc(x), with the sign of x; a zero is +0. */
export const frac: Unary = (x) => {
  const t = toTensor("frac", x);
  return sub(t, trunc(t));
};
