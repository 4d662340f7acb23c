import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { split } from "./errorFree.js";
import { expPair } from "./exponential.js";
import { abs, add, constantsFor, copysign, div, lt, min, mul, neg, polynomial, select, sub } from "./formula.js";

// erf x = x + x P(x^2) on |x| <= 1: 2^-28.8, 2^-57 (own Remez).
const ERF = {
  f32: [0.12837917, -0.37612626, 0.112835854, -0.026853815, 0.0051883305, -0.0008010206, 7.853862e-5],
  f64: [
    0.12837916709551256, -0.3761263890318352, 0.11283791670944184, -0.026866170643111392, 0.005223977606117985,
    -0.0008548325929295723, 0.00012055293576452452, -1.4924712295175016e-5, 1.6447131505017825e-6,
    -1.620631336648433e-7, 1.3710979123094308e-8, -7.779466776387987e-10,
  ],
};

/*
 * One formula for the whole half line: (x + K) e^(x^2) erfc x is a smooth function of t = (x - K) / (x + K)
 * (Shepherd & Laframboise 1981, Math. Comp. 36). Minimax in t, relative 2^-28 and 2^-55 (own Remez), up to the x where erfc is 0.
 */
const ERFC = {
  f32: {
    K: 3,
    largest: 11,
    coefficients: [
      1.0740069, -0.8833945, 0.59022826, -0.31046572, 0.11952998, -0.026841603, -0.0012314722, 0.0030819594,
      -0.00047402465, -0.00032051394,
    ],
  },
  f64: {
    K: 3.75,
    largest: 28,
    coefficients: [
      1.0919229095627891, -0.958741576652909, 0.7363189252217451, -0.490470291207734, 0.2790620490341497,
      -0.13195540117679597, 0.04911877860752893, -0.012535880066693223, 0.0009863381615987019, 0.0007948233137635242,
      -0.00034864734787546064, 1.059288114059844e-5, 3.747351149202708e-5, -8.900242158703493e-6,
      -3.2934751730139806e-6, 1.6480311061119954e-6, 2.85167771569257e-7, -2.5270139451827554e-7, -3.051046948396759e-8,
      3.131872478641023e-8, 3.873578218068942e-9, -1.6899143234348934e-9,
    ],
  },
};

/** erfc of a = |x|, down to subnormal results. */
function tail(block: Block, a: Expression): Expression {
  const { K, largest, coefficients } = constantsFor(a, ERFC);
  const x = block.let(min(a, largest));
  const q = block.let(div(1, add(x, K)));
  const t = block.let(mul(sub(x, K), q));
  // -x^2 = -h^2 - (x - h)(x + h), where h has half of the bits of x: the rounding error of x^2 would be e^(-x^2)'s, times x^2.
  const { high, low } = split(block, x);
  const gaussian = expPair(block, { high: neg(mul(high, high)), low: neg(mul(low, add(x, high))) });
  return mul(gaussian, mul(q, polynomial(t, coefficients)));
}

const nearZero = (block: Block, x: Expression): Expression =>
  add(x, mul(x, polynomial(block.let(mul(x, x)), constantsFor(x, ERF))));

/**
 * erf x = 2 / sqrt(pi) int_0^x e^(-t^2) dt. About 90 (f32) or 135 (f64) operations.
 *
 * Largest error measured: f32 1.26 ulp, f64 1.44 ulp.
 */
export const erf: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  return copysign(select(lt(a, 1), nearZero(block, a), sub(1, tail(block, a))), x);
};

/**
 * erfc x = 1 - erf x, with full relative accuracy for large x. About 90 (f32) or 135 (f64) operations.
 *
 * Largest error measured: f32 5.2 ulp, f64 5.3 ulp.
 */
export const erfc: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const e = block.let(tail(block, a));
  const upper = select(lt(x, 0), sub(2, e), e);
  return select(lt(a, 0.8), sub(1, nearZero(block, x)), upper);
};
