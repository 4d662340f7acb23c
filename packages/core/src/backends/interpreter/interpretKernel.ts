import type { Kernel, Statement } from "../../kernel/kernel.js";
import type { Storage } from "../../tensor/dtype.js";
import { counters } from "../counters.js";
import { type Machine, type Value, compileExpression, slotOf } from "./evaluate.js";

type Action = () => void;

const compiled = new WeakMap<Kernel, (buffers: readonly Storage[]) => void>();

/**
 * A kernel as JS closures: what runs tiny eager operations, and everything where a content security policy forbids wasm.
 *
 * @returns a function of one storage a kernel buffer, in the kernel's order. The same function for the same kernel object.
 */
export function compileKernelToClosures(kernel: Kernel): (buffers: readonly Storage[]) => void {
  const known = compiled.get(kernel);
  if (known !== undefined) return known;
  const machine: Machine = { slots: new Map(), frame: [], buffers: [] };
  const body = compileBlock(machine, kernel.body);
  const run = (buffers: readonly Storage[]): void => {
    counters.interpretedKernels++;
    machine.buffers = buffers;
    body();
    machine.buffers = [];
  };
  compiled.set(kernel, run);
  return run;
}

function compileBlock(machine: Machine, statements: readonly Statement[]): Action {
  const actions = statements.map((statement) => compileStatement(machine, statement));
  const [first, second] = actions;
  if (first === undefined) return () => {};
  if (second === undefined) return first;
  if (actions.length === 2)
    return () => {
      first();
      second();
    };
  return () => {
    for (const action of actions) action();
  };
}

function compileStatement(machine: Machine, s: Statement): Action {
  const { frame } = machine;
  switch (s.kind) {
    case "assign": {
      const value = compileExpression(machine, s.value);
      const slot = slotOf(machine, s.local);
      return () => {
        frame[slot] = value();
      };
    }
    case "store": {
      const index = compileExpression(machine, s.index);
      const value = compileExpression(machine, s.value);
      const { buffer } = s;
      return () => {
        machine.buffers[buffer][index()] = value();
      };
    }
    case "for": {
      const extent = compileExpression(machine, s.extent);
      const slot = slotOf(machine, s.index);
      const body = compileBlock(machine, s.body);
      return () => {
        const n = extent();
        for (let i = 0; i < n; i++) {
          frame[slot] = i;
          body();
        }
      };
    }
    case "while": {
      const condition = compileExpression(machine, s.condition);
      const body = compileBlock(machine, s.body);
      return () => {
        while (condition() !== 0) body();
      };
    }
    case "if": {
      const condition = compileExpression(machine, s.condition);
      const then = compileBlock(machine, s.then);
      const otherwise = compileBlock(machine, s.otherwise);
      return () => (condition() !== 0 ? then() : otherwise());
    }
    case "reduce":
      return compileReduce(machine, s);
  }
}

/** The shape of a reduction, word for word as `Statement` defines it. */
function compileReduce(machine: Machine, s: Extract<Statement, { kind: "reduce" }>): Action {
  const { frame } = machine;
  const { width } = s;
  const extent = compileExpression(machine, s.extent);
  const indexSlot = slotOf(machine, s.index);
  const accumulators = s.accumulators.map((a) => ({
    init: compileExpression(machine, a.init),
    slot: slotOf(machine, a.local),
    left: slotOf(machine, a.left),
    right: slotOf(machine, a.right),
    partial: new Array<number>(width).fill(0),
  }));
  const body = compileBlock(machine, s.body);
  const step = simultaneous(s.accumulators.map((a) => compileExpression(machine, a.step)));
  const merge = simultaneous(s.accumulators.map((a) => compileExpression(machine, a.merge)));

  return () => {
    const n = extent();
    for (const a of accumulators) a.partial.fill(a.init());
    for (let i = 0; i < n; i++) {
      const w = i & (width - 1);
      frame[indexSlot] = i;
      for (const a of accumulators) frame[a.slot] = a.partial[w];
      body();
      const values = step();
      accumulators.forEach((a, k) => (a.partial[w] = values[k]));
    }
    for (let h = width >> 1; h >= 1; h >>= 1)
      for (let w = 0; w < h; w++) {
        for (const a of accumulators) {
          frame[a.left] = a.partial[w];
          frame[a.right] = a.partial[w + h];
        }
        const values = merge();
        accumulators.forEach((a, k) => (a.partial[w] = values[k]));
      }
    for (const a of accumulators) frame[a.slot] = a.partial[0];
  };
}

/** Evaluates all expressions before any result is assigned. The array is reused by the next call. */
function simultaneous(values: readonly Value[]): () => readonly number[] {
  const results = values.map(() => 0);
  return () => {
    values.forEach((value, k) => (results[k] = value()));
    return results;
  };
}
