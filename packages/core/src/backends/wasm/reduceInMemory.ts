import type { Expression, Local } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { emptyBlock, i32Const, indexed, localGet, localSet, localTee, memarg, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitLoad, emitScalar, emitStore } from "./emitScalar.js";
import { emitVector } from "./emitVector.js";
import { emitExtent, emitGuardedLoop, emitStepping, resetIndex } from "./loops.js";
import * as op from "./opcodes.js";
import * as simd from "./simdOpcodes.js";
import { scratchBytes } from "./memoryLayout.js";
import { type Scope, scalarLocal, temporary } from "./scope.js";
import { pushScratch } from "./scratch.js";
import { effectsOf } from "../../kernel/traverse.js";
import { type Copy, type Lanes, vectorLocal } from "./vectorRegisters.js";

type Reduce = Extract<Statement, { kind: "reduce" }>;

/** How a value is held while reducing: in a scalar, or in the vectors of a loop in lanes around the reduction. */
interface Form {
  readonly copies: readonly Copy[];
  readonly bytes: 8 | 16;
  readonly value: (scope: Scope, e: Expression, copy: Copy) => void;
  readonly local: (scope: Scope, local: Local, copy: Copy) => number;
  readonly load: (code: number[], local: Local, offset: number) => void;
  readonly store: (code: number[], local: Local, offset: number) => void;
}

const scalarForm: Form = {
  copies: [{ number: 0, offset: 0, live: 1 }],
  bytes: 8,
  value: emitScalar,
  local: scalarLocal,
  load: (code, local, offset) => emitLoad(code, local.dtype, offset),
  store: (code, local, offset) => emitStore(code, local.dtype, offset),
};

const vectorForm = (lanes: Lanes): Form => ({
  copies: lanes.copies,
  bytes: 16,
  value: (scope, e, copy) => emitVector(scope, lanes, e, copy),
  local: (scope, local, copy) => vectorLocal(scope, lanes, local, copy),
  load(code, _local, offset) {
    simdOp(code, simd.v128Load);
    memarg(code, 4, offset);
  },
  store(code, _local, offset) {
    simdOp(code, simd.v128Store);
    memarg(code, 4, offset);
  },
});

/** A reduction that cannot be run in lanes itself. */
export const emitReduceScalar = (scope: Scope, s: Reduce, body: (into: Scope) => void): void =>
  emitReduceInMemory(scope, scalarForm, s, body);

/** A reduction inside a loop in lanes: each lane does its own. */
export const emitReduceInLanes = (scope: Scope, lanes: Lanes, s: Reduce, body: (into: Scope) => void): void =>
  emitReduceInMemory(scope, vectorForm(lanes), s, body);

/**
 * Keeps the `width` partial results in the scratch memory, and works on the one that the iteration belongs to: one load and
 * one store an iteration, in exchange for code that does not grow with the width.
 */
function emitReduceInMemory(scope: Scope, form: Form, s: Reduce, body: (into: Scope) => void): void {
  const { code } = scope;
  const { width, accumulators } = s;
  const extent = emitExtent(scope, s.extent);
  const index = scalarLocal(scope, s.index);
  const inMemory = width > 1;
  // Partial results of one w lie together.
  const stride = form.copies.length * accumulators.length * form.bytes;
  const offsetOf = (copy: Copy, k: number): number => (copy.number * accumulators.length + k) * form.bytes;
  if (inMemory && width * stride > scratchBytes)
    throw new RangeError(
      `reduce: width ${width} with ${accumulators.length} accumulators needs ${width * stride} bytes, the limit is ${scratchBytes}. Use a smaller width.`,
    );
  const pointer = temporary(scope, wasmType.i32);

  const forEachPartial = (visit: (copy: Copy, k: number, offset: number) => void): void => {
    for (const copy of form.copies) accumulators.forEach((_, k) => visit(copy, k, offsetOf(copy, k)));
  };
  /** All new values before any is assigned. */
  const assignAll = (into: Scope, pick: "step" | "merge"): void => {
    for (const copy of form.copies) {
      for (const a of accumulators) form.value(into, a[pick], copy);
      for (const a of [...accumulators].reverse()) localSet(into.code, form.local(into, a.local, copy));
    }
  };
  const loadInto = (into: Scope, which: "local" | "left" | "right", address: number): void =>
    forEachPartial((copy, k, offset) => {
      const a = accumulators[k];
      localGet(into.code, address);
      form.load(into.code, a.local, offset);
      localSet(into.code, form.local(into, a[which], copy));
    });
  const storeAll = (into: Scope): void =>
    forEachPartial((copy, k, offset) => {
      const a = accumulators[k];
      localGet(into.code, pointer);
      localGet(into.code, form.local(into, a.local, copy));
      form.store(into.code, a.local, offset);
    });

  for (const copy of form.copies)
    for (const a of accumulators) {
      form.value(scope, a.init, copy);
      localSet(code, form.local(scope, a.local, copy));
    }
  if (inMemory)
    emitPointerLoop(
      scope,
      pointer,
      stride,
      () => pushScratch(scope, width * stride),
      () => storeAll(scope),
    );

  const effects = effectsOf(s.body, [s.index, ...accumulators.map((a) => a.local)]);
  emitGuardedLoop(scope, effects, extent, (_, into) => {
    resetIndex(into.code, index);
    emitStepping(into, index, extent, 1, true, () => {
      if (inMemory) {
        localGet(into.code, index);
        i32Const(into.code, width - 1);
        into.code.push(op.i32And);
        i32Const(into.code, stride);
        into.code.push(op.i32Mul);
        pushScratch(into);
        into.code.push(op.i32Add);
        localSet(into.code, pointer);
        loadInto(into, "local", pointer);
      }
      body(into);
      assignAll(into, "step");
      if (inMemory) storeAll(into);
    });
  });

  if (inMemory) {
    // h, the distance of the two operands of a merge, in bytes.
    const h = temporary(scope, wasmType.i32);
    const right = temporary(scope, wasmType.i32);
    i32Const(code, (width / 2) * stride);
    localSet(code, h);
    code.push(op.loop, emptyBlock);
    const pushEnd = (): void => {
      pushScratch(scope);
      localGet(code, h);
      code.push(op.i32Add);
    };
    emitPointerLoop(scope, pointer, stride, pushEnd, () => {
      localGet(code, pointer);
      localGet(code, h);
      code.push(op.i32Add);
      localSet(code, right);
      loadInto(scope, "left", pointer);
      loadInto(scope, "right", right);
      assignAll(scope, "merge");
      storeAll(scope);
    });
    localGet(code, h);
    i32Const(code, 1);
    code.push(op.i32ShrU);
    localTee(code, h);
    i32Const(code, stride);
    code.push(op.i32GeU);
    indexed(code, op.brIf, 0);
    code.push(op.end);
    pushScratch(scope);
    localSet(code, pointer);
    loadInto(scope, "local", pointer);
  }
  for (const a of accumulators) scope.declared.add(a.local);
}

/** for (pointer = scratch; pointer < end; pointer += stride), at least once. */
function emitPointerLoop(scope: Scope, pointer: number, stride: number, pushEnd: () => void, body: () => void): void {
  const { code } = scope;
  pushScratch(scope);
  localSet(code, pointer);
  code.push(op.loop, emptyBlock);
  body();
  localGet(code, pointer);
  i32Const(code, stride);
  code.push(op.i32Add);
  localTee(code, pointer);
  pushEnd();
  code.push(op.i32LtU);
  indexed(code, op.brIf, 0);
  code.push(op.end);
}
