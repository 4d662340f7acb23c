import type { Primitive, Tangent } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, type Local, constant, read } from "../kernel/expression.js";
import {
  abs,
  add,
  and,
  copysign,
  div,
  eq,
  ge,
  gt,
  le,
  lt,
  max,
  min,
  mul,
  neg,
  or,
  polynomial,
  select,
  sqrt,
  sub,
} from "../kernel/math/formula.js";
import { log, exp, erfc, expm1, lgamma, digamma, log1pMinus } from "../kernel/math/index.js";
import { lgammaOnePlus } from "../kernel/math/gamma.js";
import type { Tensor } from "../tensor/tensor.js";
import { div as divide, sub as subtract } from "./arithmetic.js";
import { add as plus, like, mul as times, neg as negative } from "./basis.js";
import { type Jet, type Program, jetAdd, jetMul, jetReciprocal, jetVariables, loopPrimitive } from "./elementLoop.js";
import { apply } from "./elementary.js";
import { STIRLING } from "./lgammaCorrection.js";

/*
 * The incomplete gamma functions P(a, x) and Q = 1 - P, the density x^(a-1) e^-x / Gamma(a), dP/da, and the derivative of a gamma variate with respect to its
 * shape, -(dP/da) / density (Figurnov, Mohamed & Mnih 2018, Implicit reparameterization gradients). Derivatives in a come from the same series and fraction,
 * each coefficient carried together with its derivative (as Moore 1982, Algorithm AS 187).
 */
export type IncompleteGamma = "lower" | "upper" | "density" | "shape" | "sample";

const f64 = (x: number): Expression => constant("f64", x);
const EPSILON = 1e-17;
/** From here on by the uniform asymptotic expansion: series and fraction take some multiple of sqrt(a) terms. */
const UNIFORM = 1e6;
/** Not reached: both converge earlier. */
const MOST_STEPS = 100_000;

/** lgamma a - Stirling's formula, for a >= 10. */
export function stirlingRest(p: Program, a: Expression): Expression {
  const inverse = p.let(div(1, a));
  return p.let(mul(inverse, polynomial(p.let(mul(inverse, inverse)), STIRLING)));
}

/** x^a e^-x / Gamma(a + 1) */
function prefactor(p: Program, a: Expression, x: Expression): Expression {
  const result = p.variable(f64(0));
  p.branch(
    lt(a, 10),
    (q) => q.set(result, exp(q, sub(sub(mul(a, log(q, x)), x), lgamma(q, add(a, 1))))),
    // a log(x / a) - (x - a) = a (log(1 + m) - m), m = (x - a) / a
    (q) => {
      const m = q.let(div(sub(x, a), a));
      const exponent = sub(mul(a, log1pMinus(q, m)), stirlingRest(q, a));
      q.set(result, div(exp(q, exponent), sqrt(mul(a, 2 * Math.PI))));
    },
  );
  return read(result);
}

function element(of: IncompleteGamma, p: Program, [a0, x0]: Expression[]): Expression {
  const valid = p.let(and(and(gt(a0, 0), lt(a0, Infinity)), and(ge(x0, 0), lt(x0, Infinity))));
  const a = p.let(select(valid, a0, 1));
  const x = p.let(max(select(valid, x0, 1), Number.MIN_VALUE));
  const result = p.variable(f64(0));
  if (of === "density") {
    p.branch(
      lt(a, 10),
      (q) => q.set(result, exp(q, sub(sub(mul(sub(a, 1), log(q, x)), x), lgamma(q, a)))),
      (q) => q.set(result, mul(prefactor(q, a, x), div(a, x))),
    );
    const atZero = select(lt(a0, 1), Infinity, select(eq(a0, 1), 1, 0, a));
    return select(valid, select(eq(x0, 0), atZero, read(result)), limit(of, a0, x0));
  }
  p.branch(
    le(x, 1),
    (q) => nearZero(of, q, a, x, result),
    (q) =>
      q.branch(
        gt(a, UNIFORM),
        (r) => uniform(of, r, a, x, result),
        (r) =>
          r.branch(
            le(x, a),
            (t) => series(of, t, a, x, result),
            (t) => fraction(of, t, a, x, result),
          ),
      ),
  );
  return select(valid, select(eq(x0, 0), of === "upper" ? 1 : 0, read(result)), limit(of, a0, x0));
}

