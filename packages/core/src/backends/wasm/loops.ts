import type { Expression } from "../../kernel/expression.js";
import { emptyBlock, i32Const, indexed, localGet, localSet, localTee } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitScalar } from "./emitScalar.js";
import * as op from "./opcodes.js";
import { type Loop, type Scope, appendCode, bodyScope, openLoop, temporary } from "./scope.js";
import type { Effects } from "../../kernel/traverse.js";

/** A trip count: known, or in a wasm local. */
export type Extent = { readonly known: number } | { readonly local: number };

export function emitExtent(scope: Scope, extent: Expression): Extent {
  if (extent.kind === "constant") return { known: extent.value | 0 };
  const local = temporary(scope, wasmType.i32);
  emitScalar(scope, extent);
  localSet(scope.code, local);
  return { local };
}

export function pushExtent(code: number[], extent: Extent): void {
  if ("known" in extent) i32Const(code, extent.known);
  else localGet(code, extent.local);
}

/**
 * Everything a loop needs before its first iteration, once; then `body`. Nothing at all if the extent is 0, so that
 * hoisted loads are in range.
 */
export function emitGuardedLoop(
  scope: Scope,
  effects: Effects,
  extent: Extent,
  body: (loop: Loop, into: Scope) => void,
): void {
  if ("known" in extent && extent.known <= 0) return;
  const loop = openLoop(scope, effects);
  const into = bodyScope(loop);
  body(loop, into);
  const guarded = !("known" in extent);
  if (guarded) {
    pushExtent(scope.code, extent);
    i32Const(scope.code, 0);
    scope.code.push(op.i32GtS, op.if, emptyBlock);
  }
  appendCode(scope.code, loop.preheader);
  appendCode(scope.code, into.code);
  if (guarded) scope.code.push(op.end);
}

/**
 * Repeats while `index + step <= extent`, from the index's present value; the index ends at the first multiple that does not fit.
 *
 * @param atLeastOnce the caller knows that the first round fits.
 */
export function emitStepping(
  scope: Scope,
  index: number,
  extent: Extent,
  step: number,
  atLeastOnce: boolean,
  body: (inner: Scope) => void,
): void {
  const { code } = scope;
  // index <= extent - step, in a local when it is not known.
  let pushLast: () => void;
  if ("known" in extent) pushLast = () => i32Const(code, extent.known - step);
  else if (step === 1) pushLast = () => localGet(code, extent.local);
  else {
    const last = temporary(scope, wasmType.i32);
    localGet(code, extent.local);
    i32Const(code, step);
    code.push(op.i32Sub);
    localSet(code, last);
    pushLast = () => localGet(code, last);
  }
  const compare = step === 1 && !("known" in extent) ? op.i32LtS : op.i32LeS;
  if (!atLeastOnce) {
    localGet(code, index);
    pushLast();
    code.push(compare, op.if, emptyBlock);
  }
  code.push(op.loop, emptyBlock);
  body(scope);
  localGet(code, index);
  i32Const(code, step);
  code.push(op.i32Add);
  localTee(code, index);
  pushLast();
  code.push(compare);
  indexed(code, op.brIf, 0);
  code.push(op.end);
  if (!atLeastOnce) code.push(op.end);
}

/** Whether `index + step <= extent` may hold, and whether it must, for index 0. */
export const fits = (extent: Extent, step: number): { possible: boolean; certain: boolean } => ({
  possible: !("known" in extent) || extent.known >= step,
  certain: "known" in extent && extent.known >= step,
});

export function resetIndex(code: number[], index: number): void {
  i32Const(code, 0);
  localSet(code, index);
}
