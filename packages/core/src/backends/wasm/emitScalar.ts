import { type Expression, add, sub } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { constantOf } from "../interpreter/scalar.js";
import { f32Const, f64Const, i32Const, localGet, memarg, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import * as op from "./opcodes.js";
import {
  binaryInstructions,
  compareInstructions,
  conversions,
  emitInstruction,
  reinterpretInstruction,
  unaryInstructions,
  unguardedDivision,
} from "./scalarInstructions.js";
import * as simd from "./simdOpcodes.js";
import { multiplyAdd } from "./vectorInstructions.js";
import { type Scope, hoisted, isHoistable, scalarLocal, scalarType, shiftOf } from "./scope.js";

const loads: Readonly<Record<DType, number>> = {
  f32: op.f32Load,
  f64: op.f64Load,
  i32: op.i32Load,
  u32: op.i32Load,
  bool: op.i32Load,
};
const stores: Readonly<Record<DType, number>> = {
  f32: op.f32Store,
  f64: op.f64Store,
  i32: op.i32Store,
  u32: op.i32Store,
  bool: op.i32Store,
};

/** Leaves the value of `e` on the stack. What does not change in the innermost loop is computed before it. */
export function emitScalar(scope: Scope, e: Expression): void {
  const { code, unit } = scope;
  if (e.kind === "constant") return emitConstant(code, e.dtype, e.value);
  if (e.kind === "local") return localGet(code, scalarLocal(scope, e.local));
  if (isHoistable(scope, e))
    return localGet(
      code,
      hoisted(scope, "value", e, scalarType[e.dtype], (outer) => emitScalar(outer, e)),
    );

  switch (e.kind) {
    case "load":
      emitAddress(scope, e.buffer, e.index, e.dtype);
      return emitLoad(code, e.dtype, 0);
    case "unary":
      emitScalar(scope, e.x);
      return emitInstruction(code, unit.f, unaryInstructions[e.dtype][e.op] ?? undefinedOn(e.op, e.dtype));
    case "binary":
      emitScalar(scope, e.a);
      emitScalar(scope, e.b);
      return emitBinary(scope, e);
    case "fma": {
      // Scalars have no such instruction: the lanes of a vector, of which one counts.
      const wide = e.dtype === "f64";
      for (const x of [e.a, e.b, e.c]) {
        emitScalar(scope, x);
        simdOp(code, wide ? simd.f64x2Splat : simd.f32x4Splat);
      }
      simdOp(code, multiplyAdd(e.dtype));
      simdOp(code, wide ? simd.f64x2ExtractLane : simd.f32x4ExtractLane);
      code.push(0);
      return;
    }
    case "compare":
      emitScalar(scope, e.a);
      emitScalar(scope, e.b);
      code.push(compareInstructions[e.a.dtype][e.op]);
      return;
    case "select":
      emitScalar(scope, e.a);
      emitScalar(scope, e.b);
      emitScalar(scope, e.condition);
      code.push(op.select);
      return;
    case "convert":
      emitScalar(scope, e.x);
      return emitInstruction(code, unit.f, conversions[e.x.dtype][e.dtype]);
    case "reinterpret":
      emitScalar(scope, e.x);
      return reinterpretInstruction(code, e.x.dtype, e.dtype);
  }
}

/** The operation of a binary node, on operands that are on the stack. */
export function emitBinary(scope: Scope, e: Extract<Expression, { kind: "binary" }>): void {
  const division = unguardedDivision[`${e.dtype} ${e.op}`];
  const divisor = e.b.kind === "constant" ? constantOf(e.dtype, e.b.value) : 0;
  if (division !== undefined && divisor !== 0 && divisor !== -1) scope.code.push(division);
  else emitInstruction(scope.code, scope.unit.f, binaryInstructions[e.dtype][e.op] ?? undefinedOn(e.op, e.dtype));
}

export function undefinedOn(name: string, dtype: DType): never {
  throw new Error(`kernel: ${name} is not defined on ${dtype}. Convert the operand first.`);
}

function emitConstant(code: number[], dtype: DType, value: number): void {
  const exact = constantOf(dtype, value);
  if (dtype === "f32") f32Const(code, exact);
  else if (dtype === "f64") f64Const(code, exact);
  else i32Const(code, exact | 0);
}

/** Takes an address from the stack. */
export function emitLoad(code: number[], dtype: DType, offset: number): void {
  code.push(loads[dtype]);
  memarg(code, shiftOf(dtype), offset);
}
/** Takes an address and a value. */
export function emitStore(code: number[], dtype: DType, offset: number): void {
  code.push(stores[dtype]);
  memarg(code, shiftOf(dtype), offset);
}

/**
 * Leaves the byte address of an element on the stack. The terms of the index that do not change in the innermost loop
 * are added to the buffer's address before it (32-bit addition wraps, so the order of terms does not matter).
 */
export function emitAddress(scope: Scope, buffer: number, index: Expression, dtype: DType): void {
  const { code } = scope;
  const { fixed, varying } = splitTerms(scope, index);
  if (scope.loop !== undefined && fixed !== undefined)
    localGet(
      code,
      // The element size is part of the address.
      hoisted(scope, `address ${buffer} ${shiftOf(dtype)}`, fixed, wasmType.i32, (outer) =>
        emitAddress(outer, buffer, fixed, dtype),
      ),
    );
  else localGet(code, buffer);
  if (varying === undefined) return;
  emitScalar(scope, varying);
  i32Const(code, shiftOf(dtype));
  code.push(op.i32Shl, op.i32Add);
}

function splitTerms(
  scope: Scope,
  index: Expression,
): { fixed: Expression | undefined; varying: Expression | undefined } {
  if (scope.loop === undefined) return { fixed: undefined, varying: index };
  let fixed: Expression | undefined;
  let varying: Expression | undefined;
  const visit = (e: Expression, negative: boolean): void => {
    if (e.kind === "binary" && (e.op === "add" || e.op === "sub") && !isHoistable(scope, e)) {
      visit(e.a, negative);
      visit(e.b, negative !== (e.op === "sub"));
    } else if (isHoistable(scope, e)) fixed = join(fixed, e, negative);
    else varying = join(varying, e, negative);
  };
  visit(index, false);
  return { fixed, varying };
}

const zero: Expression = { kind: "constant", dtype: "i32", value: 0 };
const join = (sum: Expression | undefined, term: Expression, negative: boolean): Expression =>
  sum === undefined ? (negative ? sub(zero, term) : term) : negative ? sub(sum, term) : add(sum, term);
