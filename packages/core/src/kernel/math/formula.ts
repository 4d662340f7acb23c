import * as kernel from "../expression.js";
import type { BinaryOp, CompareOp, Expression } from "../expression.js";

/**
 * Formulas with plain numbers in them: a number takes the dtype of the expression beside it. Numbers are rounded to f32
 * where that is the dtype. Nothing is simplified.
 */
export type Term = Expression | number;

type FloatType = "f32" | "f64";

function floatType(x: Expression): FloatType {
  if (x.dtype === "f32" || x.dtype === "f64") return x.dtype;
  throw new Error(`math: an elementary function of ${x.dtype} is not defined. Convert the argument to f32 or f64.`);
}

/** The row of a table of constants that belongs to the dtype of `x`. */
export const constantsFor = <F32, F64>(x: Expression, table: { readonly f32: F32; readonly f64: F64 }): F32 | F64 =>
  table[floatType(x)];

const term = (like: Term, x: Term): Expression => {
  if (typeof x !== "number") return x;
  if (typeof like === "number") throw new Error(`math: ${like} and ${x} are both numbers. Compute in TypeScript.`);
  return kernel.constant(like.dtype, x);
};
const binary =
  (op: BinaryOp) =>
  (a: Term, b: Term): Expression =>
    kernel.binary(op, term(b, a), term(a, b));
const compare =
  (op: CompareOp) =>
  (a: Term, b: Term): Expression =>
    kernel.compare(op, term(b, a), term(a, b));

type Operation = (a: Term, b: Term) => Expression;
export const add: Operation = binary("add");
export const sub: Operation = binary("sub");
export const mul: Operation = binary("mul");
export const div: Operation = binary("div");
/** The variable first: `min(x, 3)` and `max(x, 3)` are then one instruction, and keep a NaN. */
export const min: Operation = binary("min");
export const max: Operation = binary("max");
export const copysign: Operation = binary("copysign");
export const lt: Operation = compare("lt");
export const le: Operation = compare("le");
export const gt: Operation = compare("gt");
export const ge: Operation = compare("ge");
export const eq: Operation = compare("eq");
export const ne: Operation = compare("ne");
export const and = (a: Expression, b: Expression): Expression => kernel.binary("and", a, b);
export const or = (a: Expression, b: Expression): Expression => kernel.binary("or", a, b);
export const xor = (a: Expression, b: Expression): Expression => kernel.binary("xor", a, b);

export const neg = (x: Expression): Expression => kernel.unary("neg", x);
export const abs = (x: Expression): Expression => kernel.unary("abs", x);
export const sqrt = (x: Expression): Expression => kernel.unary("sqrt", x);
export const floor = (x: Expression): Expression => kernel.unary("floor", x);
export const nearest = (x: Expression): Expression => kernel.unary("nearest", x);
export const pow2 = (x: Expression): Expression => kernel.unary("pow2", x);
export const exponent = (x: Expression): Expression => kernel.unary("exponent", x);
export const mantissa = (x: Expression): Expression => kernel.unary("mantissa", x);

/** `condition ? a : b`; at least one arm is an expression, or `like` says the dtype. */
export const select = (condition: Expression, a: Term, b: Term, like: Term = a): Expression =>
  kernel.select(condition, term(typeof b === "number" ? like : b, a), term(typeof a === "number" ? like : a, b));

/** c[0] + x (c[1] + x (c[2] + ...)), by Horner's rule: 2 operations a coefficient. `x` must be bound. */
export function polynomial(x: Expression, coefficients: readonly number[]): Expression {
  return coefficients
    .slice(0, -1)
    .reduceRight<Term>((sum, c) => add(c, mul(x, sum)), coefficients[coefficients.length - 1] as number) as Expression;
}
