import type { Expression, Local } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { visitExpressions } from "./visit.js";

/** Locals that are assigned more than once, or read outside of the block that assigns them. */
export function hoistedLocals(body: readonly Statement[]): Set<Local> {
  const hoisted = new Set<Local>();
  const madeIn = new Map<Local, object>();
  const open = new Set<object>();
  const see = (e: Expression): void =>
    visitExpressions([{ kind: "assign", local: { name: "", dtype: e.dtype }, value: e }], (x) => {
      if (x.kind !== "local") return;
      const block = madeIn.get(x.local);
      if (block !== undefined && !open.has(block)) hoisted.add(x.local);
    });
  const visit = (statements: readonly Statement[]): void => {
    const block = {};
    open.add(block);
    const make = (local: Local): void => {
      if (madeIn.has(local)) hoisted.add(local);
      madeIn.set(local, block);
    };
    for (const s of statements)
      switch (s.kind) {
        case "assign":
          see(s.value);
          make(s.local);
          break;
        case "store":
          see(s.index);
          see(s.value);
          break;
        case "for":
          see(s.extent);
          visit(s.body);
          break;
        case "while":
          see(s.condition);
          visit(s.body);
          break;
        case "if":
          see(s.condition);
          visit(s.then);
          visit(s.otherwise);
          break;
        case "reduce":
          see(s.extent);
          for (const a of s.accumulators) make(a.local);
          visit(s.body);
          for (const a of s.accumulators) see(a.step);
          break;
      }
    open.delete(block);
  };
  visit(body);
  return hoisted;
}
