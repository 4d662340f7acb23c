import type { Expression } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { i32Const, localGet, localSet, memarg, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitAddress, emitBinary, emitScalar, undefinedOn } from "./emitScalar.js";
import { emitWithoutSpecialValues } from "./minMax.js";
import * as op from "./opcodes.js";
import * as simd from "./simdOpcodes.js";
import { type Scope, hoisted, isHoistable, shiftOf, temporary, vectorConstant } from "./scope.js";
import { binaryVector, compareVector, multiplyAdd, vectorConversions } from "./vectorInstructions.js";
import {
  type Copy,
  type Lanes,
  type MaskBytes,
  emitConsecutiveLoad,
  emitConsecutiveStore,
  maskBytes,
  maskOfWords,
  resizeMask,
  variance,
  vectorLocal,
} from "./vectorRegisters.js";
import { emitVectorUnary } from "./vectorUnary.js";

/** Leaves the value of `e` in the lanes of one copy on the stack. */
export function emitVector(scope: Scope, lanes: Lanes, e: Expression, copy: Copy): void {
  if (e.dtype === "bool") return emitMask(scope, lanes, e, copy, maskBytes(lanes));
  const { code, unit } = scope;
  const change = variance(lanes, e);
  const splat = e.kind === "local" ? lanes.splats.get(e.local) : undefined;
  if (splat !== undefined) return localGet(code, splat);
  if (change === 0) return emitSplat(scope, e);
  if (change !== "lanes") {
    emitScalar(scope, e);
    simdOp(code, simd.i32x4Splat);
    localGet(
      code,
      vectorConstant(
        unit,
        "i32",
        [0, 1, 2, 3].map((lane) => Math.imul(change, copy.offset + lane)),
      ),
    );
    return simdOp(code, simd.i32x4Add);
  }
  const vector = (x: Expression): void => emitVector(scope, lanes, x, copy);

  switch (e.kind) {
    case "local":
      return localGet(code, vectorLocal(scope, lanes, e.local, copy));
    case "load":
      return emitVectorLoad(scope, lanes, e, copy);
    case "unary":
      vector(e.x);
      return emitVectorUnary(scope, e.op, e.dtype);
    case "binary":
      if (e.op === "shl" || e.op === "shr") {
        if (variance(lanes, e.b) !== 0) return emitLaneByLane(scope, lanes, e, copy);
        vector(e.a);
        emitScalar(scope, e.b);
        return simdOp(code, binaryVector[e.dtype][e.op] ?? undefinedOn(e.op, e.dtype));
      }
      if (e.op === "copysign") {
        vector(e.b);
        vector(e.a);
        localGet(code, vectorConstant(unit, e.dtype === "f64" ? "f64" : "f32", [-0]));
        return simdOp(code, simd.v128Bitselect);
      }
      if (emitWithoutSpecialValues(code, unit, e, vector)) return;
      if (binaryVector[e.dtype][e.op] === undefined) return emitLaneByLane(scope, lanes, e, copy);
      vector(e.a);
      vector(e.b);
      return simdOp(code, binaryVector[e.dtype][e.op] ?? undefinedOn(e.op, e.dtype));
    case "fma":
      for (const x of [e.a, e.b, e.c]) vector(x);
      return simdOp(code, multiplyAdd(e.dtype));
    case "select":
      if (emitWithoutSpecialValues(code, unit, e, vector)) return;
      vector(e.a);
      vector(e.b);
      emitMask(scope, lanes, e.condition, copy, e.dtype === "f64" ? 8 : 4);
      return simdOp(code, simd.v128Bitselect);
    case "convert":
      if (e.x.dtype === "bool") {
        // true is 1, so the mask keeps the bits of 1.
        emitMask(scope, lanes, e.x, copy, e.dtype === "f64" ? 8 : 4);
        localGet(code, vectorConstant(unit, e.dtype === "u32" ? "i32" : e.dtype, [1]));
        return simdOp(code, simd.v128And);
      }
      vector(e.x);
      if (isInteger(e.x.dtype) && isInteger(e.dtype)) return;
      return simdOp(code, vectorConversions[`${e.x.dtype} ${e.dtype}`] ?? undefinedOn("convert", e.dtype));
    case "reinterpret":
      return vector(e.x);
    default:
      throw new Error(`emitVector: a ${e.kind} of dtype ${e.dtype}.`);
  }
}

const isInteger = (dtype: DType): boolean => dtype === "i32" || dtype === "u32";

