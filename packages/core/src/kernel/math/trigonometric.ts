import type { Expression } from "../expression.js";
import { subtractHalfTurns } from "./argumentReduction.js";
import type { Block, MathFunction } from "./block.js";
import type { Pair } from "./errorFree.js";
import { add, constantsFor, div, eq, floor, max, min, mul, ne, nearest, neg, polynomial, select, sub } from "./formula.js";

// sin r = r + r z P(z), z = r^2, on |r| <= pi / 2: 2^-27, 2^-61.6 (own Remez).
const SIN_HALF_TURN = {
  f32: [-0.16666667, 0.008333331, -0.00019840867, 2.7525325e-6, -2.3887806e-8],
  f64: [
    -0.16666666666666666, 0.008333333333333193, -0.00019841269841208898, 2.7557319211080037e-6, -2.5052106867363077e-8,
    1.6058939422785423e-10, -7.642983877150685e-13, 2.721092330425839e-15,
  ],
};
// On |r| <= pi / 4: sin as above, and cos r = 1 - z / 2 + z^2 P(z).
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
 * tan x: sin r / cos r or -cos r / sin r, r = x - n pi / 2. About 75 operations.
 *
 * Largest error measured: f32 0.0 ulp for |x| < 5e4, f64 0.0 ulp for |x| < 8e8. Beyond, the argument is wrong by about 2 ulp(x).
 */
export const tan: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const n = block.let(nearest(mul(x, 2 / Math.PI)));
  const h = block.let(mul(n, 0.5));
  const { high, low } = subtractHalfTurns(block, x, h);
  const z = block.let(mul(high, high));
  const half = block.let(mul(z, 0.5));
  const s = add(high, add(mul(mul(high, z), polynomial(z, constantsFor(x, SIN))), mul(low, sub(1, half))));
  // 1 - z/2 and its rounding error, then the small terms.
  const top = block.let(sub(1, half));
  const tail = sub(mul(mul(z, z), polynomial(z, constantsFor(x, COS))), mul(high, low));
  const c = block.let(add(top, add(sub(sub(1, top), half), tail)));
  const sine = block.let(s);
  const odd = block.let(ne(floor(h), h));
  return select(eq(x, 0), x, div(select(odd, neg(c), sine), select(odd, sine, c)));
};
