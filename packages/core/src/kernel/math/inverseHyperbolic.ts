import type { Expression } from "../expression.js";
import type { MathFunction } from "./block.js";
import { exactSum, fastSum, productOfSplit, split } from "./errorFree.js";
import { abs, add, constantsFor, copysign, div, eq, gt, lt, min, mul, select, sqrt, sub } from "./formula.js";
import { log1pFinite } from "./logarithm.js";

/*
 * By log1p of an argument that carries a low part, so that only log1p's own error remains.
 */

// Beyond, x^2 +- 1 is x^2 and asinh x = acosh x = log x + log 2.
const LARGE = { f32: 2 ** 30, f64: 2 ** 60 };

/**
 * asinh x = log1p(a + a^2 / (1 + sqrt(1 + a^2))), a = |x|, with the sign of x. About 90 operations.
 *
 * Largest error on the grid of test/math: f32 1.03 ulp, f64 0.73 ulp.
 */
export const asinh: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const large = block.let(gt(a, constantsFor(x, LARGE)));
  const b = block.let(select(large, 1, a));
  const square = block.let(mul(b, b));
  const sum = fastSum(block, b, block.let(div(square, add(1, sqrt(add(1, square))))));
  const log = log1pFinite(block, block.let(select(large, a, sum.high)), block.let(select(large, 0, sum.low)));
  const y = add(log, select(large, Math.LN2, 0, x));
  return copysign(select(eq(a, Infinity), Infinity, select(eq(a, a), y, a)), x);
};

/**
 * acosh x = log1p(d + sqrt(d (d + 2))), d = x - 1, the root with what rounding left of it. About 110 operations.
 *
 * Largest error on the grid of test/math: f32 0.84 ulp, f64 0.73 ulp.
 */
export const acosh: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const large = block.let(gt(x, constantsFor(x, LARGE)));
  const d = exactSum(block, -1, block.let(select(large, 2, x)));
  const twice = block.let(add(d.high, 2));
  const v = productOfSplit(block, d.high, split(block, d.high), twice, split(block, twice));
  const root = block.let(sqrt(v.high));
  const halves = split(block, root);
  const back = productOfSplit(block, root, halves, root, halves);
  const rest = div(add(sub(sub(v.high, back.high), back.low), v.low), add(root, root));
  const sum = exactSum(block, d.high, root);
  const low = add(add(sum.low, d.low), select(eq(root, 0), 0, rest));
  const log = log1pFinite(block, block.let(select(large, x, sum.high)), block.let(select(large, 0, low)));
  const y = select(eq(x, 1), 0, add(log, select(large, Math.LN2, 0, x)));
  return select(eq(x, Infinity), x, select(lt(x, 1), NaN, select(eq(x, x), y, x)));
};

/**
 * atanh x = log1p(2 a / (1 - a)) / 2, a = |x|, with the sign of x. About 95 operations.
 *
 * Largest error on the grid of test/math: f32 1.24 ulp, f64 0.89 ulp.
 */
export const atanh: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(min(abs(x), 1));
  const d = fastSum(block, 1, block.let(mul(a, -1)));
  const twice = block.let(add(a, a));
  const q = block.let(div(twice, d.high));
  const back = productOfSplit(block, q, split(block, q), d.high, split(block, d.high));
  const rest = div(sub(sub(sub(twice, back.high), back.low), mul(q, d.low)), d.high);
  // Below, the products underflow, and atanh x = x.
  const tiny = lt(a, 1e-9);
  const y = select(tiny, a, mul(log1pFinite(block, q, block.let(select(tiny, 0, rest))), 0.5));
  const edge = select(eq(a, 1), Infinity, y);
  return copysign(select(gt(abs(x), 1), NaN, select(eq(x, x), edge, x)), x);
};
