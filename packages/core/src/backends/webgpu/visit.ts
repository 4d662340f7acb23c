import type { Expression } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { operands } from "../../kernel/traverse.js";

/** Calls `see` with every expression in the statements, operands included. */
export function visitExpressions(statements: readonly Statement[], see: (e: Expression) => void): void {
  const visit = (e: Expression): void => {
    see(e);
    operands(e).forEach(visit);
  };
  for (const s of statements)
    switch (s.kind) {
      case "assign":
        visit(s.value);
        break;
      case "store":
        visit(s.index);
        visit(s.value);
        break;
      case "for":
        visit(s.extent);
        visitExpressions(s.body, see);
        break;
      case "while":
        visit(s.condition);
        visitExpressions(s.body, see);
        break;
      case "if":
        visit(s.condition);
        visitExpressions(s.then, see);
        visitExpressions(s.otherwise, see);
        break;
      case "reduce":
        visit(s.extent);
        visitExpressions(s.body, see);
        for (const a of s.accumulators) [a.init, a.step, a.merge].forEach(visit);
        break;
    }
}
