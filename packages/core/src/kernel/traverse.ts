import type { Expression, Local } from "./expression.js";
import type { Statement } from "./kernel.js";

/** The direct operands of an expression. */
export function operands(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case "constant":
    case "local":
      return [];
    case "load":
      return [e.index];
    case "unary":
    case "convert":
    case "reinterpret":
      return [e.x];
    case "binary":
    case "compare":
      return [e.a, e.b];
    case "fma":
      return [e.a, e.b, e.c];
    case "select":
      return [e.condition, e.a, e.b];
  }
}

/** What running statements may change. Loop indices and accumulators count as assigned. */
export interface Effects {
  readonly assigned: ReadonlySet<Local>;
  readonly stored: ReadonlySet<number>;
}

export function effectsOf(statements: readonly Statement[], assignedToo: readonly Local[] = []): Effects {
  const assigned = new Set<Local>(assignedToo);
  const stored = new Set<number>();
  const visit = (block: readonly Statement[]): void => {
    for (const s of block)
      switch (s.kind) {
        case "assign":
          assigned.add(s.local);
          break;
        case "store":
          stored.add(s.buffer);
          break;
        case "for":
          assigned.add(s.index);
          visit(s.body);
          break;
        case "while":
          visit(s.body);
          break;
        case "if":
          visit(s.then);
          visit(s.otherwise);
          break;
        case "reduce":
          assigned.add(s.index);
          for (const a of s.accumulators) assigned.add(a.local).add(a.left).add(a.right);
          visit(s.body);
          break;
      }
  };
  visit(statements);
  return { assigned, stored };
}
