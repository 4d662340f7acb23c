import type { BinaryOp, CompareOp, UnaryOp } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { pow2MagicF32, pow2MagicF64 } from "../interpreter/scalar.js";
import {
  type WasmFunction,
  f32Const,
  f64Const,
  i32Const,
  i64Const,
  localGet,
  localSet,
  localTee,
  miscOp,
  newLocal,
} from "./assembler.js";
import * as wasmType from "./wasmType.js";
import * as misc from "./miscOpcodes.js";
import * as op from "./opcodes.js";

/** Takes its operands from the stack and leaves its result there: one opcode, or what emits several. */
type Instruction = number | ((code: number[], f: WasmFunction) => void);

export function emitInstruction(code: number[], f: WasmFunction, instruction: Instruction): void {
  if (typeof instruction === "number") code.push(instruction);
  else instruction(code, f);
}

const nothing: Instruction = () => {};

type UnaryTable = Readonly<Partial<Record<UnaryOp, Instruction>>>;
type BinaryTable = Readonly<Partial<Record<BinaryOp, Instruction>>>;

const unaryF32: UnaryTable = {
  neg: op.f32Neg,
  abs: op.f32Abs,
  sqrt: op.f32Sqrt,
  floor: op.f32Floor,
  ceil: op.f32Ceil,
  trunc: op.f32Trunc,
  nearest: op.f32Nearest,
  pow2(code) {
    f32Const(code, pow2MagicF32);
    code.push(op.f32Add, op.i32ReinterpretF32);
    i32Const(code, 23);
    code.push(op.i32Shl, op.f32ReinterpretI32);
  },
  exponent(code) {
    code.push(op.f32Abs, op.i32ReinterpretF32);
    i32Const(code, 23);
    code.push(op.i32ShrU);
    i32Const(code, 127);
    code.push(op.i32Sub, op.f32ConvertI32S);
  },
  mantissa(code) {
    code.push(op.i32ReinterpretF32);
    i32Const(code, 0x7fffff);
    code.push(op.i32And);
    i32Const(code, 0x3f800000);
    code.push(op.i32Or, op.f32ReinterpretI32);
  },
};

/** 2^52 + 1023, whose bits the biased exponent is or-ed into: subtracting it leaves the exponent as a float. */
export const exponentMagicF64: number = 2 ** 52 + 1023;

const unaryF64: UnaryTable = {
  neg: op.f64Neg,
  abs: op.f64Abs,
  sqrt: op.f64Sqrt,
  floor: op.f64Floor,
  ceil: op.f64Ceil,
  trunc: op.f64Trunc,
  nearest: op.f64Nearest,
  pow2(code) {
    f64Const(code, pow2MagicF64);
    code.push(op.f64Add, op.i64ReinterpretF64);
    i64Const(code, 52n);
    code.push(op.i64Shl, op.f64ReinterpretI64);
  },
  exponent(code) {
    code.push(op.f64Abs, op.i64ReinterpretF64);
    i64Const(code, 52n);
    code.push(op.i64ShrU);
    i64Const(code, 0x4330000000000000n);
    code.push(op.i64Or, op.f64ReinterpretI64);
    f64Const(code, exponentMagicF64);
    code.push(op.f64Sub);
  },
  mantissa(code) {
    code.push(op.i64ReinterpretF64);
    i64Const(code, 0xfffffffffffffn);
    code.push(op.i64And);
    i64Const(code, 0x3ff0000000000000n);
    code.push(op.i64Or, op.f64ReinterpretI64);
  },
};

const negInt: Instruction = (code) => {
  i32Const(code, -1);
  code.push(op.i32Mul);
};
const notInt: Instruction = (code) => {
  i32Const(code, -1);
  code.push(op.i32Xor);
};
/** |x| = (x ^ s) - s, s = x >> 31. */
const absInt: Instruction = (code, f) => {
  const x = newLocal(f, wasmType.i32);
  const s = newLocal(f, wasmType.i32);
  localTee(code, x);
  i32Const(code, 31);
  code.push(op.i32ShrS);
  localTee(code, s);
  localGet(code, x);
  code.push(op.i32Xor);
  localGet(code, s);
  code.push(op.i32Sub);
};

export const unaryInstructions: Readonly<Record<DType, UnaryTable>> = {
  f32: unaryF32,
  f64: unaryF64,
  i32: { neg: negInt, abs: absInt, not: notInt },
  u32: { neg: negInt, abs: nothing, not: notInt },
  bool: { not: op.i32Eqz },
};

/** Pops b, then a, into fresh locals. */
function operandPair(code: number[], f: WasmFunction): { a: number; b: number } {
  const a = newLocal(f, wasmType.i32);
  const b = newLocal(f, wasmType.i32);
  localSet(code, b);
  localSet(code, a);
  return { a, b };
}

/** `a` if `compare` holds, else `b`. */
const pick =
  (compare: number): Instruction =>
  (code, f) => {
    const { a, b } = operandPair(code, f);
    for (const local of [a, b, a, b]) localGet(code, local);
    code.push(compare, op.select);
  };

/** Division traps for 0 and for INT_MIN / -1, so both divisors are replaced by 1 first. x / -1 is then -x, which wraps. */
const divS: Instruction = (code, f) => {
  const { a, b } = operandPair(code, f);
  i32Const(code, 0);
  localGet(code, a);
  code.push(op.i32Sub);
  localGet(code, a);
  i32Const(code, 1);
  localGet(code, b);
  localGet(code, b);
  i32Const(code, 1);
  code.push(op.i32Add);
  i32Const(code, 1);
  code.push(op.i32LeU, op.select, op.i32DivS);
  localGet(code, b);
  i32Const(code, -1);
  code.push(op.i32Eq, op.select);
  i32Const(code, 0);
  localGet(code, b);
  code.push(op.select);
};

