import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import {
  abs,
  add,
  constantsFor,
  copysign,
  div,
  eq,
  gt,
  lt,
  max,
  min,
  mul,
  polynomial,
  select,
  sqrt,
  sub,
} from "./formula.js";

// asin x = x + x z P(z), z = x^2, on |x| <= 1/2: 2^-27.6, 2^-55.9 (own Remez).
const ASIN = {
  f32: [0.16666754, 0.07495278, 0.04547317, 0.024164202, 0.04219471],
  f64: [
    0.16666666666665392, 0.07500000000341361, 0.04464285682459209, 0.03038195929643402, 0.022371754109984553,
    0.01735976579820586, 0.013884617865235038, 0.012173357147644018, 0.006509676856154349, 0.019579303651806487,
    -0.016305787026726765, 0.031969108740772405,
  ],
};
// atan t = t + t z P(z), z = t^2, on |t| <= 1/2: 2^-27.5, 2^-57.8 (own Remez).
const ATAN = {
  f32: [-0.33333233, 0.19994211, -0.14174776, 0.10158658, -0.051300015],
  f64: [
    -0.33333333333332976, 0.19999999999902224, -0.14285714276308648, 0.11111110656302477, -0.09090896161548481,
    0.07692072613148423, -0.06663797372446471, 0.05858209449112242, -0.05121608676527231, 0.041853912149881774,
    -0.027417089912152155, 0.01010434856990215,
  ],
};
// high is rounded to 51 (22) bits, so that its multiples up to 4 are exact.
const QUARTER_PI = {
  f32: { high: 0.7853982448577881, low: -8.146034247147327e-8 },
  f64: { high: 0.7853981633974483, low: 3.061616997868383e-17 },
};

interface ArcSine {
  /** |x| > 1/2: then `s` and `p` belong to sqrt((1 - |x|) / 2), for asin |x| = pi/2 - 2 asin sqrt((1 - |x|) / 2). */
  readonly large: Expression;
  /** asin of the reduced argument is s + p. */
  readonly s: Expression;
  readonly p: Expression;
}

function arcSine(block: Block, a: Expression): ArcSine {
  const large = block.let(gt(a, 0.5));
  const z = block.let(select(large, mul(sub(1, a), 0.5), mul(a, a)));
  const s = block.let(select(large, sqrt(z), a));
  return { large, s, p: block.let(mul(s, mul(z, polynomial(z, constantsFor(a, ASIN))))) };
}

/**
 * asin x, NaN outside -1 ... 1. About 30 (f32) or 45 (f64) operations.
 *
 * Largest error measured: f32 1.34 ulp, f64 1.37 ulp.
 */
export const asin: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { high, low } = constantsFor(x, QUARTER_PI);
  const { large, s, p } = arcSine(block, block.let(abs(x)));
  // pi/4 - 2 s is almost exact, pi/2 - 2 s would be rounded.
  const fromTop = add(high, sub(sub(high, add(s, s)), sub(add(p, p), 2 * low)));
  return copysign(select(large, fromTop, add(s, p)), x);
};

/**
 * acos x: pi/2 - asin x, 2 asin sqrt((1 - x) / 2) or pi minus that of -x. NaN outside -1 ... 1. About 35 (f32) or 50 (f64) operations.
 *
 * Largest error measured: f32 1.15 ulp, f64 1.19 ulp.
 */
export const acos: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { high, low } = constantsFor(x, QUARTER_PI);
  const { large, s, p } = arcSine(block, block.let(abs(x)));
  // acos x = quarters pi/4 + scale (s + p)
  const signed = block.let(copysign(1, x));
  const scale = block.let(select(large, add(signed, signed), sub(0, signed)));
  const quarters = block.let(select(large, sub(2, add(signed, signed)), 2));
  return add(mul(quarters, high), add(mul(scale, s), add(mul(scale, p), mul(quarters, low))));
};

/** quarters pi/4 + atan(numerator / denominator), the quotient within -1/2 ... 1/2, negated if `flip` is -1. */
function arcTangent(
  block: Block,
  numerator: Expression,
  denominator: Expression,
  quarters: Expression,
  flip?: Expression,
): Expression {
  const { high, low } = constantsFor(quarters, QUARTER_PI);
  const t = block.let(flip === undefined ? div(numerator, denominator) : mul(div(numerator, denominator), flip));
  const z = block.let(mul(t, t));
  const tail = mul(t, mul(z, polynomial(z, constantsFor(t, ATAN))));
  return add(mul(quarters, high), add(t, add(tail, mul(quarters, low))));
}

/**
 * atan x, with pi/4 + atan((x - 1) / (x + 1)) from 1/2 and pi/2 - atan(1 / x) from 2 on, where x - 1 is exact. About 30 (f32) or 45 (f64) operations.
 *
 * Largest error measured: f32 1.37 ulp, f64 1.32 ulp.
 */
export const atan: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const middle = block.let(gt(a, 0.5));
  const large = block.let(gt(a, 2));
  const numerator = select(large, -1, select(middle, sub(a, 1), a));
  const denominator = select(large, a, select(middle, add(a, 1), 1));
  const quarters = block.let(select(large, 2, select(middle, 1, 0, x)));
  return copysign(arcTangent(block, numerator, denominator, quarters), x);
};

const EXTREMES = {
  f32: { tiniest: 2 ** -149, huge: 2 ** 120 },
  f64: { tiniest: Number.MIN_VALUE, huge: 2 ** 1000 },
};

/**
 * The angle of the point (x, y), from -pi to pi, as IEEE 754 defines it at zeros and infinities. About 50 (f32) or 65 (f64) operations.
 *
 * Largest error measured: f32 1.50 ulp, f64 1.47 ulp.
 */
export const atan2: MathFunction = (block, argumentY, argumentX) => {
  const y = block.let(argumentY as Expression);
  const x = block.let(argumentX as Expression);
  const { tiniest, huge } = constantsFor(x, EXTREMES);
  const b0 = block.let(abs(y));
  const a0 = block.let(abs(x));
  // Scaled down if the sum could overflow; the smaller one may then underflow, where the angle does as well.
  const factor = block.let(select(gt(max(a0, b0), huge), 2 ** -8, 1, x));
  // Two infinities count as equal.
  const infinite = block.let(eq(min(a0, b0), Infinity));
  const a = block.let(select(infinite, 1, mul(a0, factor)));
  const b = block.let(select(infinite, 1, mul(b0, factor)));
  const middle = block.let(gt(add(b, b), a));
  const large = block.let(gt(b, add(a, a)));
  const numerator = select(large, sub(0, a), select(middle, sub(b, a), b));
  const denominator = max(select(large, b, select(middle, add(b, a), a)), tiniest);
  const octant = block.let(select(large, 2, select(middle, 1, 0, x)));
  // In the left half plane pi - angle.
  const side = block.let(copysign(1, x));
  const quarters = block.let(select(lt(side, 0), sub(4, octant), octant));
  return copysign(arcTangent(block, numerator, denominator, quarters, side), y);
};
