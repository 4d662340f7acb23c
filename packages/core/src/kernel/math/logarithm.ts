import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { exactSum } from "./errorFree.js";
import { LN2 } from "./exponential.js";
import {
  add,
  and,
  constantsFor,
  copysign,
  div,
  eq,
  exponent,
  ge,
  gt,
  lt,
  mantissa,
  min,
  mul,
  neg,
  polynomial,
  pow2,
  select,
  sub,
} from "./formula.js";

/*
 * x = 2^e m with sqrt(1/2) <= m < sqrt(2). With f = m - 1 and s = f / (2 + f), log m = 2 atanh s = 2 s + s z L(z), z = s^2; written
 * f - (f^2 / 2 - s (f^2 / 2 + z L(z))), only small terms are rounded before the last subtraction (the idea of fdlibm's log).
 */
// Minimax in log m, relative: 2^-30 and 2^-59 (own Remez).
const LOG = {
  f32: [0.66666776, 0.3997745, 0.29874423],
  f64: [
    0.6666666666666735, 0.3999999999940749, 0.2857142874414078, 0.2222219837859112, 0.1818357515779304,
    0.1531375598812579, 0.14799063585710492,
  ],
};

// Subnormal arguments are scaled by 2^shift.
const SUBNORMAL = { f32: { below: 2 ** -126, shift: 25 }, f64: { below: 2 ** -1022, shift: 54 } };

/** x = 2^e m, sqrt(1/2) <= m < sqrt(2), for positive finite x, subnormal ones included. */
export function significand(block: Block, x: Expression): { e: Expression; m: Expression } {
  const { below, shift } = constantsFor(x, SUBNORMAL);
  const tiny = block.let(lt(x, below));
  const scaled = block.let(select(tiny, mul(x, 2 ** shift), x));
  return centred(block, scaled, select(tiny, -shift, 0, x));
}

/** The same for a positive normal x; `e` is counted from `e0`. */
function centred(block: Block, x: Expression, e0: Expression | number): { e: Expression; m: Expression } {
  const m = block.let(mantissa(x));
  const high = block.let(gt(m, Math.SQRT2));
  const e = add(add(exponent(x), e0), select(high, 1, 0, x));
  return { e: block.let(e), m: block.let(mul(m, select(high, 0.5, 1, x))) };
}

/** log(1 + f) = f - (h - tail). */
function terms(block: Block, f: Expression): { h: Expression; tail: Expression } {
  const s = block.let(div(f, add(2, f)));
  const z = block.let(mul(s, s));
  const h = block.let(mul(mul(0.5, f), f));
  return { h, tail: mul(s, add(h, mul(z, polynomial(z, constantsFor(f, LOG))))) };
}

/** e ln 2 + log(1 + f). */
function assemble(block: Block, e: Expression, f: Expression): Expression {
  const { high, low } = constantsFor(f, LN2);
  const { h, tail } = terms(block, f);
  return sub(mul(e, high), sub(sub(h, add(tail, mul(e, low))), f));
}

/** log x for positive finite x, subnormal ones included; anything for others. About 40 operations. */
export function logFinite(block: Block, x: Expression): Expression {
  const { e, m } = significand(block, x);
  return assemble(block, e, block.let(sub(m, 1)));
}

/** log(1 + x + low) for x > -1, where low is a small correction of x; keeps neither -0 nor NaN. */
export function log1pFinite(block: Block, x: Expression, low?: Expression): Expression {
  const sum = exactSum(block, 1, x);
  const u = low === undefined ? sum : { high: sum.high, low: block.let(add(sum.low, low)) };
  const { e, m } = centred(block, u.high, 0);
  // 1 + x = u + c exactly; f takes c in, scaled as m is. Where e = 0 this gives f = x.
  return assemble(block, e, block.let(add(sub(m, 1), mul(u.low, pow2(neg(min(e, 100)))))));
}

/** The values at the edges of the domain x >= edge; `finite` inside, NaN below. */
export function withEdges(x: Expression, edge: number, finite: Expression): Expression {
  const upper = select(eq(x, Infinity), x, finite);
  return select(ge(x, edge), select(eq(x, edge), -Infinity, upper), NaN);
}

/**
 * log x. About 40 (f32) or 50 (f64) operations.
 *
 * Largest error measured: f32 0.82 ulp, f64 0.77 ulp.
 */
export const log: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  return withEdges(x, 0, logFinite(block, x));
};

/**
 * log(1 + x). About 50 (f32) or 60 (f64) operations.
 *
 * Largest error measured: f32 1.38 ulp, f64 1.37 ulp.
 */
export const log1p: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  return copysign(withEdges(x, -1, log1pFinite(block, x)), x);
};

/** log(1 + x) - x, from the terms that log1p subtracts from x: no cancellation near 0. About 60 (f32) or 70 (f64) operations. */
export const log1pMinus: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { h, tail } = terms(block, x);
  const far = sub(log1pFinite(block, x), x);
  const near = and(gt(x, -0.29), lt(x, 0.41));
  return select(eq(x, Infinity), -Infinity, withEdges(x, -1, select(near, neg(sub(h, tail)), far)));
};
