import type { Expression, Local } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { localGet, localSet, localTee, memarg, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { type LanePlan, type Variance, varianceOf } from "./lanes.js";
import * as simd from "./simdOpcodes.js";
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

/**
 * One of the vectors: which locals it uses, how many iterations it lies after the loop index, and how many of its lanes are
 * iterations: the last vector of a loop may be incomplete. The other lanes compute something, but neither load nor store.
 */
export interface Copy {
  readonly number: number;
  readonly offset: number;
  readonly live: number;
}

/** Vectors for `extent` iterations. */
export const consecutiveCopies = ({ count }: LanePlan, extent: number): Copy[] =>
  Array.from({ length: Math.ceil(extent / count) }, (_, number) => ({
    number,
    offset: number * count,
    live: Math.min(count, extent - number * count),
  }));

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

/** Takes an address of consecutive elements from the stack, leaves them as they lie in memory; lanes above are 0. */
export function emitConsecutiveLoad(scope: Scope, dtype: DType, live: number, offset: number): void {
  const { code } = scope;
  const shift = shiftOf(dtype);
  const bytes = live << shift;
  const address = bytes === 12 ? temporary(scope, wasmType.i32) : 0;
  if (bytes === 12) localTee(code, address);
  simdOp(code, bytes === 16 ? simd.v128Load : bytes === 4 ? simd.v128Load32Zero : simd.v128Load64Zero);
  memarg(code, shift, offset);
  if (bytes !== 12) return;
  const low = temporary(scope, wasmType.v128);
  localSet(code, low);
  localGet(code, address);
  localGet(code, low);
  simdOp(code, simd.v128Load32Lane);
  memarg(code, shift, offset + 8);
  code.push(2);
}

/** Takes an address and a vector as `emitStored` leaves it; stores the lanes that are live. */
export function emitConsecutiveStore(scope: Scope, dtype: DType, live: number, offset: number): void {
  const { code } = scope;
  const shift = shiftOf(dtype);
  const bytes = live << shift;
  const [address, value] = bytes === 12 ? [temporary(scope, wasmType.i32), temporary(scope, wasmType.v128)] : [0, 0];
  if (bytes === 12) {
    localSet(code, value);
    localTee(code, address);
    localGet(code, value);
  }
  simdOp(code, bytes === 16 ? simd.v128Store : bytes === 4 ? simd.v128Store32Lane : simd.v128Store64Lane);
  memarg(code, shift, offset);
  if (bytes !== 16) code.push(0);
  if (bytes !== 12) return;
  localGet(code, address);
  localGet(code, value);
  simdOp(code, simd.v128Store32Lane);
  memarg(code, shift, offset + 8);
  code.push(2);
}
