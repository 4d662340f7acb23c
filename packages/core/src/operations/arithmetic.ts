import { add as addRaw, like, mul as mulRaw, neg as negRaw } from "../primitives/basis.js";
import { div as divRaw, sub as subRaw } from "../primitives/arithmetic.js";
import { choose, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { apply } from "../primitives/elementary.js";
import { isFloat } from "../tensor/dtype.js";
import { broadcastShapes, describeShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type TensorLike, align, broadcastTo, countable, promote, toTensor } from "./promote.js";

/*
 * Elementwise arithmetic with NumPy's broadcasting. Operands are tensors or JS numbers; a number takes the tensor's dtype.
 */

/** a + b. @example tensor([1, 2]).add(1)   // [2, 3] */
export function add(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("add", a, b);
  return addRaw(countable(x), countable(y));
}
/** a - b. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("sub", a, b);
  return subRaw(countable(x), countable(y));
}
/** a * b, elementwise. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("mul", a, b);
  return x.dtype === "bool" ? choose("and", x, y) : mulRaw(x, y);
}
/** a / b. Integers divide to f32. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("div", a, b);
  return isFloat(x.dtype) ? divRaw(x, y) : divRaw(convert(x, "f32"), convert(y, "f32"));
}
/** Quotient rounded towards minus infinity; integers stay integers (n / 0 is 0). Floats give the floor of the exact quotient. */
export function floorDivide(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("floorDivide", a, b).map(countable);
  if (isFloat(x.dtype)) return floorOfQuotient(x, y);
  const q = divRaw(x, y);
  if (x.dtype === "u32") return q;
  const wrong = choose("and", choose("ne", mulRaw(q, y), x), choose("lt", choose("xor", x, y), like(x, 0)));
  return select(wrong, subRaw(q, like(q, 1)), q);
}
/** As Python's `//`: a quotient that rounds up to a whole number, such as 1 / 0.1, is not taken for one. */
function floorOfQuotient(x: Tensor, y: Tensor): Tensor {
  const zero = like(x, 0);
  const r = apply("rem", x, y);
  const opposite = choose("ne", choose("lt", r, zero), choose("lt", y, zero));
  const down = select(choose("and", choose("ne", r, zero), opposite), like(x, 1), zero);
  const whole = apply("round", subRaw(divRaw(subRaw(x, r), y), down));
  // A quotient beyond the largest float has no remainder.
  const infinite = like(x, Infinity);
  const q = divRaw(x, y);
  const beyond = choose("and", choose("eq", apply("abs", q), infinite), choose("lt", apply("abs", x), infinite));
  return select(choose("or", choose("eq", y, zero), beyond), q, whole);
}
/** Remainder of truncating division: the sign is that of a. In floats exact while |a / b| is below 2^24 (f32) or 2^53 (f64). */
export function rem(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("rem", a, b).map(countable);
  return apply("rem", x, y);
}
/** -x. */
export function neg(x: TensorLike): Tensor {
  return negRaw(countable(toTensor("neg", x)));
}
/**
 * a ** b. Integers to the power of a tensor or of a negative number give f32. A small integer exponent given as a number is repeated multiplication, so that bits and derivatives are exact;
 * the derivative of x ** 0 is 0, also at x = 0.
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  if (typeof b === "number" && Number.isInteger(b) && Math.abs(b) <= 8 && typeof a !== "number") {
    const x = countable(toTensor("pow", a));
    if (b >= 0) return integerPower(x, b);
    if (isFloat(x.dtype)) return divRaw(like(x, 1), integerPower(x, -b));
  }
  const [x, y] = align("pow", a, b);
  return isFloat(x.dtype) ? apply("pow", x, y) : apply("pow", convert(x, "f32"), convert(y, "f32"));
}
function integerPower(x: Tensor, n: number): Tensor {
  if (n === 0) return like(x, 1);
  if (n === 1) return x;
  const half = integerPower(x, n >> 1);
  const square = mulRaw(half, half);
  return n % 2 === 0 ? square : mulRaw(square, x);
}
/** x * x. */
export function square(x: TensorLike): Tensor {
  const t = countable(toTensor("square", x));
  return mulRaw(t, t);
}
/** 1 / x. */
export function reciprocal(x: TensorLike): Tensor {
  return div(1, toTensor("reciprocal", x));
}

/** The larger operand, elementwise; NaN if either is. Ties share the derivative. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("maximum", a, b);
  return x.dtype === "bool" ? choose("or", x, y) : choose("max", x, y);
}
/** The smaller operand, elementwise; NaN if either is. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("minimum", a, b);
  return x.dtype === "bool" ? choose("and", x, y) : choose("min", x, y);
}
/** x limited to [low, high]; null leaves a side open. Derivative 1 inside, 0 outside, a half on a bound. */
export function clip(x: TensorLike, low: TensorLike | null, high: TensorLike | null): Tensor {
  const given = [low, high].filter((bound) => bound !== null);
  const [t, ...bounds] = align("clip", x, ...given);
  const raised = low === null ? t : maximum(t, bounds[0]);
  return high === null ? raised : minimum(raised, bounds[given.length - 1]);
}

const comparison =
  (name: "eq" | "ne" | "lt" | "le" | "gt" | "ge", label: string) =>
  (a: TensorLike, b: TensorLike): Tensor => {
    const [x, y] = align(label, a, b);
    return choose(name, x, y);
  };
type Compare = (a: TensorLike, b: TensorLike) => Tensor;
/** a == b, as bool. */
export const equal: Compare = comparison("eq", "equal");
/** a != b, as bool. */
export const notEqual: Compare = comparison("ne", "notEqual");
/** a < b, as bool. */
export const less: Compare = comparison("lt", "less");
/** a <= b, as bool. */
export const lessEqual: Compare = comparison("le", "lessEqual");
/** a > b, as bool. */
export const greater: Compare = comparison("gt", "greater");
/** a >= b, as bool. */
export const greaterEqual: Compare = comparison("ge", "greaterEqual");

const truth = (x: Tensor): Tensor => (x.dtype === "bool" ? x : choose("ne", x, like(x, 0)));
/** Both are non-zero. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("logicalAnd", a, b);
  return choose("and", truth(x), truth(y));
}
/** Either is non-zero. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("logicalOr", a, b);
  return choose("or", truth(x), truth(y));
}
/** Is zero. */
export function logicalNot(x: TensorLike): Tensor {
  return choose("not", truth(toTensor("logicalNot", x)));
}
/** Exactly one is non-zero. */
export function logicalXor(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("logicalXor", a, b);
  return choose("xor", truth(x), truth(y));
}
/** Is not a number. */
export function isNaN(x: TensorLike): Tensor {
  const t = toTensor("isNaN", x);
  return choose("ne", t, t);
}
/** Is neither NaN nor infinite. */
export function isFinite(x: TensorLike): Tensor {
  const t = toTensor("isFinite", x);
  return isFloat(t.dtype) ? choose("lt", apply("abs", t), like(t, Infinity)) : choose("eq", t, t);
}

/** Is infinite, of either sign. */
export function isInf(x: TensorLike): Tensor {
  const t = toTensor("isInf", x);
  return isFloat(t.dtype) ? choose("eq", apply("abs", t), like(t, Infinity)) : choose("ne", t, t);
}

/**
 * a where the condition holds, else b, elementwise with broadcasting. Both are computed: make an arm harmless where it is not
 * chosen, or its derivative may be NaN (as in JAX).
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promote("where", [a, b]);
  const [c, p, q] = alignShapes(truth(toTensor("where", condition)), x, y);
  return select(c, p, q);
}
function alignShapes(...xs: Tensor[]): Tensor[] {
  const shape = xs.reduce<readonly number[]>((s, x) => {
    const joint = broadcastShapes(s, x.shape);
    if (joint === undefined)
      throw new RangeError(
        `where: shapes ${xs.map((t) => describeShape(t.shape)).join(", ")} do not broadcast. Sizes must be equal or 1, counted from the last axis.`,
      );
    return joint;
  }, []);
  return xs.map((x) => broadcastTo(x, shape));
}
