import type { Expression, Local } from "../../kernel/expression.js";
import { fma } from "../../kernel/multiplyAdd.js";
import type { Storage } from "../../tensor/dtype.js";
import { binaryOps, compareOps, constantOf, conversion, reinterpretation, unaryOps } from "./scalar.js";

/** What the closures of one kernel share: the values of its locals, and the buffers of the current call. */
export interface Machine {
  readonly slots: Map<Local, number>;
  readonly frame: number[];
  buffers: readonly Storage[];
}

export type Value = () => number;

/** The frame slot of a local, assigned at its first sight. */
export function slotOf(machine: Machine, local: Local): number {
  const known = machine.slots.get(local);
  if (known !== undefined) return known;
  const slot = machine.slots.size;
  machine.slots.set(local, slot);
  machine.frame.push(0);
  return slot;
}

/** Expression -> closure. The meaning of each operation is in `scalar.ts`. */
export function compileExpression(machine: Machine, e: Expression): Value {
  switch (e.kind) {
    case "constant": {
      const value = constantOf(e.dtype, e.value);
      return () => value;
    }
    case "local": {
      const { frame } = machine;
      const slot = slotOf(machine, e.local);
      return () => frame[slot];
    }
    case "load": {
      const { buffer } = e;
      if (e.index.kind === "local") {
        // The most frequent index, one closure call less.
        const { frame } = machine;
        const slot = slotOf(machine, e.index.local);
        return () => machine.buffers[buffer][frame[slot]];
      }
      const index = compileExpression(machine, e.index);
      return () => machine.buffers[buffer][index()] as number;
    }
    case "unary": {
      const op = defined(unaryOps[e.dtype][e.op], e.op, e.dtype);
      const x = compileExpression(machine, e.x);
      return () => op(x());
    }
    case "binary": {
      const op = defined(binaryOps[e.dtype][e.op], e.op, e.dtype);
      const a = compileExpression(machine, e.a);
      const b = compileExpression(machine, e.b);
      return () => op(a(), b());
    }
    case "fma": {
      const op = defined(fma.exact?.[e.dtype], e.kind, e.dtype);
      const a = compileExpression(machine, e.a);
      const b = compileExpression(machine, e.b);
      const c = compileExpression(machine, e.c);
      return () => op(a(), b(), c());
    }
    case "compare": {
      const op = compareOps[e.op];
      const a = compileExpression(machine, e.a);
      const b = compileExpression(machine, e.b);
      return () => op(a(), b());
    }
    case "select": {
      // Both arms are evaluated in wasm too; they have no effects, so one is enough here.
      const condition = compileExpression(machine, e.condition);
      const a = compileExpression(machine, e.a);
      const b = compileExpression(machine, e.b);
      return () => (condition() !== 0 ? a() : b());
    }
    case "convert": {
      const op = conversion(e.x.dtype, e.dtype);
      const x = compileExpression(machine, e.x);
      return () => op(x());
    }
    case "reinterpret": {
      const op = reinterpretation(e.x.dtype, e.dtype);
      const x = compileExpression(machine, e.x);
      return () => op(x());
    }
  }
}

function defined<T>(op: T | undefined, name: string, dtype: string): T {
  if (op === undefined) throw new Error(`kernel: ${name} is not defined on ${dtype}. Convert the operand first.`);
  return op;
}