/** At infinite arguments and at a = 0 as SciPy; NaN for negative ones. */
function limit(of: IncompleteGamma, a: Expression, x: Expression): Expression {
  const inside = and(ge(a, 0), ge(x, 0));
  const [low, high] = of === "lower" ? [0, 1] : of === "upper" ? [1, 0] : [0, 0];
  const both = or(and(eq(a, 0), eq(x, 0)), and(eq(a, Infinity), eq(x, Infinity)));
  const value = select(or(eq(a, 0), eq(x, Infinity)), high, low, a);
  return select(inside, select(both, NaN, value), NaN);
}

/** x <= 1: P = e^w (1 + s), w = a log x - lgamma(a + 1), s = a sum of (-x)^n / ((a + n) n!). */
function nearZero(of: IncompleteGamma, p: Program, a: Expression, x: Expression, result: Local): void {
  const n = p.variable(f64(1));
  const power = p.variable(f64(1));
  const sum = p.variable(f64(0));
  const slope = p.variable(f64(0));
  p.repeat(
    () => lt(read(n), 22),
    (q) => {
      q.set(power, mul(read(power), neg(div(x, read(n)))));
      const r = q.let(div(1, add(a, read(n))));
      const term = q.let(mul(read(power), r));
      q.set(sum, add(read(sum), term));
      q.set(slope, sub(read(slope), mul(term, r)));
      q.set(n, add(read(n), 1));
    },
  );
  const l = p.let(log(p, x));
  const s = p.let(mul(a, read(sum)));
  const w = p.let(sub(mul(a, l), lgammaOnePlus(p, a)));
  if (of === "lower") return p.set(result, mul(exp(p, w), add(1, s)));
  if (of === "upper") return p.set(result, sub(neg(expm1(p, w)), mul(exp(p, w), s)));
  const rest = add(mul(sub(l, digamma(p, p.let(add(a, 1)))), add(1, s)), add(read(sum), mul(a, read(slope))));
  p.set(result, of === "shape" ? mul(exp(p, w), rest) : neg(mul(mul(div(x, a), exp(p, x)), rest)));
}

/** 1 < x <= a: P = x^a e^-x / Gamma(a + 1) (1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) + ...) (A&S 6.5.29). */
function series(of: IncompleteGamma, p: Program, a: Expression, x: Expression, result: Local): void {
  const next = p.variable(a);
  const term = p.variable(f64(1));
  const harmonic = p.variable(f64(0));
  const sum = p.variable(f64(1));
  const slope = p.variable(f64(0));
  p.repeat(
    () => and(gt(read(term), mul(read(sum), EPSILON)), lt(sub(read(next), a), MOST_STEPS)),
    (q) => {
      q.set(next, add(read(next), 1));
      const r = q.let(div(1, read(next)));
      q.set(term, mul(read(term), mul(x, r)));
      q.set(sum, add(read(sum), read(term)));
      q.set(harmonic, add(read(harmonic), r));
      q.set(slope, sub(read(slope), mul(read(term), read(harmonic))));
    },
  );
  const value = (q: Program): Expression => mul(prefactor(q, a, x), read(sum));
  if (of === "lower") return p.set(result, value(p));
  if (of === "upper") return p.set(result, sub(1, value(p)));
  const rest = p.let(add(mul(sub(log(p, x), digamma(p, p.let(add(a, 1)))), read(sum)), read(slope)));
  p.set(result, of === "shape" ? mul(prefactor(p, a, x), rest) : neg(mul(div(x, a), rest)));
}

/** x > max(1, a): Q = x^a e^-x / Gamma(a) / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ...)) (A&S 6.5.31), by Lentz's method. */
function fraction(of: IncompleteGamma, p: Program, a: Expression, x: Expression, result: Local): void {
  const jet = (f: Expression, slope: number): Jet => (of === "lower" || of === "upper" ? [f] : [f, f64(slope)]);
  const start: Jet = jet(p.let(sub(add(x, 1), a)), -1);
  const b = p.variable(start[0]);
  const d = jetVariables(p, jetReciprocal(p, start));
  const c = jetVariables(p, jet(f64(1e300), 0));
  const h = jetVariables(p, d.read());
  const n = p.variable(f64(0));
  const change = p.variable(f64(1));
  p.repeat(
    () => and(gt(read(change), EPSILON * 10), lt(read(n), MOST_STEPS)),
    (q) => {
      q.set(n, add(read(n), 1));
      q.set(b, add(read(b), 2));
      const numerator = q.let(mul(read(n), sub(a, read(n))));
      const top: Jet = d.read().length === 1 ? [numerator] : [numerator, read(n)];
      const bottom = jet(read(b), -1);
      d.set(
        q,
        jetReciprocal(
          q,
          jetAdd(jetMul(q, top, d.read()), bottom).map((v) => q.let(v)),
        ),
      );
      c.set(
        q,
        jetAdd(jetMul(q, top, jetReciprocal(q, c.read())), bottom).map((v) => q.let(v)),
      );
      const factor = jetMul(q, c.read(), d.read());
      h.set(q, jetMul(q, h.read(), factor));
      const moved = abs(sub(factor[0], 1));
      q.set(change, factor.length === 1 ? moved : max(moved, abs(factor[1])));
    },
  );
  const [value, slope] = h.read();
  if (of === "lower" || of === "upper") {
    const q = mul(mul(prefactor(p, a, x), a), value);
    return p.set(result, of === "upper" ? q : sub(1, q));
  }
  const rest = p.let(add(mul(sub(log(p, x), digamma(p, a)), value), slope));
  p.set(result, of === "shape" ? neg(mul(mul(prefactor(p, a, x), a), rest)) : mul(x, rest));
}

