import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { split } from "./errorFree.js";
import { expPair } from "./exponential.js";
import {
  abs,
  add,
  constantsFor,
  copysign,
  div,
  gt,
  lt,
  max,
  min,
  mul,
  neg,
  polynomial,
  select,
  sub,
} from "./formula.js";
import { log1pFinite, logFinite } from "./logarithm.js";

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
 * (Shepherd & Laframboise 1981, Math. Comp. 36), -1 <= t <= 1. Interpolated at Chebyshev nodes, relative 2^-30 and 2^-57; erfc itself is 0 beyond `largest`.
 */
const ERFC = {
  f32: {
    K: 3,
    largest: 11,
    coefficients: [
      1.0740069, -0.8833944, 0.5902284, -0.31046748, 0.11952791, -0.026825339, -0.0012136621, 0.003027355,
      -0.0005439259, -0.00026491447, 9.989218e-5, 1.9630952e-5, -1.0686322e-5,
    ],
  },
  f64: {
    K: 3.75,
    largest: 28,
    coefficients: [
      1.0919229095627891, -0.9587415766529096, 0.7363189252217538, -0.49047029120767954, 0.27906204903368126,
      -0.13195540117846893, 0.0491187786172679, -0.012535880042283688, 0.000986338059654386, 0.000794823110351232,
      -0.0003486467384382464, 1.0593939364370455e-5, 3.7471304066174455e-5, -8.903816175024503e-6,
      -3.288558690228855e-6, 1.6559088365725826e-6, 2.786425585878482e-7, -2.6373615721141846e-7,
      -2.5911956713608297e-8, 4.046079129250125e-8, 2.7702753111578317e-9, -5.469789765358524e-9,
      -2.2908304096310187e-10, 4.579984140831587e-10,
    ],
  },
};

/** e^(x^2) erfc x for x >= 0. */
export function scaledTail(block: Block, x: Expression): Expression {
  const { K, coefficients } = constantsFor(x, ERFC);
  const q = block.let(div(1, add(x, K)));
  const t = block.let(mul(sub(x, K), q));
  return mul(q, polynomial(t, coefficients));
}

/** erfc of a = |x|, down to subnormal results. */
function tail(block: Block, a: Expression): Expression {
  const x = block.let(min(a, constantsFor(a, ERFC).largest));
  return mul(gaussian(block, x, -1), scaledTail(block, x));
}

/** e^(c x^2) = e^(c h^2) e^(c (x - h)(x + h)), c a power of 2, where h has half of the bits of x: the rounding error of x^2 would be the result's, times x^2. */
function gaussian(block: Block, x: Expression, c: number): Expression {
  const { high, low } = split(block, x);
  return expPair(block, { high: block.let(mul(mul(high, high), c)), low: block.let(mul(mul(low, add(x, high)), c)) });
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

/**
 * erfcx x = e^(x^2) erfc x, which decays like 1 / x and overflows below -26.6 (f32: -9.4). About 95 (f32) or 145 (f64) operations.
 */
export const erfcx: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const huge = constantsFor(x, HUGE);
  // Where t is 1 to the last bit, 1 / (x + K) would lose the difference.
  const a = block.let(min(abs(x), huge));
  const y = block.let(select(lt(abs(x), huge), scaledTail(block, a), div(1 / Math.sqrt(Math.PI), abs(x))));
  const e = gaussian(block, block.let(min(a, constantsFor(x, ERFC).largest)), 1);
  return select(lt(x, 0), sub(add(e, e), y), y);
};
const HUGE = { f32: 2 ** 30, f64: 2 ** 60 };

/** Phi(-a) for a >= 0, Phi the normal distribution function. */
function normalTail(block: Block, a: Expression): Expression {
  const x = block.let(min(a, 1.5 * constantsFor(a, ERFC).largest));
  return mul(mul(gaussian(block, x, -0.5), 0.5), scaledTail(block, block.let(mul(x, Math.SQRT1_2))));
}

/** Phi(x), accurate in the lower tail. About 105 (f32) or 160 (f64) operations. */
export const ndtr: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const q = block.let(normalTail(block, a));
  const near = mul(0.5, add(1, nearZero(block, block.let(mul(x, Math.SQRT1_2)))));
  return select(lt(a, 1), near, select(lt(x, 0), q, sub(1, q)));
};

/**
 * log Phi(x): log1p(-Phi(-x)) for x > 0, else -x^2 / 2 + log(erfcx(-x / sqrt 2) / 2). About 230 operations.
 */
export const logNdtr: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const upper = neg(abs(log1pFinite(block, block.let(neg(normalTail(block, block.let(max(x, 0))))))));
  const far = block.let(min(max(mul(x, -Math.SQRT1_2), 0), constantsFor(x, HUGE)));
  const lower = sub(logFinite(block, block.let(mul(scaledTail(block, far), 0.5))), mul(mul(x, 0.5), x));
  return select(gt(x, 0), upper, lower);
};
