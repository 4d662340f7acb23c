import type { Expression, Local } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { localGet, localTee, memarg, simdOp, wasmType } from "./assembler.js";
import { type LanePlan, type Variance, varianceOf } from "./lanes.js";
import { simd } from "./opcodes.js";
import { type Scope, shiftOf, temporary, vectorConstant } from "./scope.js";

/** The code of several iterations at once: vectors of `plan.count` lanes each. */
export interface Lanes {
  readonly plan: LanePlan;
  /** The vectors that code is emitted for. */
  readonly copies: readonly Copy[];
  /** The vectors of each local that varies, one a copy. */
  readonly vectors: Map<Local, number[]>;
  /** The vectors of locals that were loaded the same for all lanes. */
  readonly splats: Map<Local, number>;
}

/** One of the vectors: which locals it uses, and how many iterations it lies after the loop index. */
export interface Copy {
  readonly number: number;
  readonly offset: number;
}

export const consecutiveCopies = (plan: LanePlan, copies: number): Copy[] =>
  Array.from({ length: copies }, (_, number) => ({ number, offset: number * plan.count }));

/** Bytes of a boolean lane: a mask is as wide as the values it selects; locals hold the wider form. */
export type MaskBytes = 4 | 8;
export const maskBytes = (lanes: Lanes): MaskBytes => (lanes.plan.count === 2 ? 8 : 4);

export const variance = (lanes: Lanes, e: Expression): Variance => varianceOf(lanes.plan.variance, e);

/** The wasm local that holds a varying local in one copy. */
export function vectorLocal(scope: Scope, lanes: Lanes, local: Local, copy: Copy): number {
  let locals = lanes.vectors.get(local);
  if (locals === undefined) {
    locals = [];
    lanes.vectors.set(local, locals);
  }
  return (locals[copy.number] ??= temporary(scope, wasmType.v128));
}

const lowWords = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** Masks of the low two lanes of four, and of two. */
export function resizeMask(scope: Scope, have: MaskBytes, want: MaskBytes): void {
  const { code } = scope;
  if (have === want) return;
  if (want === 8) return simdOp(code, simd.i64x2ExtendLowI32x4S);
  emitShuffle(scope, lowWords);
}

/** Rearranges the bytes of the vector on the stack. */
export function emitShuffle(scope: Scope, bytes: readonly number[]): void {
  const { code } = scope;
  const vector = temporary(scope, wasmType.v128);
  localTee(code, vector);
  localGet(code, vector);
  simdOp(code, simd.i8x16Shuffle);
  code.push(...bytes);
}

/** The mask of the words 0 and 1 on the stack. */
export function maskOfWords(scope: Scope, want: MaskBytes): void {
  localGet(scope.code, vectorConstant(scope.unit, "i32", [0]));
  simdOp(scope.code, simd.i32x4Ne);
  resizeMask(scope, 4, want);
}

/** Takes an address of consecutive elements from the stack; leaves them in the form that locals have. */
export function emitConsecutiveLoad(scope: Scope, lanes: Lanes, dtype: DType, offset: number): void {
  const shift = shiftOf(dtype);
  simdOp(scope.code, lanes.plan.count << shift === 16 ? simd.v128Load : simd.v128Load64Zero);
  memarg(scope.code, shift, offset);
  if (dtype === "bool") maskOfWords(scope, maskBytes(lanes));
}

/** Takes an address and a vector as `emitStored` leaves it. */
export function emitConsecutiveStore(scope: Scope, lanes: Lanes, dtype: DType, offset: number): void {
  const shift = shiftOf(dtype);
  const narrow = lanes.plan.count << shift !== 16;
  simdOp(scope.code, narrow ? simd.v128Store64Lane : simd.v128Store);
  memarg(scope.code, shift, offset);
  if (narrow) scope.code.push(0);
}
