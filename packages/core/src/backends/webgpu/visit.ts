import type { Expression } from "../../kernel/expression.js";
import type { Accumulator, Statement } from "../../kernel/kernel.js";
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

/** Calls `see` with every statement, those inside of others included. */
export function visitStatements(statements: readonly Statement[], see: (s: Statement) => void): void {
  for (const s of statements) {
    see(s);
    if (s.kind === "if") [s.then, s.otherwise].forEach((body) => visitStatements(body, see));
    else if (s.kind !== "assign" && s.kind !== "store") visitStatements(s.body, see);
  }
}

/** The expression with other operands. */
export function mapOperands(e: Expression, f: (x: Expression) => Expression): Expression {
  switch (e.kind) {
    case "constant":
    case "local":
      return e;
    case "load":
      return { ...e, index: f(e.index) };
    case "unary":
    case "convert":
    case "reinterpret":
      return { ...e, x: f(e.x) };
    case "binary":
    case "compare":
      return { ...e, a: f(e.a), b: f(e.b) };
    case "fma":
      return { ...e, a: f(e.a), b: f(e.b), c: f(e.c) };
    case "select":
      return { ...e, condition: f(e.condition), a: f(e.a), b: f(e.b) };
  }
}

type Store = Extract<Statement, { kind: "store" }>;

/** The statements with other expressions, and with others in place of each store (whose expressions are the new ones already). */
export function rewritten(
  statements: readonly Statement[],
  f: (e: Expression) => Expression,
  store: (s: Store) => readonly Statement[],
): Statement[] {
  const all = (body: readonly Statement[]): Statement[] => body.flatMap(one);
  const accumulator = (a: Accumulator): Accumulator => ({ ...a, init: f(a.init), step: f(a.step), merge: f(a.merge) });
  const one = (s: Statement): readonly Statement[] => {
    switch (s.kind) {
      case "assign":
        return [{ ...s, value: f(s.value) }];
      case "store":
        return store({ ...s, index: f(s.index), value: f(s.value) });
      case "for":
        return [{ ...s, extent: f(s.extent), body: all(s.body) }];
      case "while":
        return [{ ...s, condition: f(s.condition), body: all(s.body) }];
      case "if":
        return [{ ...s, condition: f(s.condition), then: all(s.then), otherwise: all(s.otherwise) }];
      case "reduce":
        return [{ ...s, extent: f(s.extent), body: all(s.body), accumulators: s.accumulators.map(accumulator) }];
    }
  };
  return all(statements);
}