// Coefficients in eta of the first two terms (Temme 1979; DiDonato & Morris 1986, table 1): |eta| < 0.04 wherever P and Q are above the smallest float.
const TEMME = [
  [-1 / 3, 1 / 12, -0.014814814814814815, 0.0011574074074074073, 0.0003527336860670194, -0.0001787551440329218],
  [-0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596],
];

/**
 * Large a: with eta^2 / 2 = m - log(1 + m), m = x / a - 1, Q = erfc(eta sqrt(a / 2)) / 2 + e^(-a eta^2 / 2) / sqrt(2 pi a) (C_0(eta) + C_1(eta) / a + ...). A draw moves
 * with a at the rate (1 + m)(1 - eta^2 / (2 m)) + 1 / (6 a), up to terms in a^(-3/2).
 */
function uniform(of: IncompleteGamma, p: Program, a: Expression, x: Expression, result: Local): void {
  const m = p.let(div(sub(x, a), a));
  const half = p.let(neg(log1pMinus(p, m)));
  if (of === "lower" || of === "upper") {
    const eta = p.let(copysign(sqrt(add(half, half)), m));
    const near = p.let(min(max(eta, -0.1), 0.1));
    const terms = add(polynomial(near, TEMME[0]), div(polynomial(near, TEMME[1]), a));
    const rest = p.let(mul(div(exp(p, neg(mul(a, half))), sqrt(mul(a, 2 * Math.PI))), terms));
    const z = p.let(mul(eta, sqrt(mul(a, 0.5))));
    const upper = of === "upper";
    const main = mul(erfc(p, upper ? z : p.let(neg(z))), 0.5);
    return p.set(result, upper ? add(main, rest) : sub(main, rest));
  }
  const ratio = select(eq(m, 0), 0, div(half, m));
  const rate = p.let(add(mul(add(1, m), sub(1, ratio)), div(1 / 6, a)));
  p.set(result, of === "sample" ? rate : neg(mul(mul(prefactor(p, a, x), div(a, x)), rate)));
}

export const incompleteGammaPrimitive: Primitive<{ of: IncompleteGamma }> = loopPrimitive<IncompleteGamma>(
  "incompleteGamma",
  element,
  ([a, x], [ta, tx], { of }) => {
    const y = incompleteGamma(of, a, x);
    if (of === "sample" || (of === "shape" && ta !== null))
      throw new Error(
        "gammainc: second derivatives in a are not defined (nor any of a gamma sample's derivative). Hold a back with stopGradient.",
      );
    const logSlope = (): Tensor => subtract(apply("log", x), apply("digamma", a));
    const density = (): Tensor => incompleteGamma("density", a, x);
    const partials: readonly [() => Tensor, () => Tensor] =
      of === "density"
        ? [() => times(y, logSlope()), () => times(y, subtract(divide(subtract(a, like(a, 1)), x), like(x, 1)))]
        : of === "shape"
          ? [() => y, () => times(density(), logSlope())]
          : of === "lower"
            ? [() => incompleteGamma("shape", a, x), density]
            : [() => negative(incompleteGamma("shape", a, x)), () => negative(density())];
    return { primals: [y], tangents: [combine([ta, tx], partials)] };
  },
);

/** The sum of tangent times partial. */
export function combine(tangents: readonly Tangent[], partials: readonly (() => Tensor)[]): Tangent {
  return tangents.reduce<Tangent>((total, t, i) => {
    if (t === null) return total;
    const term = times(t, partials[i]());
    return total === null ? term : plus(total, term);
  }, null);
}

export function incompleteGamma(of: IncompleteGamma, a: Tensor, x: Tensor): Tensor {
  return bind1(incompleteGammaPrimitive, [a, x], { of });
}
