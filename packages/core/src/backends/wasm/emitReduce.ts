import { read } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import type { DType } from "../../tensor/dtype.js";
import { emptyBlock, i32Const, indexed, localGet, localSet, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { copiesFor, emitLanesBlock } from "./emitLanes.js";
import { emitLoad, emitScalar, emitStore } from "./emitScalar.js";
import { emitStored, emitVector } from "./emitVector.js";
import { type Extremum, closeExtremum, emitExtremumStep, openExtremum } from "./extremum.js";
import { type LanePlan, planReduce } from "./lanes.js";
import { type Extent, emitExtent, emitGuardedLoop, emitStepping, fits, pushExtent, resetIndex } from "./loops.js";
import { scratchBytes } from "./memoryLayout.js";
import * as op from "./opcodes.js";
import * as simd from "./simdOpcodes.js";
import { emitReduceScalar } from "./reduceInMemory.js";
import { pushScratch } from "./scratch.js";
import { type Scope, scalarLocal, shiftOf, temporary, vectorConstant } from "./scope.js";
import { effectsOf } from "../../kernel/traverse.js";
import {
  type Copy,
  type Lanes,
  consecutiveCopies,
  emitConsecutiveLoad,
  emitConsecutiveStore,
  emitShuffle,
  maskBytes,
  maskOfWords,
  vectorLocal,
} from "./vectorRegisters.js";

type Reduce = Extract<Statement, { kind: "reduce" }>;
type Accumulator = Reduce["accumulators"][number];
type Extrema = Map<Accumulator, Extremum>;

/** More accumulators than this would not stay in registers. */
const maximalVectors = 16;

/** A reduction outside of lanes: its own iterations in lanes where that is possible. */
export function emitReduce(scope: Scope, s: Reduce, scalarBody: (into: Scope) => void): void {
  const plan = s.width > 1 ? planReduce(s, scope.declared) : undefined;
  const vectors = plan === undefined ? 0 : s.width / plan.count;
  if (
    plan === undefined ||
    vectors < 1 ||
    vectors > maximalVectors ||
    s.accumulators.length * s.width * 8 > scratchBytes
  )
    return emitReduceScalar(scope, s, scalarBody);

  const lanes: Lanes = { plan, copies: consecutiveCopies(plan, s.width), vectors: new Map(), splats: new Map() };
  for (const copy of lanes.copies)
    for (const a of s.accumulators) {
      emitVector(scope, lanes, a.init, copy);
      localSet(scope.code, vectorLocal(scope, lanes, a.local, copy));
    }
  const extent = emitExtent(scope, s.extent);
  const index = scalarLocal(scope, s.index);
  const effects = effectsOf(s.body, [s.index, ...s.accumulators.map((a) => a.local)]);
  emitGuardedLoop(scope, effects, extent, (_, into) => {
    resetIndex(into.code, index);
    emitWholeRounds(into, lanes, s, index, extent);
    if ("known" in extent) emitSteps(into, lanes, s, consecutiveCopies(plan, extent.known % s.width));
    else {
      emitWholeVectors(into, lanes, s, index, extent);
      emitSingles(into, lanes, s, index, extent, scalarBody);
    }
  });
  emitMerges(scope, lanes, s);
  emitResults(scope, lanes, s);
}

/**
 * The iterations of several vectors, as many at once as a loop in lanes would take. Their accumulators take a step, all new values of
 * a vector before any is assigned; lanes that are not live keep theirs.
 */
function emitSteps(scope: Scope, lanes: Lanes, s: Reduce, copies: readonly Copy[], extrema?: Extrema): void {
  const atOnce = copiesFor(lanes.plan);
  for (let k = 0; k < copies.length; k += atOnce) {
    const some: Lanes = { ...lanes, copies: copies.slice(k, k + atOnce) };
    emitLanesBlock(scope, some, s.body);
    for (const copy of some.copies) emitStep(scope, some, s, copy, extrema);
  }
}

function emitStep(scope: Scope, lanes: Lanes, s: Reduce, copy: Copy, extrema?: Extrema): void {
  for (const a of s.accumulators) {
    const extremum = extrema?.get(a);
    if (extremum !== undefined) {
      emitExtremumStep(scope.code, extremum, vectorLocal(scope, lanes, a.local, copy), () =>
        emitVector(scope, lanes, extremum.value, copy),
      );
      continue;
    }
    emitVector(scope, lanes, a.step, copy);
    if (copy.live === lanes.plan.count) continue;
    const live = copy.live * (laneBytes(lanes.plan, a.local.dtype) / 4);
    localGet(scope.code, vectorLocal(scope, lanes, a.local, copy));
    localGet(
      scope.code,
      vectorConstant(
        scope.unit,
        "i32",
        [0, 1, 2, 3].map((word) => (word < live ? -1 : 0)),
      ),
    );
    simdOp(scope.code, simd.v128Bitselect);
  }
  for (const a of [...s.accumulators].reverse()) localSet(scope.code, vectorLocal(scope, lanes, a.local, copy));
}

function emitWholeRounds(scope: Scope, lanes: Lanes, s: Reduce, index: number, extent: Extent): void {
  const { possible, certain } = fits(extent, s.width);
  if (!possible) return;
  const extrema: Extrema = new Map();
  const vectors = (a: Accumulator): number[] => lanes.copies.map((copy) => vectorLocal(scope, lanes, a.local, copy));
  // A few rounds are not worth the putting right.
  if (!("known" in extent) || extent.known >= 4 * s.width)
    for (const a of s.accumulators) {
      const extremum = openExtremum(scope, s, a, vectors(a));
      if (extremum !== undefined) extrema.set(a, extremum);
    }
  emitStepping(scope, index, extent, s.width, certain, () => {
    emitSteps(scope, lanes, s, lanes.copies, extrema);
  });
  for (const [a, extremum] of extrema) closeExtremum(scope, extremum, vectors(a));
}

/** What is left after the rounds fills some vectors whole: the first accumulators, in order. */
function emitWholeVectors(scope: Scope, lanes: Lanes, s: Reduce, index: number, extent: Extent): void {
  const { code } = scope;
  const { count } = lanes.plan;
  code.push(op.block, emptyBlock);
  for (const copy of lanes.copies.slice(0, -1)) {
    localGet(code, index);
    i32Const(code, count);
    code.push(op.i32Add);
    pushExtent(code, extent);
    code.push(op.i32GtS);
    indexed(code, op.brIf, 0);
    emitSteps(scope, lanes, s, [{ ...copy, offset: 0 }]);
    localGet(code, index);
    i32Const(code, count);
    code.push(op.i32Add);
    localSet(code, index);
  }
  code.push(op.end);
}

/** The last iterations, fewer than a vector: through the scratch memory, one at a time. */
function emitSingles(
  scope: Scope,
  lanes: Lanes,
  s: Reduce,
  index: number,
  extent: Extent,
  scalarBody: (into: Scope) => void,
): void {
  const { code } = scope;
  const { count } = lanes.plan;
  const base = (k: number): number => k * s.width * 8;

  localGet(code, index);
  pushExtent(code, extent);
  code.push(op.i32LtS, op.if, emptyBlock);
  for (const copy of lanes.copies)
    s.accumulators.forEach((a, k) => {
      pushScratch(scope, base(k));
      emitStored(scope, lanes, read(a.local), copy);
      emitConsecutiveStore(scope, a.local.dtype, count, (copy.number * count) << shiftOf(a.local.dtype));
    });

  const slot = temporary(scope, wasmType.i32);
  const pushAddress = (k: number): void => {
    localGet(code, slot);
    i32Const(code, shiftOf(s.accumulators[k].local.dtype));
    code.push(op.i32Shl);
    pushScratch(scope, base(k));
    code.push(op.i32Add);
  };
  emitStepping(scope, index, extent, 1, true, () => {
    localGet(code, index);
    i32Const(code, s.width - 1);
    code.push(op.i32And);
    localSet(code, slot);
    s.accumulators.forEach((a, k) => {
      pushAddress(k);
      emitLoad(code, a.local.dtype, 0);
      localSet(code, scalarLocal(scope, a.local));
    });
    scalarBody(scope);
    for (const a of s.accumulators) emitScalar(scope, a.step);
    for (const a of [...s.accumulators].reverse()) localSet(code, scalarLocal(scope, a.local));
    s.accumulators.forEach((a, k) => {
      pushAddress(k);
      localGet(code, scalarLocal(scope, a.local));
      emitStore(code, a.local.dtype, 0);
    });
  });

  for (const copy of lanes.copies)
    s.accumulators.forEach((a, k) => {
      pushScratch(scope, base(k));
      emitConsecutiveLoad(scope, a.local.dtype, count, (copy.number * count) << shiftOf(a.local.dtype));
      if (a.local.dtype === "bool") maskOfWords(scope, maskBytes(lanes));
      localSet(code, vectorLocal(scope, lanes, a.local, copy));
    });
  code.push(op.end);
}

/** h = width/2, width/4, ...: first whole vectors, then within the one that is left. */
function emitMerges(scope: Scope, lanes: Lanes, s: Reduce): void {
  const { count } = lanes.plan;
  const vectorsOf = (a: Reduce["accumulators"][number]): number[] =>
    lanes.copies.map((copy) => vectorLocal(scope, lanes, a.local, copy));
  /** acc[v] <- merge(acc[v], right[v]) */
  const merge = (v: number, rights: readonly (readonly number[])[]): void => {
    const vectors = new Map(lanes.vectors);
    s.accumulators.forEach((a, k) => {
      vectors.set(a.left, vectorsOf(a));
      vectors.set(a.right, [...rights[k]]);
    });
    const copy: Copy = { ...lanes.copies[v], offset: 0 };
    for (const a of s.accumulators) emitVector(scope, { ...lanes, vectors }, a.merge, copy);
    for (const a of [...s.accumulators].reverse()) localSet(scope.code, vectorLocal(scope, lanes, a.local, copy));
  };

  for (let h = lanes.copies.length / 2; h >= 1; h /= 2)
    for (let v = 0; v < h; v++)
      merge(
        v,
        s.accumulators.map((a) => vectorsOf(a).slice(h)),
      );
  for (let h = count / 2; h >= 1; h /= 2) {
    const rights = s.accumulators.map((a) => {
      const right = temporary(scope, wasmType.v128);
      localGet(scope.code, vectorsOf(a)[0]);
      emitShuffle(scope, laneShift(lanes.plan, a.local.dtype, h));
      localSet(scope.code, right);
      return [right];
    });
    merge(0, rights);
  }
}

/** Bytes of a lane of a local. */
const laneBytes = (plan: LanePlan, dtype: DType): 4 | 8 =>
  dtype === "f64" || (dtype === "bool" && plan.count === 2) ? 8 : 4;

/** Moves lane w + h to lane w. What comes in above is not read. */
function laneShift(plan: LanePlan, dtype: DType, h: number): number[] {
  const bytes = laneBytes(plan, dtype);
  return Array.from({ length: 16 }, (_, i) => (i + h * bytes) % 16);
}

function emitResults(scope: Scope, lanes: Lanes, s: Reduce): void {
  const { code } = scope;
  for (const a of s.accumulators) {
    localGet(code, vectorLocal(scope, lanes, a.local, lanes.copies[0]));
    const { dtype } = a.local;
    simdOp(
      code,
      dtype === "f32" ? simd.f32x4ExtractLane : dtype === "f64" ? simd.f64x2ExtractLane : simd.i32x4ExtractLane,
    );
    code.push(0);
    if (dtype === "bool") {
      i32Const(code, 1);
      code.push(op.i32And);
    }
    localSet(code, scalarLocal(scope, a.local));
    scope.declared.add(a.local);
  }
}
