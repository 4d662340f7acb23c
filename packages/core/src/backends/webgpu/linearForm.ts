import type { Expression, Local } from "../../kernel/expression.js";
import { operands } from "../../kernel/traverse.js";

/** constant + sum of factor * local. */
export interface LinearForm {
  readonly constant: number;
  readonly terms: ReadonlyMap<Local, number>;
}

/** An index as a linear form in the locals that `values` does not define; undefined where it is none. */
export function linearForm(e: Expression, values: ReadonlyMap<Local, Expression>): LinearForm | undefined {
  if (e.kind === "constant") return { constant: e.value, terms: new Map() };
  if (e.kind === "local") {
    const value = values.get(e.local);
    return value === undefined ? { constant: 0, terms: new Map([[e.local, 1]]) } : linearForm(value, values);
  }
  if (e.kind !== "binary") return undefined;
  const [a, b] = [linearForm(e.a, values), linearForm(e.b, values)];
  if (a === undefined || b === undefined) return undefined;
  if (e.op === "add") return sum(a, b, 1);
  if (e.op === "sub") return sum(a, b, -1);
  if (e.op !== "mul") return undefined;
  if (b.terms.size === 0) return sum(none, a, b.constant);
  return a.terms.size === 0 ? sum(none, b, a.constant) : undefined;
}

const none: LinearForm = { constant: 0, terms: new Map() };

function sum(a: LinearForm, b: LinearForm, factor: number): LinearForm {
  const terms = new Map(a.terms);
  for (const [l, n] of b.terms) terms.set(l, (terms.get(l) ?? 0) + factor * n);
  return { constant: a.constant + factor * b.constant, terms };
}

/** The factor of `local` alone, whatever the index is in others; NaN where it is not linear in it. */
export function slope(e: Expression, local: Local, values: ReadonlyMap<Local, Expression>): number {
  switch (e.kind) {
    case "constant":
      return 0;
    case "local": {
      if (e.local === local) return 1;
      const value = values.get(e.local);
      return value === undefined ? 0 : slope(value, local, values);
    }
    case "binary": {
      const [a, b] = [slope(e.a, local, values), slope(e.b, local, values)];
      if (e.op === "add") return a + b;
      if (e.op === "sub") return a - b;
      if (e.op === "mul" && e.b.kind === "constant") return a * e.b.value;
      if (e.op === "mul" && e.a.kind === "constant") return b * e.a.value;
      return a === 0 && b === 0 ? 0 : NaN;
    }
    default:
      return operands(e).every((x) => slope(x, local, values) === 0) ? 0 : NaN;
  }
}
