import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { type Pair, fastSum, productOfSplit, split } from "./errorFree.js";
import { LN2, expPair } from "./exponential.js";
import {
  abs,
  add,
  and,
  constantsFor,
  copysign,
  div,
  eq,
  floor,
  gt,
  lt,
  max,
  min,
  mul,
  ne,
  or,
  polynomial,
  select,
  sub,
  xor,
} from "./formula.js";
import { significand } from "./logarithm.js";

// 3 atanh(s) / s = 3 + z + z^2 P(z), z = s^2: relative 2^-36.5 and 2^-66 (own Remez).
const LOG_TAIL = {
  f32: [0.6000023, 0.4282056, 0.351315],
  f64: [
    0.6000000000000343, 0.42857142855127534, 0.33333333784042474, 0.2727267616608975, 0.23080154574880496,
    0.19884775887559994, 0.19798829269389676,
  ],
};
// 2/3 = top + bottom + low; top + bottom is a float, and its split.
const TWO_THIRDS = {
  f32: { top: 0.666748046875, bottom: -8.13603401184082e-5, low: -1.9868215517249155e-8 },
  f64: { top: 0.6666666716337204, bottom: -4.967053768289986e-9, low: 3.700743415417188e-17 },
};
/** |log x| >= 2^-24 (2^-53) unless x = 1, so a larger exponent gives 0 or infinity in any case. */
const LARGEST_EXPONENT = { f32: 2 ** 33, f64: 2 ** 65 };

/**
 * log x for positive finite x, as a pair with a relative error of about 2^-64 (2^-35 in f32). With m = 2^-e x and
 * s = (m - 1) / (m + 1): log x = e ln 2 + 2/3 s (3 + z + z^2 P(z)), z = s^2, where all but z^2 P are pairs.
 */
export function logPair(block: Block, x: Expression): Pair {
  const ln2 = constantsFor(x, LN2);
  const { e, m } = significand(block, x);
  const f = block.let(sub(m, 1));

  // The quotient, from its residual; 1 / (m + 1) = (1 - s) / 2.
  const d = fastSum(block, 1, m);
  const s = block.let(div(f, d.high));
  const sHalves = split(block, s);
  const sd = productOfSplit(block, s, sHalves, d.high, split(block, d.high));
  const residual = sub(sub(sub(f, sd.high), sd.low), mul(s, d.low));
  const sLow = block.let(mul(residual, mul(0.5, sub(1, s))));

  const z = productOfSplit(block, s, sHalves, s, sHalves);
  const zLow = add(z.low, mul(mul(2, s), sLow));
  const sum = fastSum(block, 3, z.high);
  const sumLow = add(sum.low, add(zLow, mul(mul(z.high, z.high), polynomial(z.high, constantsFor(x, LOG_TAIL)))));

  const u = productOfSplit(block, s, sHalves, sum.high, split(block, sum.high));
  const uLow = add(u.low, add(mul(s, sumLow), mul(sLow, sum.high)));

  const c = constantsFor(x, TWO_THIRDS);
  const logM = productOfSplit(block, u.high, split(block, u.high), c.top + c.bottom, { high: c.top, low: c.bottom });
  const logMLow = add(logM.low, add(mul(u.high, c.low), mul(uLow, c.top + c.bottom)));

  const total = fastSum(block, block.let(mul(e, ln2.high)), logM.high);
  return fastSum(block, total.high, block.let(add(total.low, add(mul(e, ln2.low), logMLow))));
}

/**
 * x^y as IEEE 754 and C define it: x^0 = 1 and 1^y = 1 also for NaN, x^y for negative x only for integral y. About 200 (f32) or 220 (f64) operations.
 *
 * Largest error measured: f32 0.79 ulp, f64 0.97 ulp; exact powers of integers come out exact.
 */
export const pow: MathFunction = (block, argumentX, argumentY) => {
  const x = block.let(argumentX as Expression);
  const y = block.let(argumentY as Expression);
  const a = block.let(abs(x));
  const largest = constantsFor(x, LARGEST_EXPONENT);
  const p = block.let(min(max(y, -largest), largest));

  const l = logPair(block, a);
  const product = productOfSplit(block, l.high, split(block, l.high), p, split(block, p));
  const regular = expPair(block, { high: product.high, low: add(product.low, mul(l.low, p)) });

  // The pairs would turn a logarithm of infinity into NaN.
  const edge = or(eq(a, 0), eq(a, Infinity));
  const atEdge = select(xor(gt(a, 1), lt(y, 0)), Infinity, 0, x);
  const magnitude = block.let(select(edge, atEdge, regular));

  const half = block.let(mul(y, 0.5));
  const whole = block.let(floor(y));
  const odd = and(eq(whole, y), ne(floor(half), half));
  const signed = select(odd, copysign(magnitude, x), magnitude);
  const noRoot = and(and(lt(x, 0), gt(x, -Infinity)), ne(whole, y));
  const undefinedHere = or(noRoot, or(ne(x, x), ne(y, y)));
  return select(or(eq(y, 0), eq(x, 1)), 1, select(undefinedHere, NaN, signed));
};
