import { type DType, isFloat } from "../tensor/dtype.js";

/**
 * Expressions of the kernel language: what one machine operation can compute on scalars (or on the lanes of a vector).
 * An expression is a tree of immutable nodes; a value used twice is bound by a `let` statement first.
 *
 * Every operation has one exact IEEE or two's-complement meaning, so that the interpreter, scalar wasm and SIMD wasm
 * agree bit for bit. Elementary functions (exp, log, ...) are not operations: they are built from these, in `math/`.
 */
export type Expression =
  | { readonly kind: "constant"; readonly dtype: DType; readonly value: number }
  | { readonly kind: "local"; readonly dtype: DType; readonly local: Local }
  | { readonly kind: "load"; readonly dtype: DType; readonly buffer: number; readonly index: Expression }
  | { readonly kind: "unary"; readonly dtype: DType; readonly op: UnaryOp; readonly x: Expression }
  | {
      readonly kind: "binary";
      readonly dtype: DType;
      readonly op: BinaryOp;
      readonly a: Expression;
      readonly b: Expression;
    }
  | {
      /** a * b + c on floats, rounded once. Only where `init` asked for it: see `multiplyAdd.ts`. */
      readonly kind: "fma";
      readonly dtype: DType;
      readonly a: Expression;
      readonly b: Expression;
      readonly c: Expression;
    }
  | {
      /** `dtype` is bool; the operands' own dtype decides the comparison. NaN compares as in IEEE 754. */
      readonly kind: "compare";
      readonly dtype: "bool";
      readonly op: CompareOp;
      readonly a: Expression;
      readonly b: Expression;
    }
  | {
      /** Both arms are evaluated. `condition` is bool. */
      readonly kind: "select";
      readonly dtype: DType;
      readonly condition: Expression;
      readonly a: Expression;
      readonly b: Expression;
    }
  | {
      /** Value conversion. Float to integer truncates and saturates, NaN to 0; to bool is `x != 0`. */
      readonly kind: "convert";
      readonly dtype: DType;
      readonly x: Expression;
    }
  | {
      /** Same bits, other type, between the 4-byte dtypes f32, i32, u32. */
      readonly kind: "reinterpret";
      readonly dtype: DType;
      readonly x: Expression;
    };

/** A named scalar of a kernel: loop index, let-bound value, mutable variable or accumulator. Identity is by object. */
export interface Local {
  readonly name: string;
  readonly dtype: DType;
}

/**
 * `neg abs sqrt floor ceil trunc nearest` (half to even) as in IEEE 754, on floats; `neg abs` also on i32 (wrapping) and u32;
 * `not` on bool (logical) and on i32, u32 (bitwise).
 *
 * Three operations take floats apart, so that elementary functions need no 64-bit integers:
 * `pow2` maps an integral k in the normal exponent range to 2^k exactly;
 * `exponent` maps a positive normal x = m 2^e, 1 <= m < 2, to e as a float; `mantissa` maps it to m
 * (the sign is dropped; for other x they return what the same bit operations give: exponent field minus bias, mantissa field over 1.0).
 * `pow2` rounds a fraction half to even first; one step outside the normal range it gives 0 and infinity, beyond that nonsense (the same everywhere).
 *
 * The sign and payload of a NaN are not defined: do not let results depend on them through `copysign`, `mantissa` or `reinterpret`.
 */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sqrt"
  | "floor"
  | "ceil"
  | "trunc"
  | "nearest"
  | "pow2"
  | "exponent"
  | "mantissa"
  | "not";

/**
 * `add sub mul` on floats and integers (wrapping); `div` on floats, and on integers truncating, with x / 0 = 0 and
 * INT_MIN / -1 = INT_MIN; `rem` on integers, sign of the dividend, x rem 0 = x (then also INT_MIN rem -1 = 0);
 * `min max` on floats propagate NaN and order -0 < +0 (as Math.min does), on integers as expected;
 * `copysign` on floats; `min max` of bools are `and or`; `and or xor` on bool and integers; `shl shr` on integers, distance taken modulo 32,
 * `shr` arithmetic for i32 and logical for u32.
 */
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "rem"
  | "min"
  | "max"
  | "copysign"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr";

export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

export const constant = (dtype: DType, value: number): Expression => ({ kind: "constant", dtype, value });
export const int = (value: number): Expression => constant("i32", value);
export const read = (local: Local): Extract<Expression, { kind: "local" }> => ({
  kind: "local",
  dtype: local.dtype,
  local,
});
export const load = (dtype: DType, buffer: number, index: Expression): Expression => ({
  kind: "load",
  dtype,
  buffer,
  index,
});
export const unary = (op: UnaryOp, x: Expression): Expression =>
  op === "neg" && x.kind === "constant" && isFloat(x.dtype)
    ? constant(x.dtype, -x.value)
    : { kind: "unary", dtype: x.dtype, op, x };

export const compare = (op: CompareOp, a: Expression, b: Expression): Expression => ({
  kind: "compare",
  dtype: "bool",
  op,
  a,
  b,
});
export const select = (condition: Expression, a: Expression, b: Expression): Expression => ({
  kind: "select",
  dtype: a.dtype,
  condition,
  a,
  b,
});
export const convert = (dtype: DType, x: Expression): Expression =>
  x.dtype === dtype ? x : { kind: "convert", dtype, x };
export const reinterpret = (dtype: DType, x: Expression): Expression =>
  x.dtype === dtype ? x : { kind: "reinterpret", dtype, x };

const isInt = (e: Expression, value: number): boolean =>
  e.kind === "constant" && e.dtype === "i32" && e.value === value;

const floatArithmetic: Partial<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

/**
 * A binary node. Index arithmetic is folded here, and what IEEE 754 rounds once (f32 in f64 and then rounded gives the same); never a float
 * operation with a variable operand.
 */
export function binary(op: BinaryOp, a: Expression, b: Expression): Expression {
  if (a.dtype === "i32") {
    if (op === "add" && isInt(a, 0)) return b;
    if ((op === "add" || op === "sub") && isInt(b, 0)) return a;
    if (op === "mul" && (isInt(a, 1) || isInt(b, 0))) return b;
    if (op === "mul" && (isInt(b, 1) || isInt(a, 0))) return a;
    if (a.kind === "constant" && b.kind === "constant") {
      if (op === "add") return int((a.value + b.value) | 0);
      if (op === "sub") return int((a.value - b.value) | 0);
      if (op === "mul") return int(Math.imul(a.value, b.value));
    }
  }
  const exact = floatArithmetic[op];
  if (exact !== undefined && a.kind === "constant" && b.kind === "constant" && isFloat(a.dtype)) {
    const round = a.dtype === "f32" ? Math.fround : Number;
    return constant(a.dtype, round(exact(round(a.value), round(b.value))));
  }
  return { kind: "binary", dtype: a.dtype, op, a, b };
}
export const add = (a: Expression, b: Expression): Expression => binary("add", a, b);
export const sub = (a: Expression, b: Expression): Expression => binary("sub", a, b);
export const mul = (a: Expression, b: Expression): Expression => binary("mul", a, b);
export const div = (a: Expression, b: Expression): Expression => binary("div", a, b);
