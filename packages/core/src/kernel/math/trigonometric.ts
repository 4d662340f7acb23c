import type { Expression } from "../expression.js";
import { subtractHalfTurns } from "./argumentReduction.js";
import type { Block, MathFunction } from "./block.js";
import { type Pair, fastSum } from "./errorFree.js";
import { add, constantsFor, div, eq, floor, max, min, mul, ne, nearest, polynomial, select, sub } from "./formula.js";

// On |r| <= pi / 4, z = r^2: sin r = r + r z P(z), 2^-27 and 2^-57; cos r = 1 - z / 2 + z^2 P(z), 2^-31 and 2^-60 (own Remez).
const SIN = {
  f32: [-0.16666655, 0.008332158, -0.00019514958],
  f64: [
    -0.1666666666666663, 0.008333333333322078, -0.00019841269829552977, 2.7557313607454576e-6, -2.5050745404179263e-8,
    1.5896084232980145e-10,
  ],
};
const COS = {
  f32: [0.041666646, -0.0013887365, 2.4438106e-5],
  f64: [
    0.0416666666666666, -0.001388888888887407, 2.480158728944611e-5, -2.755731434119294e-7, 2.0875721673739824e-9,
    -1.1359561062778558e-11,
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

/** sin(r + quadrant pi/2), r a pair within -pi/4 ... pi/4. */
function sinInQuadrant(block: Block, { high, low }: Pair, quadrant: Expression): Expression {
  const z = block.let(mul(high, high));
  const half = block.let(mul(z, 0.5));
  const sine = block.let(
    add(high, add(mul(mul(high, z), polynomial(z, constantsFor(z, SIN))), mul(low, sub(1, half)))),
  );
  // 1 - z / 2 and its rounding error, then the small terms.
  const top = block.let(sub(1, half));
  const small = sub(mul(mul(z, z), polynomial(z, constantsFor(z, COS))), mul(high, low));
  const cosine = block.let(add(top, add(sub(sub(1, top), half), small)));

  const turn = block.let(mul(quadrant, 0.5));
  const halfTurns = block.let(floor(turn));
  const y = select(ne(turn, halfTurns), cosine, sine);
  // (-1)^halfTurns
  const turns = block.let(mul(halfTurns, 0.5));
  const sign = sub(1, mul(sub(turns, floor(turns)), 4));
  // Only the garbage of huge arguments lies outside.
  return min(max(mul(y, sign), -1), 1);
}

/** n, the integer nearest to x / (pi/2), and x - n pi/2. */
function quadrants(block: Block, x: Expression): { n: Expression; r: Pair } {
  const n = block.let(nearest(mul(x, 2 / Math.PI)));
  return { n, r: subtractHalfTurns(block, x, block.let(mul(n, 0.5))) };
}

/**
 * sin x, from sin or cos of x - n pi/2. About 75 (f32) or 80 (f64) operations.
 *
 * Largest error measured: f32 0.84 ulp for |x| < 1e5, f64 0.78 ulp for |x| < 1.6e9. Beyond, an absolute error of about 1 ulp(x), within -1 ... 1.
 */
export const sin: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { n, r } = quadrants(block, x);
  return select(eq(x, 0), x, sinInQuadrant(block, r, n));
};

/**
 * cos x = sin(x + pi/2). About 75 (f32) or 75 (f64) operations.
 *
 * Largest error measured: f32 0.84 ulp for |x| < 1e5, f64 0.81 ulp for |x| < 1.6e9. Beyond, an absolute error of about 1 ulp(x), within -1 ... 1.
 */
export const cos: MathFunction = (block, argument) => {
  const { n, r } = quadrants(block, block.let(argument as Expression));
  return sinInQuadrant(block, r, add(n, 1));
};

/**
 * tan x = tan r or -1 / tan r, r = x - n pi / 2. About 70 (f32) or 70 (f64) operations.
 *
 * Largest error measured: f32 1.42 ulp for |x| < 5e4, f64 1.28 ulp for |x| < 8e8. Beyond, the argument is wrong by about 1 ulp(x).
 */
export const tan: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const { n, r } = quadrants(block, x);
  const { high, low } = r;
  const z = block.let(mul(high, high));
  const rest = add(mul(mul(high, z), polynomial(z, constantsFor(x, TAN))), mul(low, add(1, z)));
  const tangent = fastSum(block, high, block.let(rest));
  // -1 / (t + d) = q + d q^2 with q = -1 / t.
  const q = block.let(div(-1, tangent.high));
  const cotangent = add(q, mul(mul(tangent.low, q), q));
  const h = block.let(mul(n, 0.5));
  const y = select(ne(floor(h), h), cotangent, tangent.high);
  return select(eq(x, 0), x, y);
};
