import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { type Pair, fastSum } from "./errorFree.js";
import { add, constantsFor, copysign, floor, max, min, mul, nearest, neg, polynomial, pow2, sub } from "./formula.js";

/*
 * Range reduction as in Cody & Waite (1980), ch. 6: x = k ln 2 + r, k an integer, |r| <= ln 2 / 2, so e^x = 2^k e^r. The high part
 * of ln 2 has so few bits that k times it is exact. e^r = 1 + r + r^2 P(r).
 */
const LOG2E = Math.LOG2E;
export const LN2 = {
  f32: { high: 0.693145751953125, low: 1.428606765330187e-6 },
  f64: { high: 0.6931471805601177, low: -1.7239444525614835e-13 },
} as const;

// Minimax in (1 + r + r^2 P(r)) / e^r - 1, error 2^-28 and 2^-57 (own Remez).
const EXP = {
  f32: [0.49999994, 0.1666652, 0.041668408, 0.0083689215, 0.0013814174],
  f64: [
    0.5000000000000011, 0.16666666666666405, 0.04166666666652701, 0.008333333333498243, 0.0013888888944577887,
    0.0001984126950069496, 2.4801492012088486e-5, 2.755758950774155e-6, 2.7630668661191297e-7, 2.4999750817240448e-8,
  ],
};
// The same, relative to e^r - 1.
const EXPM1 = {
  f32: [0.49999997, 0.16666542, 0.041667204, 0.008366712, 0.0013882593],
  f64: [
    0.5000000000000006, 0.16666666666666588, 0.04166666666657467, 0.008333333333390832, 0.0013888888932308025,
    0.00019841269716956275, 2.4801504322850877e-5, 2.755740848094236e-6, 2.7626435563089336e-7, 2.505381525858867e-8,
  ],
};

/** Where e^x has long become 0 or infinite, with room for a factor 1/2 and for a low part. */
const RANGE = { f32: { low: -107, high: 91 }, f64: { low: -750, high: 712 } };

const EXPONENTS = { f32: { low: -160, high: 130 }, f64: { low: -1100, high: 1030 } };

/** x clamped to the range above; NaN stays. */
const clamp = (x: Expression): Expression => {
  const { low, high } = constantsFor(x, RANGE);
  return min(max(x, low), high);
};

/** y 2^k for any k that fits in twice the exponent range, rounded once: 8 operations. */
export function scale(block: Block, y: Expression, k: Expression): Expression {
  const half = block.let(floor(mul(k, 0.5)));
  return mul(mul(y, pow2(half)), pow2(sub(k, half)));
}

/** e^x 2^shift for any x, NaN and infinities included. */
export function expShifted(block: Block, x: Expression, shift: number): Expression {
  const { k, y } = reduced(block, block.let(clamp(x)));
  return scale(block, y, shift === 0 ? k : block.let(add(k, shift)));
}

/** e^x where the result is normal: one scaling instead of two. */
export function expNormal(block: Block, x: Expression): Expression {
  const { k, y } = reduced(block, x);
  return mul(y, pow2(k));
}

function reduced(block: Block, x: Expression): { k: Expression; y: Expression } {
  const { high, low } = constantsFor(x, LN2);
  const k = block.let(nearest(mul(x, LOG2E)));
  const r = block.let(sub(sub(x, mul(k, high)), mul(k, low)));
  return { k, y: add(1, add(r, mul(mul(r, r), polynomial(r, constantsFor(x, EXP))))) };
}

/** e^x for x <= 0, rounded almost correctly: where the result is used up in a further rounding or two. */
export const expTight = (block: Block, x: Expression): Expression =>
  expSum(block, block.let(max(x, constantsFor(x, RANGE).low)));

/** e^(high + low) with an error hardly above the final rounding, for a power and for e^(-x^2). Any `high`; where it is large, `low` may be garbage. */
export function expPair(block: Block, x: Pair): Expression {
  return expSum(block, block.let(clamp(x.high)), min(max(x.low, -1), 1));
}

/** 1 + r is an exact sum; r^2 P(r) and what else is small is added to its low part. */
function expSum(block: Block, high: Expression, low: Expression | number = 0): Expression {
  const ln2 = constantsFor(high, LN2);
  const k = block.let(nearest(mul(high, LOG2E)));
  const a = block.let(sub(high, mul(k, ln2.high)));
  const b = block.let(typeof low === "number" ? mul(k, -ln2.low) : sub(low, mul(k, ln2.low)));
  const r = block.let(add(a, b));
  const sum = fastSum(block, 1, a);
  const y = add(sum.high, add(sum.low, add(b, mul(mul(r, r), polynomial(r, constantsFor(high, EXP))))));
  return scale(block, y, k);
}

/**
 * e^x. About 30 (f32) or 40 (f64) operations.
 *
 * Largest error measured: f32 0.96 ulp, f64 0.96 ulp.
 */
export const exp: MathFunction = (block, x) => expShifted(block, x as Expression, 0);

/**
 * 2^x, exact for whole x: 2^k e^((x - k) ln 2). About 25 (f32) or 35 (f64) operations.
 *
 * Largest error on the grid of test/math: f32 0.84 ulp, f64 0.65 ulp.
 */
export const exp2: MathFunction = (block, argument) => {
  const x = block.let(min(max(argument as Expression, -1200), 1200));
  const k = block.let(nearest(x));
  const r = block.let(mul(sub(x, k), Math.LN2));
  const y = add(1, add(r, mul(mul(r, r), polynomial(r, constantsFor(x, EXP)))));
  // The scaling takes twice the exponent range.
  const { low, high } = constantsFor(x, EXPONENTS);
  return scale(block, y, block.let(min(max(k, low), high)));
};

/**
 * e^x - 1 = 2^k ((e^r - 1) + (1 - 2^-k)). About 40 (f32) or 50 (f64) operations.
 *
 * Largest error measured: f32 1.24 ulp, f64 1.20 ulp.
 */
export const expm1: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { high, low } = constantsFor(x, LN2);
  // Below -60 the result is -1; the narrow range keeps 2^-k finite.
  const clamped = block.let(min(max(x, -60), constantsFor(x, RANGE).high));
  const k = block.let(nearest(mul(clamped, LOG2E)));
  const a = block.let(sub(clamped, mul(k, high)));
  const b = block.let(mul(k, -low));
  const r = block.let(add(a, b));
  const offset = sub(1, pow2(neg(min(k, 100))));
  const y = add(add(offset, a), add(b, mul(mul(r, r), polynomial(r, constantsFor(x, EXPM1)))));
  // The sign is that of x, also for -0.
  return copysign(scale(block, y, k), x);
};
