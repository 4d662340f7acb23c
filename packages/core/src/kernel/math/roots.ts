import type { Expression } from "../expression.js";
import type { MathFunction } from "./block.js";
import { productOfSplit, split } from "./errorFree.js";
import { expNormal } from "./exponential.js";
import {
  abs,
  add,
  constantsFor,
  copysign,
  div,
  eq,
  floor,
  gt,
  lt,
  max,
  mul,
  ne,
  or,
  pow2,
  select,
  sqrt,
  sub,
} from "./formula.js";
import { logFinite, significand } from "./logarithm.js";

/**
 * The real cube root: with |x| = 2^(3k) r, half of the bits of r^(1/3) from e^(log(r) / 3), then Halley's step
 * y + y (r - y^3) / (r + 2 y^3) (third order) with y^3 exact. About 110 operations.
 *
 * Largest error on the grid of test/math: f32 0.49 ulp, f64 0.50 ulp.
 */
export const cbrt: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const { e, m } = significand(block, a);
  const k = block.let(floor(mul(e, 1 / 3)));
  const r = block.let(mul(m, pow2(sub(e, mul(k, 3)))));
  const guess = block.let(expNormal(block, block.let(mul(logFinite(block, r), 1 / 3))));
  const y = split(block, guess).high;
  const square = block.let(mul(y, y));
  const cube = productOfSplit(block, square, split(block, square), y, { high: y, low: 0 });
  const residual = sub(sub(r, cube.high), cube.low);
  const root = add(y, div(mul(y, residual), add(add(cube.high, cube.high), r)));
  const edge = or(or(eq(a, 0), eq(a, Infinity)), ne(x, x));
  return select(edge, x, copysign(mul(root, pow2(k)), x));
};

// Powers of two that bring squares back into range, and the sizes beyond which they are needed.
const HYPOT = {
  f32: { large: 2 ** 62, small: 2 ** -40, down: 2 ** -66, up: 2 ** 66 },
  f64: { large: 2 ** 510, small: 2 ** -400, down: 2 ** -600, up: 2 ** 600 },
};

/**
 * sqrt(a^2 + b^2) without overflow or underflow on the way; infinite if either is, also beside NaN. About 25 operations.
 *
 * Largest error on the grid of test/math: f32 1.41 ulp, f64 0.82 ulp.
 */
export const hypot: MathFunction = (block, a, b) => {
  const x = block.let(abs(a as Expression));
  const y = block.let(abs(b as Expression));
  const { large, small, down, up } = constantsFor(x, HYPOT);
  const top = block.let(max(x, y));
  const isLarge = block.let(gt(top, large));
  const isSmall = block.let(lt(top, small));
  const factor = block.let(select(isLarge, down, select(isSmall, up, 1, x)));
  const back = select(isLarge, up, select(isSmall, down, 1, x));
  const [p, q] = [block.let(mul(x, factor)), block.let(mul(y, factor))];
  const root = mul(sqrt(add(mul(p, p), mul(q, q))), back);
  return select(or(eq(x, Infinity), eq(y, Infinity)), Infinity, root);
};