/** A value that is the same in all lanes, as a vector; before the loop if it does not change there at all. */
export function emitSplat(scope: Scope, e: Expression): void {
  const { code, unit } = scope;
  if (e.kind === "constant")
    return localGet(code, vectorConstant(unit, e.dtype === "f32" || e.dtype === "f64" ? e.dtype : "i32", [e.value]));
  if (isHoistable(scope, e))
    return localGet(
      code,
      hoisted(scope, "splat", e, wasmType.v128, (outer) => emitSplat(outer, e)),
    );
  if (e.kind === "load") {
    emitAddress(scope, e.buffer, e.index, e.dtype);
    simdOp(code, e.dtype === "f64" ? simd.v128Load64Splat : simd.v128Load32Splat);
    return memarg(code, shiftOf(e.dtype), 0);
  }
  emitScalar(scope, e);
  simdOp(code, e.dtype === "f32" ? simd.f32x4Splat : e.dtype === "f64" ? simd.f64x2Splat : simd.i32x4Splat);
}

/** A boolean as lanes of all ones or zeros, each `want` bytes wide. */
function emitMask(scope: Scope, lanes: Lanes, e: Expression, copy: Copy, want: MaskBytes): void {
  const { code, unit } = scope;
  const mask = (x: Expression): void => emitMask(scope, lanes, x, copy, want);
  if (variance(lanes, e) === 0) {
    if (e.kind === "constant") return localGet(code, vectorConstant(unit, "i32", [e.value !== 0 ? -1 : 0]));
    const compute = (inner: Scope): void => {
      i32Const(inner.code, 0);
      emitScalar(inner, e);
      inner.code.push(op.i32Sub);
      simdOp(inner.code, simd.i32x4Splat); // all ones are all ones at any width
    };
    if (isHoistable(scope, e)) return localGet(code, hoisted(scope, "mask", e, wasmType.v128, compute));
    return compute(scope);
  }
  switch (e.kind) {
    case "local":
      localGet(code, vectorLocal(scope, lanes, e.local, copy));
      return resizeMask(scope, maskBytes(lanes), want);
    case "unary":
      mask(e.x);
      return simdOp(code, simd.v128Not);
    case "binary":
      mask(e.a);
      mask(e.b);
      return simdOp(code, binaryVector.bool[e.op] ?? undefinedOn(e.op, "bool"));
    case "select":
      mask(e.a);
      mask(e.b);
      mask(e.condition);
      return simdOp(code, simd.v128Bitselect);
    case "compare": {
      const { dtype } = e.a;
      if (dtype === "bool")
        return emitMaskComparison(
          scope,
          e.op,
          () => mask(e.a),
          () => mask(e.b),
        );
      emitVector(scope, lanes, e.a, copy);
      emitVector(scope, lanes, e.b, copy);
      simdOp(code, compareVector[dtype][e.op]);
      return resizeMask(scope, dtype === "f64" ? 8 : 4, want);
    }
    case "convert": {
      const { dtype } = e.x;
      if (dtype === "bool") return mask(e.x);
      emitVector(scope, lanes, e.x, copy);
      localGet(code, vectorConstant(unit, dtype === "u32" ? "i32" : dtype, [0]));
      simdOp(code, compareVector[dtype].ne);
      return resizeMask(scope, dtype === "f64" ? 8 : 4, want);
    }
    case "load":
      emitVectorLoad(scope, lanes, e, copy);
      return maskOfWords(scope, want);
    default:
      throw new Error(`emitMask: a ${e.kind}.`);
  }
}

/** false < true. Masks compare as bits: a < b is not a and b. */
function emitMaskComparison(scope: Scope, compare: string, a: () => void, b: () => void): void {
  const { code } = scope;
  const equal = compare === "eq" || compare === "ne";
  const swapped = compare === "gt" || compare === "le"; // a > b is b < a; a <= b is not a > b
  (swapped ? b : a)();
  if (!equal) simdOp(code, simd.v128Not);
  (swapped ? a : b)();
  simdOp(code, equal ? simd.v128Xor : simd.v128And);
  if (compare === "eq" || compare === "le" || compare === "ge") simdOp(code, simd.v128Not);
}

/** Loads a vector: consecutive elements in one instruction, others one by one. A bool arrives as the words 0 and 1. */
function emitVectorLoad(scope: Scope, lanes: Lanes, e: Extract<Expression, { kind: "load" }>, copy: Copy): void {
  const { code, unit } = scope;
  const shift = shiftOf(e.dtype);
  const step = variance(lanes, e.index);
  if (step === 1) {
    emitAddress(scope, e.buffer, e.index, e.dtype);
    return emitConsecutiveLoad(scope, e.dtype, copy.live, copy.offset << shift);
  }
  const result = temporary(scope, wasmType.v128);
  localGet(code, vectorConstant(unit, "i32", [0]));
  localSet(code, result);
  emitElementAddresses(scope, lanes, e.buffer, e.index, e.dtype, copy, (lane, offset) => {
    localGet(code, result);
    simdOp(code, shift === 3 ? simd.v128Load64Lane : simd.v128Load32Lane);
    memarg(code, shift, offset);
    code.push(lane);
    localSet(code, result);
  });
  localGet(code, result);
}

