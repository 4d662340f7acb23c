import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { scaledTail } from "./errorFunction.js";
import {
  abs,
  add,
  constantsFor,
  copysign,
  div,
  eq,
  gt,
  lt,
  min,
  mul,
  neg,
  polynomial,
  select,
  sqrt,
  sub,
} from "./formula.js";
import { logFinite } from "./logarithm.js";

/*
 * The regions and variables of Wichura (1988, AS 241) with rational functions of our own (interpolation at Chebyshev nodes):
 * erfinv x = x A(x^2) for |x| < 3/4, error 2^-26 and 2^-52.7; B(v), v = sqrt(-log((1 - |x|) / 2)), for the rest, 2^-25 and 2^-50.6. Since
 * 1 - |x| >= 2^-53 (2^-24) the tail ends at v = 6.12 (4.17), and one piece is enough. Each is { numerator, denominator } in x^2 - 9/16 and v - 3/2.
 */
const A = {
  f32: {
    numerator: [1.0845597982406616, -2.7461726665496826, 1.5467551946640015, -0.11024641245603561],
    denominator: [1, -3.0508086681365967, 2.389448881149292, -0.38815468549728394],
  },
  f64: {
    numerator: [
      1.0845597967968246, -6.545563001275295, 14.642389381591563, -14.96508612700129, 6.935042508813897,
      -1.2313311357498968, 0.04626125141574419, 0.0005118714396815042,
    ],
    denominator: [
      1, -6.553973631717183, 16.281267919342294, -19.122091730537512, 10.786808178005323, -2.616050280817021,
      0.19336588186820738,
    ],
  },
};
const B = {
  f32: {
    numerator: [0.884854257106781, 2.216423988342285, 1.5967118740081787, 0.41434934735298157, 0.03218840807676315],
    denominator: [1, 1.11904776096344, 0.3668408691883087, 0.03217499703168869],
  },
  f64: {
    numerator: [
      0.8848542839294997, 3.2343377876246597, 4.556119914505006, 3.355386071798588, 1.4485787765182032,
      0.38260965966464705, 0.06116219973175825, 0.005500825490770486, 0.00023658055189064233, 3.3709559078480047e-6,
    ],
    denominator: [
      1, 2.2694221299016117, 2.1171690718689504, 1.060457703113182, 0.3112366391888744, 0.05396295972843637,
      0.0051641558976676764, 0.00023153828407320308, 3.370906172655001e-6,
    ],
  },
};

/**
 * The inverse of erf: infinite at -1 and 1, NaN beyond. About 80 (f32) or 125 (f64) operations.
 *
 * Largest error measured: f32 4.6 ulp, f64 7.3 ulp.
 */
export const erfinv: MathFunction = (block, argument) => {
  const x = block.let(argument as Expression);
  const a = block.let(abs(x));
  const central = constantsFor(x, A);
  const outer = constantsFor(x, B);
  const z = block.let(sub(mul(a, a), 0.5625));
  const v = block.let(sub(sqrt(neg(logFinite(block, block.let(mul(sub(1, a), 0.5))))), 1.5));
  const inside = block.let(lt(a, 0.75));
  const numerator = select(inside, mul(a, polynomial(z, central.numerator)), polynomial(v, outer.numerator));
  const denominator = select(inside, polynomial(z, central.denominator), polynomial(v, outer.denominator));
  const y = div(numerator, denominator);
  return copysign(select(lt(a, 1), y, select(eq(a, 1), Infinity, NaN, x)), x);
};

/** erfc y = 2 p for 0 < p < 1/8: B, or below its range three steps of Newton's method on log erfc y = log erfcx y - y^2. */
function upperTail(block: Block, p: Expression): Expression {
  const { numerator, denominator } = constantsFor(p, B);
  const log = block.let(logFinite(block, p));
  const v = block.let(sub(sqrt(neg(log)), 1.5));
  const target = block.let(add(log, Math.LN2));
  const square = block.let(neg(target));
  let y: Expression = sqrt(sub(square, mul(0.5, logFinite(block, block.let(mul(square, Math.PI))))));
  for (let step = 0; step < 3; step++) {
    y = block.let(y);
    const e = block.let(scaledTail(block, y));
    const f = sub(sub(logFinite(block, e), mul(y, y)), target);
    y = add(y, mul(mul(f, e), Math.sqrt(Math.PI) / 2));
  }
  return select(lt(v, constantsFor(p, B_END)), div(polynomial(v, numerator), polynomial(v, denominator)), y);
}
// The largest v - 3/2 that B was made for.
const B_END = { f32: 2.6, f64: 4.6 };

/**
 * The quantile function of the normal distribution: infinite at 0 and 1, NaN beyond. About 350 (f32) or 480 (f64) operations.
 */
export const ndtri: MathFunction = (block, argument) => {
  const p = block.let(argument as Expression);
  const central = constantsFor(p, A);
  const d = block.let(sub(p, 0.5));
  const x = block.let(add(d, d));
  const z = block.let(sub(mul(x, x), 0.5625));
  const near = mul(x, div(polynomial(z, central.numerator), polynomial(z, central.denominator)));
  const q = block.let(min(p, sub(1, p)));
  const far = copysign(upperTail(block, block.let(min(q, 0.125))), d);
  const y = mul(select(lt(abs(x), 0.75), near, far), Math.SQRT2);
  return select(gt(q, 0), y, select(eq(q, 0), copysign(Infinity, d), NaN));
};
