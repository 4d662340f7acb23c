import type { Primitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, type Local, constant, read } from "../kernel/expression.js";
import {
  abs,
  add,
  and,
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
  polynomial,
  select,
  sqrt,
  sub,
} from "../kernel/math/formula.js";
import { log, log1p, exp, lgamma, digamma, log1pMinus } from "../kernel/math/index.js";
import type { Tensor } from "../tensor/tensor.js";
import { div as divide, sub as subtract } from "./arithmetic.js";
import { add as plus, like, mul as times } from "./basis.js";
import { type Jet, type Program, jetAdd, jetMul, jetReciprocal, jetVariables, loopPrimitive } from "./elementLoop.js";
import { apply } from "./elementary.js";
import { combine, stirlingRest } from "./incompleteGamma.js";

/*
 * The regularised incomplete beta function I_x(a, b), its density x^(a-1) (1-x)^(b-1) / B(a, b), and its derivatives in a and b, which come from the same
 * continued fraction, each coefficient carried together with its derivatives.
 */
export type IncompleteBeta = "value" | "density" | "a" | "b";

const f64 = (x: number): Expression => constant("f64", x);
const EPSILON = 1e-16;
const MOST_STEPS = 100_000;

/** x^a y^b / B(a, b), y = 1 - x. */
function prefactor(
  p: Program,
  a: Expression,
  b: Expression,
  x: Expression,
  lx: Expression,
  ly: Expression,
): Expression {
  const result = p.variable(f64(0));
  const small = p.let(min(a, b));
  const large = p.let(max(a, b));
  const total = p.let(add(a, b));
  const powers = p.let(add(mul(a, lx), mul(b, ly)));
  p.branch(
    lt(large, 10),
    (q) => q.set(result, exp(q, sub(powers, sub(add(lgamma(q, a), lgamma(q, b)), lgamma(q, total))))),
    (q) => {
      const rest = q.let(sub(stirlingRest(q, large), stirlingRest(q, total)));
      q.branch(
        lt(small, 10),
        (r) => {
          const share = log1p(r, r.let(neg(div(small, total))));
          const ln = add(
            add(lgamma(r, small), rest),
            add(sub(small, mul(small, log(r, total))), mul(sub(large, 0.5), share)),
          );
          r.set(result, exp(r, sub(powers, ln)));
        },
        // With x0 = a / (a + b): a log(x / x0) + b log(y / (1 - x0)), the linear terms of which cancel.
        (r) => {
          const d = r.let(sub(mul(x, b), mul(a, sub(1, x))));
          const exponent = add(mul(a, log1pMinus(r, r.let(div(d, a)))), mul(b, log1pMinus(r, r.let(neg(div(d, b))))));
          const scale = sqrt(div(mul(div(a, total), b), 2 * Math.PI));
          r.set(result, mul(scale, exp(r, sub(exponent, add(rest, stirlingRest(r, small))))));
        },
      );
    },
  );
  return read(result);
}

function element(of: IncompleteBeta, p: Program, [a0, b0, x0]: Expression[]): Expression {
  const positive = and(and(gt(a0, 0), lt(a0, Infinity)), and(gt(b0, 0), lt(b0, Infinity)));
  const valid = p.let(and(positive, and(ge(x0, 0), le(x0, 1))));
  const inside = p.let(and(valid, and(gt(x0, 0), lt(x0, 1))));
  const a = p.let(select(valid, a0, 1));
  const b = p.let(select(valid, b0, 1));
  const x = p.let(select(inside, x0, 0.5));
  const lx = p.let(log(p, x));
  const ly = p.let(log1p(p, p.let(neg(x))));
  const front = prefactor(p, a, b, x, lx, ly);
  if (of === "density") {
    const y = select(inside, div(front, mul(x, sub(1, x))), atEnd(select(eq(x0, 0), a, b), select(eq(x0, 0), b, a)));
    return select(valid, y, NaN);
  }
  const result = p.variable(f64(0));
  const total = add(a, b);
  p.branch(
    gt(x, div(add(a, 1), add(total, 2))),
    (q) => fraction(of, q, true, b, a, q.let(sub(1, x)), x, ly, lx, front, result),
    (q) => fraction(of, q, false, a, b, x, sub(1, x), lx, ly, front, result),
  );
  const end = of === "value" ? x0 : f64(0);
  return select(valid, select(inside, read(result), end), NaN);
}

/** The density at 0 for exponents a - 1 there and b - 1 at the other end. */
function atEnd(a: Expression, b: Expression): Expression {
  return select(lt(a, 1), Infinity, select(eq(a, 1), b, 0));
}

/**
 * x^p y^q / (p B(p, q)) / (1 + d_1 / (1 + d_2 / ...)), d_2m = m (q - m) x / ((p + 2m - 1)(p + 2m)), d_2m+1 = -(p + m)(p + q + m) x / ((p + 2m)(p + 2m + 1))
 * (A&S 26.5.8), by Lentz's method. `swapped`: the arguments are b, a, 1 - x, and the result is 1 minus this.
 */