/** For each live lane leaves the address of its element on the stack, less a constant offset, and calls `use`. */
function emitElementAddresses(
  scope: Scope,
  lanes: Lanes,
  buffer: number,
  index: Expression,
  dtype: DType,
  copy: Copy,
  use: (lane: number, offset: number) => void,
): void {
  const { code } = scope;
  const shift = shiftOf(dtype);
  const step = variance(lanes, index);
  if (step !== "lanes") {
    const base = temporary(scope, wasmType.i32);
    emitAddress(scope, buffer, index, dtype);
    localSet(code, base);
    for (let lane = 0; lane < copy.live; lane++) {
      localGet(code, base);
      const offset = Math.imul(step, copy.offset + lane) << shift;
      // An immediate offset does not wrap.
      if (offset < 0) {
        i32Const(code, offset);
        code.push(op.i32Add);
      }
      use(lane, Math.max(offset, 0));
    }
    return;
  }
  const indices = temporary(scope, wasmType.v128);
  emitVector(scope, lanes, index, copy);
  i32Const(code, shift);
  simdOp(code, simd.i32x4Shl);
  localSet(code, indices);
  for (let lane = 0; lane < copy.live; lane++) {
    localGet(code, indices);
    simdOp(code, simd.i32x4ExtractLane);
    code.push(lane);
    localGet(code, buffer);
    code.push(op.i32Add);
    use(lane, 0);
  }
}

/** Stores one copy's lanes of `value` at `index`. */
export function emitVectorStore(
  scope: Scope,
  lanes: Lanes,
  s: { readonly buffer: number; readonly index: Expression; readonly value: Expression },
  copy: Copy,
): void {
  const { code } = scope;
  const { dtype } = s.value;
  const shift = shiftOf(dtype);
  if (variance(lanes, s.index) === 1) {
    emitAddress(scope, s.buffer, s.index, dtype);
    emitStored(scope, lanes, s.value, copy);
    return emitConsecutiveStore(scope, dtype, copy.live, copy.offset << shift);
  }
  const value = temporary(scope, wasmType.v128);
  emitStored(scope, lanes, s.value, copy);
  localSet(code, value);
  emitElementAddresses(scope, lanes, s.buffer, s.index, dtype, copy, (lane, offset) => {
    localGet(code, value);
    simdOp(code, shift === 3 ? simd.v128Store64Lane : simd.v128Store32Lane);
    memarg(code, shift, offset);
    code.push(lane);
  });
}

/** A value in the form that memory holds: a bool as the words 0 and 1. */
export function emitStored(scope: Scope, lanes: Lanes, e: Expression, copy: Copy): void {
  if (e.dtype !== "bool") return emitVector(scope, lanes, e, copy);
  emitMask(scope, lanes, e, copy, 4);
  localGet(scope.code, vectorConstant(scope.unit, "i32", [1]));
  simdOp(scope.code, simd.v128And);
}

/** An operation without a SIMD form: each lane through the scalar one. */
function emitLaneByLane(scope: Scope, lanes: Lanes, e: Extract<Expression, { kind: "binary" }>, copy: Copy): void {
  const { code } = scope;
  const result = temporary(scope, wasmType.v128);
  const divisor = temporary(scope, wasmType.v128);
  emitVector(scope, lanes, e.a, copy);
  localSet(code, result);
  const constantDivisor = e.b.kind === "constant";
  if (!constantDivisor) {
    emitVector(scope, lanes, e.b, copy);
    localSet(code, divisor);
  }
  for (let lane = 0; lane < lanes.plan.count; lane++) {
    localGet(code, result);
    localGet(code, result);
    simdOp(code, simd.i32x4ExtractLane);
    code.push(lane);
    if (constantDivisor) emitScalar(scope, e.b);
    else {
      localGet(code, divisor);
      simdOp(code, simd.i32x4ExtractLane);
      code.push(lane);
    }
    emitBinary(scope, e);
    simdOp(code, simd.i32x4ReplaceLane);
    code.push(lane);
    if (lane < lanes.plan.count - 1) localSet(code, result);
  }
}
