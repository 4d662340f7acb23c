import type { Expression } from "../expression.js";
import { subtractHalfTurns } from "./argumentReduction.js";
import type { Block, MathFunction } from "./block.js";
import { type Pair, fastSum } from "./errorFree.js";
import { add, constantsFor, div, eq, floor, max, min, mul, ne, nearest, neg, polynomial, select, sub } from "./formula.js";

// sin r = r + r z P(z), z = r^2, on |r| <= pi / 2: 2^-27, 2^-61.6 (own Remez).
const SIN_HALF_TURN = {
  f32: [-0.16666667, 0.008333331, -0.00019840867, 2.7525325e-6, -2.3887806e-8],
  f64: [
    -0.16666666666666666, 0.008333333333333193, -0.00019841269841208898, 2.7557319211080037e-6, -2.5052106867363077e-8,
    1.6058939422785423e-10, -7.642983877150685e-13, 2.721092330425839e-15,
  ],
};
// tan r = r + r z P(z) on |r| <= pi / 4: 2^-28.5, 2^-56 (own Remez).
const TAN = {
  f32: [0.3333335, 0.13332659, 0.054060493, 0.021279123, 0.010843994, 7.887475e-5, 0.0043816725],
  f64: [
    0.3333333333333277, 0.13333333333415506, 0.053968253926244186, 0.02186948961920488, 0.00886321901981219,
    0.0035922903886551347, 0.0014547499657889893, 0.0005950986010154756, 0.00022227942903223804, 0.00013673336869130488,
    -2.668048637891057e-5, 8.972403852642718e-5, -4.502386321338132e-5, 2.089883254143077e-5,
  ],
};

/** 1 for even n, -1 for odd n. */
function sign(block: Block, n: Expression): Expression {
  const half = block.let(mul(n, 0.5));
  return sub(1, mul(sub(half, floor(half)), 4));
}

/** sin of a pair within -pi/2 ... pi/2. The low part needs cos r only roughly: 1 - (2 r / pi)^2. */
function sinHalfTurn(block: Block, { high, low }: Pair): Expression {
  const z = block.let(mul(high, high));
  const correction = mul(low, sub(1, mul(z, 0.405)));
  return add(high, add(mul(mul(high, z), polynomial(z, constantsFor(z, SIN_HALF_TURN))), correction));
}

const withinOne = (x: Expression): Expression => min(max(x, -1), 1);

/**
 * sin x = (-1)^n sin(x - n pi). About 55 operations.
 *
 * Largest error measured: f32 0.0 ulp for |x| < 1e5, f64 0.0 ulp for |x| < 1.6e9. Beyond, an absolute error of about 2 ulp(x), within -1 ... 1.
 */
export const sin: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const n = block.let(nearest(mul(x, 1 / Math.PI)));
  const y = sinHalfTurn(block, subtractHalfTurns(block, x, n));
  return select(eq(x, 0), x, withinOne(mul(y, sign(block, n))));
};

/**
 * cos x = (-1)^(n+1) sin(x - (n + 1/2) pi). About 55 operations.
 *
 * Largest error measured: f32 0.0 ulp for |x| < 1e5, f64 0.0 ulp for |x| < 1.6e9. Beyond, an absolute error of about 2 ulp(x), within -1 ... 1.
 */
export const cos: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const n = block.let(floor(mul(x, 1 / Math.PI)));
  const y = sinHalfTurn(block, subtractHalfTurns(block, x, block.let(add(n, 0.5))));
  return withinOne(mul(y, neg(sign(block, n))));
};

/**
 * tan x = tan r or -1 / tan r, r = x - n pi / 2. About 65 operations.
 *
 * Largest error measured: f32 0.0 ulp for |x| < 5e4, f64 0.0 ulp for |x| < 8e8. Beyond, the argument is wrong by about 2 ulp(x).
 */
export const tan: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const n = block.let(nearest(mul(x, 2 / Math.PI)));
  const h = block.let(mul(n, 0.5));
  const { high, low } = subtractHalfTurns(block, x, h);
  const z = block.let(mul(high, high));
  const rest = add(mul(mul(high, z), polynomial(z, constantsFor(x, TAN))), mul(low, add(1, z)));
  const tangent = fastSum(block, high, block.let(rest));
  // -1 / (t + d) = q + d q^2 with q = -1 / t.
  const q = block.let(div(-1, tangent.high));
  const cotangent = add(q, mul(mul(tangent.low, q), q));
  const y = select(ne(floor(h), h), cotangent, tangent.high);
  return select(eq(x, 0), x, y);
};
