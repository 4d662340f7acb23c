import type { Primitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, binary, compare, constant, select, unary } from "../kernel/expression.js";
import type { Block } from "../kernel/math/block.js";
import { productOfSplit, split } from "../kernel/math/errorFree.js";
import { type MathFunction, mathFunctions } from "../kernel/math/index.js";
import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, like, mul, neg } from "./basis.js";
import { eq, select as where } from "./comparison.js";
import { type Partial, elementwise } from "./elementwise.js";
import { polygamma } from "./polygamma.js";

/*
 * Functions of one or two floats, each with its derivative. `y` is the output, so that exp, tanh, sqrt, ... reuse it.
 */

const fromTable = (name: string, ...partials: (Partial | null)[]): Primitive =>
  elementwise({ name, compute: mathFunctions[name] as MathFunction, partials });

const square = (x: Tensor): Tensor => mul(x, x);
const reciprocal = (x: Tensor): Tensor => div(like(x, 1), x);
const oneMinus = (x: Tensor): Tensor => sub(like(x, 1), x);
function direction(x: Tensor, length: Tensor): Tensor {
  const zero = eq(length, like(length, 0));
  return where(zero, like(x, 0), div(x, where(zero, like(x, 1), length)));
}
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

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
  | "gamma"
  | "erfcx"
  | "ndtr"
  | "logNdtr"
  | "ndtri"
  | "i0e"
  | "i1e"
  | "log1pMinus"
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
  exp: fromTable("exp", (y) => y),
  exp2: fromTable("exp2", (y) => mul(y, like(y, Math.LN2))),
  expm1: fromTable("expm1", (y) => add(y, like(y, 1))),
  log: fromTable("log", (_, x) => reciprocal(x)),
  log1p: fromTable("log1p", (_, x) => reciprocal(add(x, like(x, 1)))),
  log2: fromTable("log2", (_, x) => reciprocal(mul(x, like(x, Math.LN2)))),
  log10: fromTable("log10", (_, x) => reciprocal(mul(x, like(x, Math.LN10)))),
  cbrt: fromTable("cbrt", (y) => reciprocal(mul(like(y, 3), square(y)))),
  // The subgradient 0 at the origin.
  hypot: fromTable(
    "hypot",
    (y, a) => direction(a, y),
    (y, _, b) => direction(b, y),
  ),
  sin: fromTable("sin", (_, x) => apply("cos", x)),
  cos: fromTable("cos", (_, x) => neg(apply("sin", x))),
  tan: fromTable("tan", (y) => add(like(y, 1), square(y))),
  asin: fromTable("asin", (_, x) => reciprocal(apply("sqrt", oneMinus(square(x))))),
  acos: fromTable("acos", (_, x) => neg(reciprocal(apply("sqrt", oneMinus(square(x)))))),
  atan: fromTable("atan", (_, x) => reciprocal(add(like(x, 1), square(x)))),
  sinh: fromTable("sinh", (_, x) => apply("cosh", x)),
  cosh: fromTable("cosh", (_, x) => apply("sinh", x)),
  tanh: fromTable("tanh", (y) => oneMinus(square(y))),
  asinh: fromTable("asinh", (_, x) => reciprocal(apply("hypot", like(x, 1), x))),
  acosh: fromTable("acosh", (_, x) => reciprocal(apply("sqrt", mul(sub(x, like(x, 1)), add(x, like(x, 1)))))),
  atanh: fromTable("atanh", (_, x) => reciprocal(oneMinus(square(x)))),
  sigmoid: fromTable("sigmoid", (y) => mul(y, oneMinus(y))),
  softplus: fromTable("softplus", (_, x) => apply("sigmoid", x)),
  erf: fromTable("erf", (_, x) => mul(like(x, TWO_OVER_SQRT_PI), apply("exp", neg(square(x))))),
  erfc: fromTable("erfc", (_, x) => mul(like(x, -TWO_OVER_SQRT_PI), apply("exp", neg(square(x))))),
  erfinv: fromTable("erfinv", (y) => mul(like(y, 1 / TWO_OVER_SQRT_PI), apply("exp", square(y)))),
  lgamma: fromTable("lgamma", (_, x) => apply("digamma", x)),
  digamma: fromTable("digamma", (_, x) => polygamma(apply, 1, x)),
  gamma: fromTable("gamma", (y, x) => mul(y, apply("digamma", x))),
  erfcx: fromTable("erfcx", (y, x) => sub(mul(add(x, x), y), like(x, TWO_OVER_SQRT_PI))),
  ndtr: fromTable("ndtr", (_, x) =>
    mul(like(x, 1 / Math.sqrt(2 * Math.PI)), apply("exp", mul(square(x), like(x, -0.5)))),
  ),
  // phi(x) / Phi(x) = sqrt(2 / pi) / erfcx(-x / sqrt 2), which neither overflows nor cancels.
  logNdtr: fromTable("logNdtr", (_, x) =>
    div(like(x, Math.sqrt(2 / Math.PI)), apply("erfcx", mul(x, like(x, -Math.SQRT1_2)))),
  ),
  ndtri: fromTable("ndtri", (y) => mul(like(y, Math.sqrt(2 * Math.PI)), apply("exp", mul(square(y), like(y, 0.5))))),
  i0e: fromTable("i0e", (y, x) => sub(apply("i1e", x), mul(apply("sign", x), y))),
  // I_1' = I_0 - I_1 / x, which is 1/2 at 0.
  i1e: fromTable("i1e", (y, x) => {
    const atZero = eq(x, like(x, 0));
    const ratio = where(atZero, like(x, 0.5), div(y, where(atZero, like(x, 1), x)));
    return sub(sub(apply("i0e", x), ratio), mul(apply("sign", x), y));
  }),
  log1pMinus: fromTable("log1pMinus", (_, x) => neg(div(x, add(like(x, 1), x)))),
  sqrt: elementwise({
    name: "sqrt",
    compute: (_, x) => unary("sqrt", x),
    partials: [(y) => div(like(y, 0.5), y)],
  }),
  abs: elementwise({
    name: "abs",
    takes: [1, "number"],
    compute: (_, x) => (x.dtype === "u32" ? x : unary("abs", x)),
    partials: [(_, x) => apply("sign", x)],
  }),
  sign: elementwise({
    name: "sign",
    takes: [1, "number"],
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
  atan2: fromTable(
    "atan2",
    (_, a, b) => div(b, add(square(a), square(b))),
    (_, a, b) => neg(div(a, add(square(a), square(b)))),
  ),
  pow: fromTable(
    "pow",
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
    takes: [2, "number"],
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
