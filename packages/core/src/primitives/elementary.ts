import type { Primitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, binary, compare, constant, select, unary } from "../kernel/expression.js";
import type { Block } from "../kernel/math/block.js";
import { productOfSplit, split } from "../kernel/math/errorFree.js";
import * as math from "../kernel/math/index.js";
import type { MathFunction } from "../kernel/math/index.js";
import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, like, mul, neg } from "./basis.js";
import { eq, select as where } from "./comparison.js";
import { type Partial, elementwise } from "./elementwise.js";
import { polygamma } from "./polygamma.js";

/*
 * Functions of one or two floats, each with its derivative. `y` is the output, so that exp, tanh, sqrt, ... reuse it.
 */

/** A function of floats that the kernels have. */
export const mathPrimitive = (name: string, compute: MathFunction, ...partials: (Partial | null)[]): Primitive =>
  elementwise({ name, compute, partials });

export const square = (x: Tensor): Tensor => mul(x, x);
const reciprocal = (x: Tensor): Tensor => div(like(x, 1), x);
const oneMinus = (x: Tensor): Tensor => sub(like(x, 1), x);
function direction(x: Tensor, length: Tensor): Tensor {
  const zero = eq(length, like(length, 0));
  return where(zero, like(x, 0), div(x, where(zero, like(x, 1), length)));
}
export const TWO_OVER_SQRT_PI: number = 2 / Math.sqrt(Math.PI);

export type ElementaryName =
  | "exp"
  | "exp2"
  | "expm1"
  | "log"
  | "log1p"
  | "log2"
  | "log10"
  | "cbrt"
  | "hypot"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "asinh"
  | "acosh"
  | "atanh"
  | "sigmoid"
  | "softplus"
  | "erf"
  | "erfc"
  | "erfinv"
  | "lgamma"
  | "digamma"
  | "sqrt"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "trunc"
  | "round"
  | "atan2"
  | "pow"
  | "rem";

