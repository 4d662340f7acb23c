import type { BinaryOp, CompareOp, UnaryOp } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import * as simd from "./simdOpcodes.js";

/**
 * The SIMD instruction of each operation, by dtype; an operation that is missing has none and is composed in `emitVector` or
 * done lane by lane. Booleans are masks of all ones, so the bitwise instructions serve them.
 */
type Table<Op extends string> = Readonly<Record<DType, Readonly<Partial<Record<Op, number>>>>>;

export const unaryVector: Table<UnaryOp> = {
  f32: {
    neg: simd.f32x4Neg,
    abs: simd.f32x4Abs,
    sqrt: simd.f32x4Sqrt,
    floor: simd.f32x4Floor,
    ceil: simd.f32x4Ceil,
    trunc: simd.f32x4Trunc,
    nearest: simd.f32x4Nearest,
  },
  f64: {
    neg: simd.f64x2Neg,
    abs: simd.f64x2Abs,
    sqrt: simd.f64x2Sqrt,
    floor: simd.f64x2Floor,
    ceil: simd.f64x2Ceil,
    trunc: simd.f64x2Trunc,
    nearest: simd.f64x2Nearest,
  },
  i32: { neg: simd.i32x4Neg, abs: simd.i32x4Abs, not: simd.v128Not },
  u32: { neg: simd.i32x4Neg, not: simd.v128Not },
  bool: { not: simd.v128Not },
};

const bitwise = { and: simd.v128And, or: simd.v128Or, xor: simd.v128Xor } as const;
const wrapping = {
  ...bitwise,
  add: simd.i32x4Add,
  sub: simd.i32x4Sub,
  mul: simd.i32x4Mul,
  shl: simd.i32x4Shl,
} as const;

export const binaryVector: Table<BinaryOp> = {
  f32: {
    add: simd.f32x4Add,
    sub: simd.f32x4Sub,
    mul: simd.f32x4Mul,
    div: simd.f32x4Div,
    min: simd.f32x4Min,
    max: simd.f32x4Max,
  },
  f64: {
    add: simd.f64x2Add,
    sub: simd.f64x2Sub,
    mul: simd.f64x2Mul,
    div: simd.f64x2Div,
    min: simd.f64x2Min,
    max: simd.f64x2Max,
  },
  i32: { ...wrapping, min: simd.i32x4MinS, max: simd.i32x4MaxS, shr: simd.i32x4ShrS },
  u32: { ...wrapping, min: simd.i32x4MinU, max: simd.i32x4MaxU, shr: simd.i32x4ShrU },
  bool: { ...bitwise, min: simd.v128And, max: simd.v128Or },
};

type CompareTable = Readonly<Record<CompareOp, number>>;
const compareUnsigned: CompareTable = {
  eq: simd.i32x4Eq,
  ne: simd.i32x4Ne,
  lt: simd.i32x4LtU,
  le: simd.i32x4LeU,
  gt: simd.i32x4GtU,
  ge: simd.i32x4GeU,
};
export const compareVector: Readonly<Record<Exclude<DType, "bool">, CompareTable>> = {
  f32: {
    eq: simd.f32x4Eq,
    ne: simd.f32x4Ne,
    lt: simd.f32x4Lt,
    le: simd.f32x4Le,
    gt: simd.f32x4Gt,
    ge: simd.f32x4Ge,
  },
  f64: {
    eq: simd.f64x2Eq,
    ne: simd.f64x2Ne,
    lt: simd.f64x2Lt,
    le: simd.f64x2Le,
    gt: simd.f64x2Gt,
    ge: simd.f64x2Ge,
  },
  i32: {
    eq: simd.i32x4Eq,
    ne: simd.i32x4Ne,
    lt: simd.i32x4LtS,
    le: simd.i32x4LeS,
    gt: simd.i32x4GtS,
    ge: simd.i32x4GeS,
  },
  u32: compareUnsigned,
};

/** Between numeric dtypes; where an f64 takes part, the other side is the low two of four lanes. */
export const vectorConversions: Readonly<Partial<Record<string, number>>> = {
  "f32 f64": simd.f64x2PromoteLowF32x4,
  "f64 f32": simd.f32x4DemoteF64x2Zero,
  "i32 f32": simd.f32x4ConvertI32x4S,
  "u32 f32": simd.f32x4ConvertI32x4U,
  "i32 f64": simd.f64x2ConvertLowI32x4S,
  "u32 f64": simd.f64x2ConvertLowI32x4U,
  "f32 i32": simd.i32x4TruncSatF32x4S,
  "f32 u32": simd.i32x4TruncSatF32x4U,
  "f64 i32": simd.i32x4TruncSatF64x2SZero,
  "f64 u32": simd.i32x4TruncSatF64x2UZero,
};

/** a * b + c in one rounding. */
export const multiplyAdd = (dtype: DType): number => (dtype === "f64" ? simd.f64x2RelaxedMadd : simd.f32x4RelaxedMadd);
