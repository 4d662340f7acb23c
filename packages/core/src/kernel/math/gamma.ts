import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import {
  abs,
  add,
  and,
  constantsFor,
  copysign,
  div,
  eq,
  floor,
  ge,
  gt,
  le,
  lt,
  max,
  min,
  mul,
  nearest,
  neg,
  or,
  polynomial,
  select,
  sub,
  xor,
} from "./formula.js";
import { fastSum, productOfSplit, split } from "./errorFree.js";
import { expPair } from "./exponential.js";
import { log1pFinite, logFinite } from "./logarithm.js";
import { logPair } from "./power.js";

/*
 * lgamma. For a < last + 1/2: a = n + t, n the nearest integer, and Gamma(a) = Gamma(2 + t) times or divided by the factors between. lgamma(2 + t) = t R(t),
 * |t| <= 1/2, keeps its relative accuracy at the zeros a = 1 and 2. Above, Stirling's series
 * (a - 1/2)(log a - 1) + (log 2 pi - 1) / 2 + S(1/a^2) / a (Abramowitz & Stegun 6.1.40, with minimax coefficients; own Remez).
 */
const LGAMMA = {
  f32: {
    last: 4,
    near2: [0.42278433, 0.32246697, -0.06735323, 0.020583557, -0.0073667765, 0.0028634295, -0.0013116217, 0.0006055235],
    stirling: [0.08333333, -0.0027766465, 0.00074640964],
  },
  f64: {
    last: 8,
    near2: [
      0.42278433509846713, 0.3224670334241133, -0.06735230105319576, 0.020580808427765957, -0.007385551028925152,
      0.0028905103318415818, -0.0011927539013299878, 0.0005096694951218148, -0.0002231549722624913,
      9.945794398521009e-5, -4.492377185445064e-5, 2.050354600840631e-5, -9.456079510555741e-6, 4.393510158034943e-6,
      -1.9748243424074666e-6, 8.999298696053119e-7, -5.806148701767225e-7, 2.976765220643909e-7,
    ],
    stirling: [
      0.08333333333333322, -0.0027777777775433105, 0.0007936506566844106, -0.0005952036852135248, 0.0008375155546775952,
      -0.0016621799305373754,
    ],
  },
};
const HALF_LOG_2PI_MINUS_HALF = 0.4189385332046727;

// sin(pi r) / pi = r + r z Q(z), z = r^2, on |r| <= 1/2: 2^-31, 2^-61 (own Remez).
const SIN_PI = {
  f32: [-1.644934, 0.8117422, -0.19074795, 0.026117489, -0.0022370464],
  f64: [
    -1.6449340668482264, 0.8117424252833401, -0.19075182412149833, 0.02614784780540904, -0.0023460808932907226,
    0.0001484278279643133, -6.9720607266757135e-6, 2.449859856269111e-7,
  ],
};

function sinPiOverPi(block: Block, r: Expression): Expression {
  const z = block.let(mul(r, r));
  return add(r, mul(r, mul(z, polynomial(z, constantsFor(r, SIN_PI)))));
}

/** For x < 0 the functions are reflected, Gamma(x) Gamma(1 - x) = pi / sin(pi x) (A&S 6.1.17): 1 - x; else x. */
const reflected = (block: Block, x: Expression): Expression => block.let(select(lt(x, 0), sub(1, x), x));

/** 0, -1, -2, ... and -Infinity. */
const isPole = (x: Expression): Expression => and(le(x, 0), eq(x, nearest(x)));

/**
 * log |Gamma(x)|; Infinity at the poles and at both infinities. About 150 (f32) or 215 (f64) operations.
 *
 * Largest error measured, x > 0: f32 7.7 ulp, f64 6.5 ulp. For x < 0 the error is relative to the larger term of the reflection:
 * near the zeros of lgamma there (-2.457, -2.748, ...) it is absolute.
 */
