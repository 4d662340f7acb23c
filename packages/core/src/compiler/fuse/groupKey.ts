import type { Atom, Equation, Variable } from "../../graph/graph.js";
import type { Primitive } from "../../graph/primitive.js";
import type { Fusion } from "./fuse.js";
import type { Group } from "./group.js";
import { noGraph, paramsKey } from "../simplify/simplify.js";

const numbers = new WeakMap<Primitive, number>();
let count = 0;
function numberOf(primitive: Primitive): number {
  let n = numbers.get(primitive);
  if (n === undefined) numbers.set(primitive, (n = count++));
  return n;
}

/**
 * A text that two groups share exactly when they have the same kernel: their equations, with variables numbered as they
 * appear. An unrolled loop repeats its groups; comparing them costs a fraction of building their kernels.
 */
export function groupKey({ rows, parts, outputs }: Group, { producer, inlined }: Fusion): string {
  const numbering = new Map<Variable, number>();
  const text: (string | number)[] = [rows];
  const typed = (v: Variable): string => `${numbering.size}:${v.dtype}${v.shape.join("x")}`;
  const visit = (a: Atom): void => {
    if (a.kind === "literal") {
      text.push(`${a.dtype}=${Object.is(a.value, -0) ? "-0" : a.value}`);
      return;
    }
    const known = numbering.get(a);
    if (known !== undefined) {
      text.push(known);
      return;
    }
    const e = producer.get(a);
    if (e !== undefined && inlined.has(e)) {
      equation(e);
      text.push(e.outputs.indexOf(a));
    } else {
      text.push(typed(a));
      numbering.set(a, numbering.size);
    }
  };
  const equation = (e: Equation): void => {
    text.push(`${numberOf(e.primitive)}${isEmpty(e.params) ? "" : paramsKey(e.params, noGraph)}(`);
    for (const a of e.inputs) visit(a);
    text.push(")");
    for (const v of e.outputs) {
      text.push(typed(v));
      numbering.set(v, numbering.size);
    }
  };
  for (const part of parts) {
    text.push("/");
    for (const { root } of part.units) equation(root);
  }
  for (const v of outputs) text.push("!", numbering.get(v) as number);
  return text.join(" ");
}

const isEmpty = (params: object): boolean => {
  for (const _ in params) return false;
  return true;
};