function fraction(
  of: IncompleteBeta,
  p: Program,
  swapped: boolean,
  a: Expression,
  b: Expression,
  x: Expression,
  y0: Expression,
  lx: Expression,
  ly: Expression,
  front: Expression,
  result: Local,
): void {
  // Which derivative is carried: that of the first or the second parameter of the fraction.
  const first = (of === "a") !== swapped;
  const jet = (f: Expression, slope: Expression): Jet => (of === "value" ? [f] : [f, slope]);
  const one = jet(f64(1), f64(0));
  const total = p.let(add(a, b));
  const c = jetVariables(p, one);
  const start = p.let(sub(1, div(mul(total, x), add(a, 1))));
  const startSlope = first ? mul(x, div(sub(total, add(a, 1)), mul(add(a, 1), add(a, 1)))) : neg(div(x, add(a, 1)));
  const d = jetVariables(p, jetReciprocal(p, jet(start, p.let(startSlope))));
  const h = jetVariables(p, d.read());
  const m = p.variable(f64(0));
  const change = p.variable(f64(1));
  const step = (q: Program, coefficient: Jet): Jet => {
    d.set(
      q,
      jetReciprocal(
        q,
        jetAdd(one, jetMul(q, coefficient, d.read())).map((v) => q.let(v)),
      ),
    );
    c.set(
      q,
      jetAdd(one, jetMul(q, coefficient, jetReciprocal(q, c.read()))).map((v) => q.let(v)),
    );
    const factor = jetMul(q, c.read(), d.read());
    h.set(q, jetMul(q, h.read(), factor));
    return factor;
  };
  p.repeat(
    () => and(gt(read(change), EPSILON), lt(read(m), MOST_STEPS)),
    (q) => {
      q.set(m, add(read(m), 1));
      const a2 = q.let(add(a, add(read(m), read(m))));
      const below = q.let(sub(a2, 1));
      const above = q.let(add(a2, 1));
      const scale = q.let(div(mul(read(m), x), mul(below, a2)));
      const even = q.let(mul(scale, sub(b, read(m))));
      step(q, jet(even, first ? q.let(neg(mul(even, add(div(1, below), div(1, a2))))) : scale));
      const am = q.let(add(a, read(m)));
      const tm = q.let(add(total, read(m)));
      const odd = q.let(neg(div(mul(mul(am, tm), x), mul(a2, above))));
      const relative = first ? sub(add(div(1, am), div(1, tm)), add(div(1, a2), div(1, above))) : div(1, tm);
      const factor = step(q, jet(odd, q.let(mul(odd, relative))));
      const moved = abs(sub(factor[0], 1));
      q.set(change, factor.length === 1 ? moved : max(moved, abs(factor[1])));
    },
  );
  const [value, slope] = h.read();
  const scaled = p.let(div(front, a));
  if (of === "value") {
    const y = mul(scaled, value);
    return p.set(result, swapped ? sub(1, y) : y);
  }
  // log x + psi(a + b) - psi(a) and its twin, without the cancellation of the logarithms: x (a + b) / a = 1 + d / a.
  const d0 = sub(mul(x, b), mul(a, y0));
  const logSlope = first
    ? sub(logDerivative(p, div(d0, a), lx, total, a), div(1, a))
    : logDerivative(p, neg(div(d0, b)), ly, total, b);
  const y = mul(scaled, add(mul(logSlope, value), slope));
  p.set(result, swapped ? neg(y) : y);
}

/** log(1 + d) + w(total) - w(c), where w(z) = psi(z) - log z. Far from d = 0 it is log x + log(total / c), d being a rounded difference. */
function logDerivative(p: Program, d0: Expression, logX: Expression, total: Expression, c: Expression): Expression {
  const d = p.let(d0);
  const far = add(logX, log(p, p.let(div(total, c))));
  return add(select(gt(d, -0.5), log1p(p, d), far), sub(psiRest(p, total), psiRest(p, c)));
}

// B_2k / (2k)
const PSI = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];

/** psi(z) - log z (A&S 6.3.18). */
function psiRest(p: Program, z: Expression): Expression {
  const result = p.variable(f64(0));
  p.branch(
    lt(z, 10),
    (q) => q.set(result, sub(digamma(q, z), log(q, z))),
    (q) => {
      const inverse = q.let(div(1, z));
      const w = q.let(mul(inverse, inverse));
      q.set(result, neg(add(mul(0.5, inverse), mul(w, polynomial(w, PSI)))));
    },
  );
  return read(result);
}

export const incompleteBetaPrimitive: Primitive<{ of: IncompleteBeta }> = loopPrimitive<IncompleteBeta>(
  "incompleteBeta",
  element,
  ([a, b, x], [ta, tb, tx], { of }) => {
    const y = incompleteBeta(of, a, b, x);
    if ((of === "a" || of === "b") && (ta !== null || tb !== null))
      throw new Error("betainc: second derivatives in a and b are not defined. Hold a and b back with stopGradient.");
    const density = (): Tensor => (of === "density" ? y : incompleteBeta("density", a, b, x));
    const complement = (): Tensor => subtract(like(x, 1), x);
    const psi = (c: Tensor): Tensor => subtract(apply("digamma", plus(a, b)), apply("digamma", c));
    const inA = (): Tensor => times(density(), plus(apply("log", x), psi(a)));
    const inB = (): Tensor => times(density(), plus(apply("log1p", times(x, like(x, -1))), psi(b)));
    const partials =
      of === "value"
        ? [() => incompleteBeta("a", a, b, x), () => incompleteBeta("b", a, b, x), density]
        : of === "density"
          ? [
              inA,
              inB,
              () =>
                times(y, subtract(divide(subtract(a, like(a, 1)), x), divide(subtract(b, like(b, 1)), complement()))),
            ]
          : [density, density, of === "a" ? inA : inB];
    return { primals: [y], tangents: [combine([ta, tb, tx], partials)] };
  },
);

export function incompleteBeta(of: IncompleteBeta, a: Tensor, b: Tensor, x: Tensor): Tensor {
  return bind1(incompleteBetaPrimitive, [a, b, x], { of });
}
