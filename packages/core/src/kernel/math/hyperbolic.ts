import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { expNormal, expShifted } from "./exponential.js";
import { abs, add, constantsFor, copysign, div, lt, min, mul, polynomial, select, sub } from "./formula.js";

// Odd minimax polynomials, f(x) = x + x z P(z), z = x^2 (own Remez). tanh on |x| <= 9/16: 2^-29, 2^-54.7; sinh on |x| <= 1: 2^-25, 2^-63.
const TANH = {
  f32: [-0.33333313, 0.1333245, -0.05383714, 0.021006143, -0.006177833],
  f64: [
    -0.33333333333331766, 0.13333333333091524, -0.053968253838908894, 0.021869485101964167, -0.008863182964300581,
    0.0035916279352025595, -0.0014527688943627621, 0.0005778242449101256, -0.0002081823562250246, 4.9572145940513064e-5,
  ],
};
const SINH = {
  f32: [0.16666667, 0.0083333505, 0.0001983615, 2.817013e-6],
  f64: [
    0.16666666666666669, 0.008333333333333146, 0.00019841269841432672, 2.7557319156807112e-6, 2.5052123180556843e-8,
    1.605725622855944e-10, 7.758859812582869e-13,
  ],
};

function odd(block: Block, x: Expression, coefficients: readonly number[]): Expression {
  const z = block.let(mul(x, x));
  return add(x, mul(x, mul(z, polynomial(z, coefficients))));
}

/** e^|x| / 2, finite wherever cosh x is. */
const halfExp = (block: Block, a: Expression): Expression => block.let(expShifted(block, a, -1));

/**
 * sinh x: a polynomial for |x| < 1, else h - 1 / (4 h) with h = e^|x| / 2. About 50 (f32) or 65 (f64) operations.
 *
 * Largest error measured: f32 1.62 ulp, f64 1.56 ulp.
 */
export const sinh: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const h = halfExp(block, a);
  const large = sub(h, div(0.25, h));
  return copysign(select(lt(a, 1), odd(block, a, constantsFor(x, SINH)), large), x);
};

/**
 * cosh x = h + 1 / (4 h) with h = e^|x| / 2. About 35 (f32) or 45 (f64) operations.
 *
 * Largest error measured: f32 1.43 ulp, f64 1.41 ulp.
 */
export const cosh: MathFunction = (block, x) => {
  const h = halfExp(block, block.let(abs(x as Expression)));
  return add(h, div(0.25, h));
};

// tanh is 1 to the last bit beyond.
const SATURATED = { f32: 10, f64: 20 };

/**
 * tanh x: a polynomial for |x| < 0.55, else 1 - 2 / (e^(2|x|) + 1). About 45 (f32) or 65 (f64) operations.
 *
 * Largest error measured: f32 1.44 ulp, f64 1.41 ulp.
 */
export const tanh: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(min(abs(x), constantsFor(x, SATURATED)));
  const large = sub(1, div(2, add(expNormal(block, block.let(add(a, a))), 1)));
  return copysign(select(lt(a, 0.55), odd(block, a, constantsFor(x, TANH)), large), x);
};