export const lgamma: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { last, near2, stirling } = constantsFor(x, LGAMMA);
  const a = reflected(block, x);
  const n = block.let(nearest(a));
  const t = block.let(sub(a, n));
  const large = block.let(gt(n, last));

  // a (a + 1), a, 1, a - 1, (a - 1)(a - 2), ... for n = 0, 1, 2, 3, 4, ...
  let factors: Expression = select(gt(n, 0), a, mul(a, add(a, 1)));
  factors = select(gt(n, 1), 1, factors);
  for (let j = 2; j < last; j++) {
    factors = block.let(factors);
    factors = select(gt(n, j), mul(factors, add(t, j)), factors);
  }
  const l = block.let(logFinite(block, block.let(select(large, a, factors))));

  const small = add(mul(t, polynomial(t, near2)), select(gt(n, 1), l, neg(l)));
  const inverse = block.let(div(1, a));
  const series = mul(inverse, polynomial(block.let(mul(inverse, inverse)), stirling));
  const upper = add(mul(sub(a, 0.5), sub(l, 1)), add(series, HALF_LOG_2PI_MINUS_HALF));
  const positive = block.let(select(large, upper, small));

  const sine = block.let(abs(sinPiOverPi(block, block.let(sub(x, nearest(x))))));
  const negative = sub(neg(logFinite(block, sine)), positive);
  const infinite = or(isPole(x), eq(x, Infinity));
  return select(infinite, Infinity, select(lt(x, 0), negative, positive));
};

/*
 * digamma. From 1 to 2 (f32: 3): (a - x0) D(a - centre) / a, x0 the zero, which keeps the relative accuracy there. Else the asymptotic series
 * log b - 1 / (2 b) - A(1/b^2) / b^2 (A&S 6.3.18; own Remez), at b = a + shift minus sum_(k < shift) 1 / (a + k) if a < shift. With u = a (a + shift - 1) that sum is
 * N / D, D = u (u + c1) (u + c2) ... the product of the pairs (a + j)(a + shift - 1 - j), N its derivative.
 */
const DIGAMMA = {
  f32: {
    shift: 4,
    pairs: [2],
    close: { end: 3, centre: 2 },
    zero: { high: 1.4616321325302124, low: 1.243815006546356e-8 },
    nearZero: [
      1.570615, 0.2638293, -0.042738333, 0.009902352, -0.0026612706, 0.00075460505, -0.00022332917, 9.3161245e-5,
      -3.254477e-5,
    ],
    asymptotic: [0.08333319, -0.0083183795, 0.0035341438],
  },
  f64: {
    shift: 8,
    pairs: [6, 10, 12],
    close: { end: 2, centre: 1.5 },
    zero: { high: 1.4616321449683622, low: 9.549995429965697e-17 },
    nearZero: [
      1.4265838140477494, 0.315614744109642, -0.06281369492027943, 0.017935099659936216, -0.005921836374609577,
      0.0021055245439315826, -0.0007808823619219155, 0.0002971387136083723, -0.00011492422519547505,
      4.4924967846971985e-5, -1.7686990697217997e-5, 7.000853362078135e-6, -2.779914218421957e-6, 1.0900424031711597e-6,
      -4.316285032249159e-7, 2.0861927268020558e-7, -8.600649494407823e-8,
    ],
    asymptotic: [
      0.08333333333332583, -0.008333333323899215, 0.003968250006265146, -0.004165897902896902, 0.007499529702060363,
      -0.01727065556909246,
    ],
  },
};

/**
 * The logarithmic derivative of Gamma; NaN at the poles 0, -1, -2, ... About 130 (f32) or 180 (f64) operations.
 *
 * Largest error measured, x > 0: f32 9.1 ulp, f64 19.6 ulp. For x < 0 the error is relative to the larger term of the reflection.
 */