export const elementaryPrimitives: Readonly<Record<ElementaryName, Primitive>> = {
  exp: mathPrimitive("exp", math.exp, (y) => y),
  exp2: mathPrimitive("exp2", math.exp2, (y) => mul(y, like(y, Math.LN2))),
  expm1: mathPrimitive("expm1", math.expm1, (y) => add(y, like(y, 1))),
  log: mathPrimitive("log", math.log, (_, x) => reciprocal(x)),
  log1p: mathPrimitive("log1p", math.log1p, (_, x) => reciprocal(add(x, like(x, 1)))),
  log2: mathPrimitive("log2", math.log2, (_, x) => reciprocal(mul(x, like(x, Math.LN2)))),
  log10: mathPrimitive("log10", math.log10, (_, x) => reciprocal(mul(x, like(x, Math.LN10)))),
  cbrt: mathPrimitive("cbrt", math.cbrt, (y) => reciprocal(mul(like(y, 3), square(y)))),
  // The subgradient 0 at the origin.
  hypot: mathPrimitive(
    "hypot",
    math.hypot,
    (y, a) => direction(a, y),
    (y, _, b) => direction(b, y),
  ),
  sin: mathPrimitive("sin", math.sin, (_, x) => apply("cos", x)),
  cos: mathPrimitive("cos", math.cos, (_, x) => neg(apply("sin", x))),
  tan: mathPrimitive("tan", math.tan, (y) => add(like(y, 1), square(y))),
  asin: mathPrimitive("asin", math.asin, (_, x) => reciprocal(apply("sqrt", oneMinus(square(x))))),
  acos: mathPrimitive("acos", math.acos, (_, x) => neg(reciprocal(apply("sqrt", oneMinus(square(x)))))),
  atan: mathPrimitive("atan", math.atan, (_, x) => reciprocal(add(like(x, 1), square(x)))),
  sinh: mathPrimitive("sinh", math.sinh, (_, x) => apply("cosh", x)),
  cosh: mathPrimitive("cosh", math.cosh, (_, x) => apply("sinh", x)),
  tanh: mathPrimitive("tanh", math.tanh, (y) => oneMinus(square(y))),
  asinh: mathPrimitive("asinh", math.asinh, (_, x) => reciprocal(apply("hypot", like(x, 1), x))),
  acosh: mathPrimitive("acosh", math.acosh, (_, x) =>
    reciprocal(apply("sqrt", mul(sub(x, like(x, 1)), add(x, like(x, 1))))),
  ),
  atanh: mathPrimitive("atanh", math.atanh, (_, x) => reciprocal(oneMinus(square(x)))),
  sigmoid: mathPrimitive("sigmoid", math.sigmoid, (y) => mul(y, oneMinus(y))),
  softplus: mathPrimitive("softplus", math.softplus, (_, x) => apply("sigmoid", x)),
  erf: mathPrimitive("erf", math.erf, (_, x) => mul(like(x, TWO_OVER_SQRT_PI), apply("exp", neg(square(x))))),
  erfc: mathPrimitive("erfc", math.erfc, (_, x) => mul(like(x, -TWO_OVER_SQRT_PI), apply("exp", neg(square(x))))),
  erfinv: mathPrimitive("erfinv", math.erfinv, (y) => mul(like(y, 1 / TWO_OVER_SQRT_PI), apply("exp", square(y)))),
  lgamma: mathPrimitive("lgamma", math.lgamma, (_, x) => apply("digamma", x)),
  digamma: mathPrimitive("digamma", math.digamma, (_, x) => polygamma(apply, 1, x)),
  sqrt: elementwise({
    name: "sqrt",
    compute: (_, x) => unary("sqrt", x),
    partials: [(y) => div(like(y, 0.5), y)],
  }),
  abs: elementwise({
    name: "abs",
    compute: (_, x) => (x.dtype === "u32" ? x : unary("abs", x)),
    partials: [(_, x) => apply("sign", x)],
  }),
  sign: elementwise({
    name: "sign",
    compute: (_, x) => {
      const zero = constant(x.dtype, 0);
      const one = constant(x.dtype, 1);
      const negative = x.dtype === "u32" ? zero : constant(x.dtype, -1);
      // x itself where it is 0 or NaN, so that both keep their sign and payload.
      return select(compare("gt", x, zero), one, select(compare("lt", x, zero), negative, x));
    },
  }),
  floor: elementwise({ name: "floor", compute: (_, x) => unary("floor", x) }),
  ceil: elementwise({ name: "ceil", compute: (_, x) => unary("ceil", x) }),
  trunc: elementwise({ name: "trunc", compute: (_, x) => unary("trunc", x) }),
  round: elementwise({ name: "round", compute: (_, x) => unary("nearest", x) }),
  atan2: mathPrimitive(
    "atan2",
    math.atan2,
    (_, a, b) => div(b, add(square(a), square(b))),
    (_, a, b) => neg(div(a, add(square(a), square(b)))),
  ),
  pow: mathPrimitive(
    "pow",
    math.pow,
    // d/dx x^p = p x^(p-1), and 0 where p is 0, also at x = 0.
    (_, x, p) => {
      const zero = like(p, 0);
      const safe = where(eq(p, zero), like(p, 1), sub(p, like(p, 1)));
      return where(eq(p, zero), zero, mul(p, bind1(elementaryPrimitives.pow, [x, safe], {})));
    },
    // d/dp x^p = x^p log x, and 0 at x = 0 (the limit for p > 0).
    (y, x) => mul(y, apply("log", where(eq(x, like(x, 0)), like(x, 1), x))),
  ),
  rem: elementwise({
    name: "rem",
    compute: (block, a, b) =>
      a.dtype === "f32" || a.dtype === "f64" ? floatRemainder(block, a, b) : binary("rem", a, b),
    partials: [(y) => like(y, 1), (_, a, b) => neg(apply("trunc", div(a, b)))],
  }),
};

/** a - trunc(a / b) b without rounding: the C remainder, for quotients below 2^24 (f32) or 2^53 (f64). */
function floatRemainder(block: Block, a: Expression, b: Expression): Expression {
  const zero = constant(a.dtype, 0);
  const q = block.let(unary("trunc", binary("div", a, b)));
  const { high, low } = productOfSplit(block, q, split(block, q), b, split(block, b));
  // The halves of huge numbers overflow; then the rounded product has to do.
  const rest = block.let(select(compare("eq", low, low), low, zero));
  const r = block.let(binary("sub", binary("sub", a, high), rest));
  // A quotient that was rounded up to a whole number took one divisor too many: the remainder has the wrong sign.
  const size = block.let(binary("mul", binary("copysign", constant(a.dtype, 1), a), r));
  const fixed = select(compare("lt", size, zero), binary("add", size, unary("abs", b)), size);
  return select(compare("lt", unary("abs", a), unary("abs", b)), a, binary("copysign", fixed, a));
}

export function apply(name: ElementaryName, ...inputs: Tensor[]): Tensor {
  return bind1(elementaryPrimitives[name], inputs, {});
}
