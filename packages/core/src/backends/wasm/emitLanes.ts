import type { Expression, Local } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { emptyBlock, indexed, localSet, localTee, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitScalar } from "./emitScalar.js";
import { emitSplat, emitVector, emitVectorStore } from "./emitVector.js";
import type { LanePlan } from "./lanes.js";
import { type Extent, emitExtent, emitGuardedLoop, emitStepping, resetIndex } from "./loops.js";
import * as op from "./opcodes.js";
import * as simd from "./simdOpcodes.js";
import { emitReduceInLanes } from "./reduceInMemory.js";
import { type Scope, appendCode, bodyScope, conditionally, openLoop, scalarLocal, temporary } from "./scope.js";
import { effectsOf } from "../../kernel/traverse.js";
import { type Lanes, consecutiveCopies, vectorLocal } from "./vectorRegisters.js";

/** Vectors in flight: enough to hide the latency of a few instructions; more where the constants of a function are used by all of them. */
export const copiesFor = ({ size }: LanePlan): number => (size <= 70 ? 4 : size <= 130 ? 3 : 2);
/**
 * A loop whose iterations are independent: several vectors at a time, then what is left: when that is known, in vectors of which the last
 * may be incomplete, else one vector at a time, then single iterations.
 *
 * @param scope inside the loop, its index (the wasm local `index`) being 0.
 * @param scalarBody emits one iteration into `scope`.
 */
export function emitLanesLoop(
  scope: Scope,
  plan: LanePlan,
  index: number,
  extent: Extent,
  body: readonly Statement[],
  scalarBody: () => void,
): void {
  // A part may be skipped, but the loop as a whole runs at least once, so loads may be hoisted from any part.
  const iterations = (n: number): void => {
    const lanes: Lanes = { plan, copies: consecutiveCopies(plan, n), vectors: new Map(), splats: new Map() };
    emitLanesBlock(scope, lanes, body);
  };
  const { count } = plan;
  const step = copiesFor(plan) * count;
  if ("known" in extent) {
    const rounds = Math.floor(extent.known / step);
    if (rounds > 0) emitStepping(scope, index, extent, step, true, () => iterations(step));
    let left = extent.known - rounds * step;
    // What is large is rather repeated than written down once more.
    if (plan.size > 30 && left >= 2 * count && rounds > 0) {
      emitStepping(scope, index, extent, count, true, () => iterations(count));
      left %= count;
    }
    if (left > 0) iterations(left);
    return;
  }
  for (const n of [step, count]) emitStepping(scope, index, extent, n, false, () => iterations(n));
  emitStepping(scope, index, extent, 1, false, scalarBody);
}

/** Statements for all lanes and copies at once. Control flow is the same in all lanes. */
export function emitLanesBlock(scope: Scope, lanes: Lanes, statements: readonly Statement[]): void {
  for (const s of statements) emitLanesStatement(scope, lanes, s);
}

/** A number that is the same in all lanes is splatted once for all copies; engines drop the form that nothing reads. */
function emitUniformAssign(scope: Scope, lanes: Lanes, local: Local, value: Expression): void {
  const { code } = scope;
  let splat = lanes.splats.get(local);
  if (splat === undefined) {
    splat = temporary(scope, wasmType.v128);
    lanes.splats.set(local, splat);
  }
  emitSplat(scope, value);
  localTee(code, splat);
  simdOp(code, local.dtype === "f64" ? simd.f64x2ExtractLane : simd.f32x4ExtractLane);
  code.push(0);
  localSet(code, scalarLocal(scope, local));
}

function emitLanesStatement(scope: Scope, lanes: Lanes, s: Statement): void {
  const { code } = scope;
  switch (s.kind) {
    case "assign":
      if (lanes.plan.variance.locals.get(s.local) !== "lanes") {
        if (s.local.dtype === "f32" || s.local.dtype === "f64")
          return emitUniformAssign(scope, lanes, s.local, s.value);
        emitScalar(scope, s.value);
        localSet(code, scalarLocal(scope, s.local));
        return;
      }
      for (const copy of lanes.copies) {
        emitVector(scope, lanes, s.value, copy);
        localSet(code, vectorLocal(scope, lanes, s.local, copy));
      }
      return;
    case "store":
      for (const copy of lanes.copies) emitVectorStore(scope, lanes, s, copy);
      return;
    case "for": {
      const extent = emitExtent(scope, s.extent);
      const index = scalarLocal(scope, s.index);
      emitGuardedLoop(scope, effectsOf(s.body, [s.index]), extent, (_, into) => {
        resetIndex(into.code, index);
        emitStepping(into, index, extent, 1, true, () => emitLanesBlock(into, lanes, s.body));
      });
      return;
    }
    case "reduce":
      return emitReduceInLanes(scope, lanes, s, (into) => emitLanesBlock(into, lanes, s.body));
    case "while": {
      const loop = openLoop(scope, effectsOf(s.body));
      const inner = bodyScope(loop);
      inner.code.push(op.loop, emptyBlock);
      emitScalar(inner, s.condition);
      inner.code.push(op.if, emptyBlock);
      emitLanesBlock(conditionally(inner), lanes, s.body);
      indexed(inner.code, op.br, 1);
      inner.code.push(op.end, op.end);
      appendCode(code, loop.preheader);
      appendCode(code, inner.code);
      return;
    }
    case "if":
      emitScalar(scope, s.condition);
      code.push(op.if, emptyBlock);
      emitLanesBlock(conditionally(scope), lanes, s.then);
      code.push(op.else);
      emitLanesBlock(conditionally(scope), lanes, s.otherwise);
      code.push(op.end);
      return;
  }
}
