import type { Statement } from "../../kernel/kernel.js";
import { emptyBlock, indexed, localSet } from "./assembler.js";
import { emitLanesLoop } from "./emitLanes.js";
import { emitReduce } from "./emitReduce.js";
import { emitAddress, emitScalar, emitStore } from "./emitScalar.js";
import { emitExtent, emitGuardedLoop, emitStepping, resetIndex } from "./loops.js";
import { planLoop } from "./lanes.js";
import * as op from "./opcodes.js";
import { type Scope, appendCode, bodyScope, conditionally, openLoop, scalarLocal } from "./scope.js";
import { effectsOf } from "../../kernel/traverse.js";

/** Statements one iteration at a time, except for the loops among them that can be run in lanes. */
export function emitBlock(scope: Scope, statements: readonly Statement[]): void {
  for (const s of statements) emitStatement(scope, s);
}

function emitStatement(scope: Scope, s: Statement): void {
  const { code } = scope;
  switch (s.kind) {
    case "assign":
      emitScalar(scope, s.value);
      localSet(code, scalarLocal(scope, s.local));
      scope.declared.add(s.local);
      return;
    case "store":
      emitAddress(scope, s.buffer, s.index, s.value.dtype);
      emitScalar(scope, s.value);
      return emitStore(code, s.value.dtype, 0);
    case "for":
      return emitFor(scope, s);
    case "reduce":
      return emitReduce(scope, s, (into) => emitBlock(into, s.body));
    case "while":
      return emitWhile(scope, s);
    case "if": {
      emitScalar(scope, s.condition);
      code.push(op.if, emptyBlock);
      emitBlock(conditionally(scope), s.then);
      if (s.otherwise.length > 0) {
        code.push(op.else);
        emitBlock(conditionally(scope), s.otherwise);
      }
      code.push(op.end);
      return;
    }
  }
}

function emitFor(scope: Scope, s: Extract<Statement, { kind: "for" }>): void {
  const extent = emitExtent(scope, s.extent);
  const index = scalarLocal(scope, s.index);
  const plan = s.mode === "lanes" ? planLoop(s, scope.declared) : undefined;
  emitGuardedLoop(scope, effectsOf(s.body, [s.index]), extent, (loop, into) => {
    resetIndex(into.code, index);
    if (plan !== undefined) return emitLanesLoop(into, plan, index, extent, s.body, () => emitBlock(into, s.body));
    emitStepping(into, index, extent, 1, true, () => emitBlock(into, s.body));
  });
}

function emitWhile(scope: Scope, s: Extract<Statement, { kind: "while" }>): void {
  const loop = openLoop(scope, effectsOf(s.body));
  // The condition is evaluated at least once, the body perhaps never.
  const condition = bodyScope(loop);
  const { code } = condition;
  code.push(op.loop, emptyBlock);
  emitScalar(condition, s.condition);
  code.push(op.if, emptyBlock);
  emitBlock(conditionally(condition), s.body);
  indexed(code, op.br, 1);
  code.push(op.end, op.end);
  appendCode(scope.code, loop.preheader);
  appendCode(scope.code, code);
}
