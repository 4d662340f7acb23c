import type { Primitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { lgammaCorrection } from "../primitives/lgammaCorrection.js";
import { like } from "../primitives/basis.js";
import { apply } from "../primitives/elementary.js";
import { polygamma as polygammaOf, zeta as zetaOf } from "../primitives/polygamma.js";
import { incompleteBeta } from "../primitives/incompleteBeta.js";
import { incompleteGamma } from "../primitives/incompleteGamma.js";
import {
  gammaPrimitive,
  erfcxPrimitive,
  ndtrPrimitive,
  logNdtrPrimitive,
  ndtriPrimitive,
  i0ePrimitive,
  i1ePrimitive,
  log1pMinusPrimitive,
} from "../primitives/special.js";
import type { Tensor } from "../tensor/tensor.js";
import { sigmoid } from "./activations.js";
import {
  add,
  clip,
  div,
  equal,
  greater,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  sub,
  where,
} from "./arithmetic.js";
import { abs, digamma, exp, expm1, floor, lgamma, log, log1p, round, sin } from "./elementary.js";
import { type TensorLike, align, toFloat } from "./promote.js";
import { convert } from "../primitives/conversion.js";
import { isFloat } from "../tensor/dtype.js";

/* Special functions, with the names and conventions of SciPy and JAX. Integers are taken as f32. */

type Unary = (x: TensorLike) => Tensor;
const unary =
  (primitive: Primitive): Unary =>
  (x) =>
    bind1(primitive, [toFloat(primitive.name, x)], {});

/** Common float dtype and common shape. */
const floats = (operation: string, ...xs: TensorLike[]): Tensor[] =>
  align(operation, ...xs).map((x) => (isFloat(x.dtype) ? x : convert(x, "f32")));

/** Gamma(x), with its sign; NaN at negative integers. */
export const gamma: Unary = /* @__PURE__ */ unary(gammaPrimitive);
/** The sign of Gamma(x): (-1)^floor(x) for x < 0; NaN at negative integers. */
export const gammasgn: Unary = (x) => {
  const t = toFloat("gammasgn", x);
  const whole = floor(t);
  const odd = sub(whole, mul(2, floor(mul(whole, 0.5))));
  const negative = where(equal(whole, t), NaN, sub(1, mul(2, odd)));
  // The sign of a zero is that of its reciprocal.
  const atZero = where(less(div(1, t), 0), -1, 1);
  return where(less(t, 0), negative, where(equal(t, t), where(equal(t, 0), atZero, 1), t));
};
/** e^(x^2) erfc(x). */
export const erfcx: Unary = /* @__PURE__ */ unary(erfcxPrimitive);
/** The normal distribution function, accurate in the lower tail. */
export const ndtr: Unary = /* @__PURE__ */ unary(ndtrPrimitive);
/** log ndtr(x), accurate in both tails. */
export const logNdtr: Unary = /* @__PURE__ */ unary(logNdtrPrimitive);
/** The quantile function of the normal distribution, inverse of `ndtr`. */
export const ndtri: Unary = /* @__PURE__ */ unary(ndtriPrimitive);
/** Inverse of erfc, on (0, 2), accurate for small arguments (not for subnormal ones, whose half is rounded). */
export const erfcinv: Unary = (x) => mul(ndtri(mul(toFloat("erfcinv", x), 0.5)), -Math.SQRT1_2);
/** e^-|x| i0(x). */
export const i0e: Unary = /* @__PURE__ */ unary(i0ePrimitive);
/** e^-|x| i1(x). */
export const i1e: Unary = /* @__PURE__ */ unary(i1ePrimitive);
/** Modified Bessel function of the first kind, order 0. */
export const i0: Unary = (x) => {
  const t = toFloat("i0", x);
  return mul(exp(abs(t)), i0e(t));
};
/** Modified Bessel function of the first kind, order 1. */
export const i1: Unary = (x) => {
  const t = toFloat("i1", x);
  return mul(exp(abs(t)), i1e(t));
};

/** 1 / (1 + e^-x), as `sigmoid`. */
export const expit: Unary = (x) => sigmoid(toFloat("expit", x));
/**
 * log(x / (1 - x)), inverse of `expit`; infinite at 0 and 1, NaN outside.
 * @param options.eps clips x to [eps, 1 - eps] first.
 */
export function logit(x: TensorLike, options: { readonly eps?: number } = {}): Tensor {
  const t = toFloat("logit", x);
  const { eps } = options;
  const p = eps === undefined ? t : clip(t, eps, 1 - eps);
  // 2 atanh(2 p - 1), whose argument is exact from 1/4 on.
  const low = less(p, 0.25);
  const small = where(low, p, 0.25);
  const large = where(low, 0.5, p);
  return where(low, sub(log(small), log1p(neg(small))), mul(2, apply("atanh", sub(mul(2, large), 1))));
}

/** x log(y), 0 where x = 0 and y is not NaN. */
export function xlogy(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floats("xlogy", x, y);
  return mul(a, log(regularAtZero(a, b, 0)));
}
/** x log1p(y), 0 where x = 0 and y is not NaN. */
export function xlog1py(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floats("xlog1py", x, y);
  return mul(a, log1p(regularAtZero(a, b, -1)));
}
/** y, or 1 where x = 0 and the logarithm (of y > edge) would be infinite or NaN. */
function regularAtZero(x: Tensor, y: Tensor, edge: number): Tensor {
  return where(logicalAnd(equal(x, 0), logicalOr(lessEqual(y, edge), equal(y, Infinity))), 1, y);
}

/** -x log(x); 0 at 0, -Infinity below. */
export function entr(x: TensorLike): Tensor {
  const t = toFloat("entr", x);
  return where(less(t, 0), -Infinity, neg(xlogy(t, where(less(t, 0), 1, t))));
}
/** x log(x / y); 0 where x = 0 and y >= 0, Infinity where either is negative, or y = 0. */
export function relEntr(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floats("relEntr", x, y);
  const inside = logicalAnd(greater(a, 0), greater(b, 0));
  const zero = logicalAnd(equal(a, 0), logicalNot(less(b, 0)));
  const missing = logicalNot(logicalAnd(equal(a, a), equal(b, b)));
  const value = mul(where(inside, a, 1), logOfQuotient(where(inside, a, 1), where(inside, b, 1)));
  return where(missing, NaN, where(inside, value, where(zero, 0, Infinity)));
}
/** log(a / b) of positive numbers, also where they are close, and where the quotient overflows or is subnormal. */
function logOfQuotient(a: Tensor, b: Tensor): Tensor {
  const difference = sub(a, b);
  const close = less(abs(difference), mul(b, 0.5));
  const q = div(a, b);
  const regular = logicalAnd(less(q, 2 ** 126), less(2 ** -126, q));
  const far = where(regular, log(where(regular, q, 1)), sub(log(a), log(b)));
  return where(close, log1p(div(where(close, difference, 0), b)), far);
}
/** x log(x / y) - x + y, with the conventions of `relEntr`; accurate also where x and y are close. */
export function klDiv(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = floats("klDiv", x, y);
  // -x (log(1 + u) - u) with u = (y - x) / x.
  const difference = sub(b, a);
  const close = less(abs(difference), mul(a, 0.5));
  const u = div(where(close, difference, 0), where(close, a, 1));
  return where(close, neg(mul(a, bind1(log1pMinusPrimitive, [u], {}))), add(sub(relEntr(a, b), a), b));
}

/** log(1 - e^-x) for x > 0, accurate for small and for large x (Maechler 2012). */
export function log1mexp(x: TensorLike): Tensor {
  const t = toFloat("log1mexp", x);
  const small = less(t, Math.LN2);
  return where(small, log(neg(expm1(neg(where(small, t, 1))))), log1p(neg(exp(neg(where(small, 1, t))))));
}

/** sin(pi x) / (pi x), 1 at 0; derivatives of all orders are right there. */
export function sinc(x: TensorLike): Tensor {
  const t = toFloat("sinc", x);
  const small = less(abs(t), 0.25);
  // The series in z = (pi x)^2.
  const z = mul(where(small, mul(t, t), 0), Math.PI ** 2);
  let series: Tensor = like(t, 0);
  for (let k = SINC_TERMS; k >= 0; k--)
    series = sub(1, mul(div(z, (2 * k + 2) * (2 * k + 3)), k === SINC_TERMS ? 1 : series));
  // sin(pi x) = (-1)^n sin(pi (x - n)), n the nearest integer.
  const away = where(small, 0.5, t);
  const n = round(away);
  const sign = sub(1, mul(4, sub(mul(n, 0.5), floor(mul(n, 0.5)))));
  const sine = mul(sign, sin(mul(sub(away, n), Math.PI)));
  return where(small, series, where(equal(abs(away), Infinity), 0, div(sine, mul(away, Math.PI))));
}
const SINC_TERMS = 9;

/**
 * The n-th derivative of digamma: polygamma(0, x) is digamma, polygamma(1, x) trigamma.
 * @param n an integer from 0 on.
 */
export function polygamma(n: number, x: TensorLike): Tensor {
  if (!Number.isInteger(n) || n < 0 || n > 100)
    throw new RangeError(
      `polygamma: n is ${n}, expected an integer from 0 to 100. The order is a JS number, the argument x a tensor.`,
    );
  const t = toFloat("polygamma", x);
  return n === 0 ? digamma(t) : polygammaOf(apply, n, t);
}

/** The Hurwitz zeta function, sum over k >= 0 of (q + k)^-s, for s > 1 and q > 0; Infinity at s = 1, else NaN. */
export function zeta(s: TensorLike, q: TensorLike): Tensor {
  const [a, b] = floats("zeta", s, q);
  const inside = logicalAnd(greater(a, 1), greater(b, 0));
  const value = zetaOf(apply, where(inside, a, 2), where(inside, b, 1));
  const pole = logicalOr(equal(a, 1), logicalAnd(greater(a, 1), logicalAnd(lessEqual(b, 0), equal(b, floor(b)))));
  return where(inside, value, where(pole, Infinity, NaN));
}

/** log |Gamma(a) Gamma(b) / Gamma(a + b)|, without cancellation for large positive a and b. */
export function betaln(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats("betaln", a, b);
  const p = minimum(x, y);
  const q = maximum(x, y);
  const total = add(p, q);
  // As in SLATEC's dlbeta: from 10 on by lgamma's remainder after Stirling's formula.
  const large = logicalAnd(less(10, q), greater(p, 0));
  const both = logicalAnd(large, less(10, p));
  const bigQ = where(large, q, 20);
  const bigP = where(both, p, 20);
  const someP = where(large, p, 1);
  const sum = add(someP, bigQ);
  const share = log1p(neg(div(someP, sum)));
  const rest = sub(lgammaCorrection(bigQ), lgammaCorrection(sum));
  const one = add(add(lgamma(someP), rest), add(sub(someP, mul(someP, log(sum))), mul(sub(bigQ, 0.5), share)));
  const two = add(
    add(mul(-0.5, log(bigQ)), HALF_LOG_2PI),
    add(add(lgammaCorrection(bigP), rest), add(mul(sub(bigP, 0.5), log(div(bigP, sum))), mul(bigQ, share))),
  );
  const [s, t, u] = [where(large, 1, p), where(large, 1, q), where(large, 1, total)];
  return where(large, where(both, two, one), sub(add(lgamma(s), lgamma(t)), lgamma(u)));
}
const HALF_LOG_2PI = 0.9189385332046728;

/** Gamma(a) Gamma(b) / Gamma(a + b). */
export function beta(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats("beta", a, b);
  const sign = mul(mul(gammasgn(x), gammasgn(y)), gammasgn(add(x, y)));
  return mul(sign, exp(betaln(x, y)));
}

/** log of the multivariate gamma function of order d: d (d - 1) / 4 log pi + sum over j < d of lgamma(x - j / 2). */
export function multigammaln(x: TensorLike, d: number): Tensor {
  if (!Number.isInteger(d) || d < 1)
    throw new RangeError(`multigammaln: d is ${d}, expected a positive integer, the size of the matrix.`);
  const t = toFloat("multigammaln", x);
  let total = add(lgamma(t), (d * (d - 1) * Math.log(Math.PI)) / 4);
  for (let j = 1; j < d; j++) total = add(total, lgamma(sub(t, j / 2)));
  return total;
}

/**
 * Regularised lower incomplete gamma function P(a, x), the distribution function of a gamma variate with shape a > 0, at x >= 0. It has derivatives in x to any order,
 * and first ones in a.
 */
export function gammainc(a: TensorLike, x: TensorLike): Tensor {
  const [s, t] = floats("gammainc", a, x);
  return incompleteGamma("lower", s, t);
}
/** Regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), accurate where it is small. */
export function gammaincc(a: TensorLike, x: TensorLike): Tensor {
  const [s, t] = floats("gammaincc", a, x);
  return incompleteGamma("upper", s, t);
}
/**
 * Regularised incomplete beta function I_x(a, b), the distribution function of a beta variate, for a, b > 0 and 0 <= x <= 1. It has derivatives in x to any order,
 * and first ones in a and b.
 */
export function betainc(a: TensorLike, b: TensorLike, x: TensorLike): Tensor {
  const [s, t, u] = floats("betainc", a, b, x);
  return incompleteBeta("value", s, t, u);
}