export const digamma: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { shift, pairs, close, zero, nearZero, asymptotic } = constantsFor(x, DIGAMMA);
  const a = reflected(block, x);
  const inside = block.let(and(ge(a, 1), le(a, close.end)));
  const small = block.let(lt(a, shift));

  // D and its derivative with respect to u, factor by factor.
  const u = block.let(mul(a, add(a, shift - 1)));
  let product = u;
  let derivative: Expression | undefined;
  for (const c of pairs) {
    const factor = block.let(add(u, c));
    derivative = block.let(derivative === undefined ? add(factor, u) : add(mul(derivative, factor), product));
    product = block.let(mul(product, factor));
  }
  const sum = mul(derivative ?? u, add(add(a, a), shift - 1));

  const distance = sub(sub(a, zero.high), zero.low);
  const numerator = select(inside, mul(distance, polynomial(block.let(sub(a, close.centre)), nearZero)), sum);
  const quotient = block.let(div(numerator, select(inside, a, product)));

  const b = block.let(select(small, add(a, shift), a));
  const inverse = block.let(div(1, b));
  const z = block.let(mul(inverse, inverse));
  const tail = add(mul(inverse, 0.5), mul(z, polynomial(z, asymptotic)));
  const series = sub(sub(logFinite(block, b), select(small, quotient, 0)), tail);
  const positive = block.let(select(inside, quotient, series));

  // psi(x) = psi(1 - x) - pi cot(pi x) (A&S 6.3.7), the cosine as sin(pi (1/2 - |r|)).
  const r = block.let(sub(x, nearest(x)));
  const cosine = sinPiOverPi(block, block.let(sub(0.5, abs(r))));
  const cotangent = mul(Math.PI, div(cosine, sinPiOverPi(block, r)));
  const value = select(lt(x, 0), sub(positive, cotangent), positive);
  return select(isPole(x), NaN, select(eq(x, Infinity), x, value));
};

/**
 * Gamma(x): to last + 1/2 as lgamma does it, e^(t R(t)) times or divided by the factors between; above e^((a - 1/2) log a - a + ...), the logarithm a pair; reflected
 * below 0. NaN at negative integers and -Infinity, infinite with the sign of x at 0. About 300 operations.
 */
export const gamma: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { last, near2, stirling } = constantsFor(x, LGAMMA);
  const a = block.let(min(reflected(block, x), constantsFor(x, OVERFLOW)));
  const n = block.let(nearest(a));
  const t = block.let(sub(a, n));
  const large = block.let(gt(n, last));
  let factors: Expression = select(gt(n, 0), a, mul(a, add(a, 1)));
  factors = select(gt(n, 1), 1, factors);
  for (let j = 2; j < last; j++) {
    factors = block.let(factors);
    factors = select(gt(n, j), mul(factors, add(t, j)), factors);
  }
  factors = block.let(select(large, 1, factors));

  const l = logPair(block, block.let(max(a, 1)));
  const half = block.let(sub(a, 0.5));
  const product = productOfSplit(block, l.high, split(block, l.high), half, split(block, half));
  const difference = fastSum(block, product.high, neg(a));
  const inverse = block.let(div(1, a));
  const series = mul(inverse, polynomial(block.let(mul(inverse, inverse)), stirling));
  const sum = fastSum(block, difference.high, block.let(add(series, HALF_LOG_2PI)));
  const low = add(sum.low, add(difference.low, add(product.low, mul(l.low, half))));
  // Below 0 the reciprocal is wanted, so that Gamma(1 - x) cannot overflow.
  const reciprocal = block.let(lt(x, 0));
  const sign = block.let(select(reciprocal, -1, 1, x));
  const y = block.let(
    expPair(block, {
      high: block.let(mul(sign, select(large, sum.high, mul(t, polynomial(t, near2))))),
      low: block.let(mul(sign, select(large, low, 0))),
    }),
  );
  const result = block.let(select(xor(gt(n, 1), reciprocal), mul(y, factors), div(y, factors)));
  // pi / (sin(pi x) Gamma(1 - x)), sin(pi x) with the sign of (-1)^nearest(x).
  const whole = block.let(nearest(x));
  const turn = block.let(mul(whole, 0.5));
  const sine = block.let(sinPiOverPi(block, block.let(sub(x, whole))));
  const signed = select(eq(turn, floor(turn)), sine, neg(sine));
  const value = select(reciprocal, div(result, signed), select(eq(x, 0), copysign(Infinity, x), result));
  return select(and(lt(x, 0), eq(x, whole)), NaN, value);
};
const HALF_LOG_2PI = 0.9189385332046727;
// Gamma is infinite there, and its reflection 0.
const OVERFLOW = { f32: 64, f64: 256 };

/** lgamma(1 + a) for a >= 0, with its relative accuracy at 0. */
export function lgammaOnePlus(block: Block, a: Expression): Expression {
  const near = sub(mul(a, polynomial(a, constantsFor(a, LGAMMA).near2)), log1pFinite(block, a));
  return select(lt(a, 0.5), near, lgamma(block, block.let(add(a, 1))));
}