/** b, or 1 where b is 0. */
function nonZero(code: number[], b: number): void {
  localGet(code, b);
  localGet(code, b);
  code.push(op.i32Eqz, op.i32Or);
}
const divU: Instruction = (code, f) => {
  const { a, b } = operandPair(code, f);
  localGet(code, a);
  nonZero(code, b);
  code.push(op.i32DivU);
  i32Const(code, 0);
  localGet(code, b);
  code.push(op.select);
};
const rem =
  (opcode: number): Instruction =>
  (code, f) => {
    const { a, b } = operandPair(code, f);
    localGet(code, a);
    nonZero(code, b);
    code.push(opcode);
    localGet(code, a);
    localGet(code, b);
    code.push(op.select);
  };

const bitwise: BinaryTable = { and: op.i32And, or: op.i32Or, xor: op.i32Xor };
const wrapping: BinaryTable = {
  ...bitwise,
  add: op.i32Add,
  sub: op.i32Sub,
  mul: op.i32Mul,
  shl: op.i32Shl,
};

export const binaryInstructions: Readonly<Record<DType, BinaryTable>> = {
  f32: {
    add: op.f32Add,
    sub: op.f32Sub,
    mul: op.f32Mul,
    div: op.f32Div,
    min: op.f32Min,
    max: op.f32Max,
    copysign: op.f32Copysign,
  },
  f64: {
    add: op.f64Add,
    sub: op.f64Sub,
    mul: op.f64Mul,
    div: op.f64Div,
    min: op.f64Min,
    max: op.f64Max,
    copysign: op.f64Copysign,
  },
  i32: {
    ...wrapping,
    div: divS,
    rem: rem(op.i32RemS),
    min: pick(op.i32LtS),
    max: pick(op.i32GtS),
    shr: op.i32ShrS,
  },
  u32: {
    ...wrapping,
    div: divU,
    rem: rem(op.i32RemU),
    min: pick(op.i32LtU),
    max: pick(op.i32GtU),
    shr: op.i32ShrU,
  },
  bool: { ...bitwise, min: op.i32And, max: op.i32Or },
};

/** Division whose divisor is a constant other than 0 and -1 needs no guard, and V8 turns it into a multiplication. */
export const unguardedDivision: Readonly<Partial<Record<string, number>>> = {
  "i32 div": op.i32DivS,
  "i32 rem": op.i32RemS,
  "u32 div": op.i32DivU,
  "u32 rem": op.i32RemU,
};

type CompareTable = Readonly<Record<CompareOp, number>>;
const compareUnsigned: CompareTable = {
  eq: op.i32Eq,
  ne: op.i32Ne,
  lt: op.i32LtU,
  le: op.i32LeU,
  gt: op.i32GtU,
  ge: op.i32GeU,
};
export const compareInstructions: Readonly<Record<DType, CompareTable>> = {
  f32: { eq: op.f32Eq, ne: op.f32Ne, lt: op.f32Lt, le: op.f32Le, gt: op.f32Gt, ge: op.f32Ge },
  f64: { eq: op.f64Eq, ne: op.f64Ne, lt: op.f64Lt, le: op.f64Le, gt: op.f64Gt, ge: op.f64Ge },
  i32: { eq: op.i32Eq, ne: op.i32Ne, lt: op.i32LtS, le: op.i32LeS, gt: op.i32GtS, ge: op.i32GeS },
  u32: compareUnsigned,
  bool: compareUnsigned,
};

const miscellaneous =
  (opcode: number): Instruction =>
  (code) =>
    miscOp(code, opcode);
const intToBool: Instruction = (code) => void code.push(op.i32Eqz, op.i32Eqz);

/** conversions[from][to] */
export const conversions: Readonly<Record<DType, Readonly<Record<DType, Instruction>>>> = {
  f32: {
    f32: nothing,
    f64: op.f64PromoteF32,
    i32: miscellaneous(misc.i32TruncSatF32S),
    u32: miscellaneous(misc.i32TruncSatF32U),
    bool(code) {
      f32Const(code, 0);
      code.push(op.f32Ne);
    },
  },
  f64: {
    f32: op.f32DemoteF64,
    f64: nothing,
    i32: miscellaneous(misc.i32TruncSatF64S),
    u32: miscellaneous(misc.i32TruncSatF64U),
    bool(code) {
      f64Const(code, 0);
      code.push(op.f64Ne);
    },
  },
  i32: { f32: op.f32ConvertI32S, f64: op.f64ConvertI32S, i32: nothing, u32: nothing, bool: intToBool },
  u32: { f32: op.f32ConvertI32U, f64: op.f64ConvertI32U, i32: nothing, u32: nothing, bool: intToBool },
  bool: { f32: op.f32ConvertI32S, f64: op.f64ConvertI32S, i32: nothing, u32: nothing, bool: nothing },
};

export function reinterpretInstruction(code: number[], from: DType, to: DType): void {
  if (from === "f32" && to !== "f32") code.push(op.i32ReinterpretF32);
  else if (to === "f32" && from !== "f32") code.push(op.f32ReinterpretI32);
}
