import type { UnaryOp } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { pow2MagicF32, pow2MagicF64 } from "../interpreter/scalar.js";
import { i32Const, localGet, simdOp } from "./assembler.js";
import { undefinedOn } from "./emitScalar.js";
import * as simd from "./simdOpcodes.js";
import { exponentMagicF64 } from "./scalarInstructions.js";
import { type Scope, vectorConstant } from "./scope.js";
import { unaryVector } from "./vectorInstructions.js";

/** An operation on the vector on the stack. Floats are taken apart by their bits, as in `interpreter/scalar.ts`. */
export function emitVectorUnary(scope: Scope, name: UnaryOp, dtype: DType): void {
  const { code, unit } = scope;
  const opcode = unaryVector[dtype][name];
  if (opcode !== undefined) return simdOp(code, opcode);
  if (dtype === "u32" && name === "abs") return;
  if (dtype !== "f32" && dtype !== "f64") undefinedOn(name, dtype);
  const wide = dtype === "f64";
  const constant = (value: number): void => localGet(code, vectorConstant(unit, dtype, [value]));
  // Bit patterns are written as pairs of words, low first.
  const bits = (low: number, high: number): void =>
    localGet(code, vectorConstant(unit, "i32", wide ? [low, high] : [high]));
  const fieldShift = wide ? 52 : 23;
  switch (name) {
    case "pow2":
      constant(wide ? pow2MagicF64 : pow2MagicF32);
      simdOp(code, wide ? simd.f64x2Add : simd.f32x4Add);
      i32Const(code, fieldShift);
      return simdOp(code, wide ? simd.i64x2Shl : simd.i32x4Shl);
    case "exponent":
      simdOp(code, wide ? simd.f64x2Abs : simd.f32x4Abs);
      i32Const(code, fieldShift);
      simdOp(code, wide ? simd.i64x2ShrU : simd.i32x4ShrU);
      // Or-ing the field into the bits of 2^52 (2^23) makes a float of it.
      bits(0, wide ? 0x43300000 : 0x4b000000);
      simdOp(code, simd.v128Or);
      constant(wide ? exponentMagicF64 : 2 ** 23 + 127);
      return simdOp(code, wide ? simd.f64x2Sub : simd.f32x4Sub);
    case "mantissa":
      bits(-1, wide ? 0xfffff : 0x7fffff);
      simdOp(code, simd.v128And);
      bits(0, wide ? 0x3ff00000 : 0x3f800000);
      return simdOp(code, simd.v128Or);
    default:
      undefinedOn(name, dtype);
  }
}
