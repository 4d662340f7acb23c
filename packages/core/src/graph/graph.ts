import type { TensorType } from "../tensor/shape.js";
import { describe } from "../tensor/shape.js";
import type { Primitive } from "./primitive.js";

/** A value of a graph. Identity is by object; types are complete (shape and dtype are always known). */
export interface Variable extends TensorType {
  readonly kind: "variable";
}

/** A scalar constant inside a graph. */
export interface Literal extends TensorType {
  readonly kind: "literal";
  readonly value: number;
}

export type Atom = Variable | Literal;

export interface Equation {
  readonly primitive: Primitive;
  readonly inputs: readonly Atom[];
  readonly params: object;
  readonly outputs: readonly Variable[];
}

/**
 * A program in single-assignment form: typed values, equations in dependency order. A graph is closed: tensors that the
 * traced function captured are inputs too, in front of its arguments.
 */
export interface Graph {
  readonly inputs: readonly Variable[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
}

/** Results of kept programs share the shapes of their graphs: these are frozen, so that writing to one is an error. */
export const variable = (type: TensorType): Variable => {
  const shape = Object.isFrozen(type.shape) ? type.shape : Object.freeze([...type.shape]);
  return type.weak === true
    ? { kind: "variable", shape, dtype: type.dtype, weak: true }
    : { kind: "variable", shape, dtype: type.dtype };
};

export const isGraph = (value: unknown): value is Graph =>
  typeof value === "object" && value !== null && "equations" in value && "inputs" in value && "outputs" in value;

/**
 * The graph as text, one equation a line: `c: f32[3] = mul a b`. Carried graphs are indented below their equation; the rule
 * of a custom function that calls itself is written as (...) there.
 */
export function formatGraph(graph: Graph, indent = "", within: readonly Graph[] = []): string {
  if (within.includes(graph)) return `${indent}(...)`;
  const names = new Map<Variable, string>();
  const name = (v: Variable): string => {
    let known = names.get(v);
    if (known === undefined) {
      known = letters(names.size);
      names.set(v, known);
    }
    return known;
  };
  const typed = (v: Variable): string => `${name(v)}: ${describe(v)}`;
  const atom = (a: Atom): string => (a.kind === "variable" ? name(a) : Object.is(a.value, -0) ? "-0" : String(a.value));
  const lines = [`${indent}(${graph.inputs.map(typed).join(", ")}) => {`];
  for (const { primitive, inputs, params, outputs } of graph.equations) {
    const plain: string[] = [];
    const carried: string[] = [];
    for (const [key, value] of Object.entries(params)) {
      const graphs = Array.isArray(value) ? value.filter(isGraph) : isGraph(value) ? [value] : [];
      if (graphs.length > 0) for (const g of graphs) carried.push(formatGraph(g, `${indent}    `, [...within, graph]));
      else if (value !== undefined) plain.push(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    }
    const settings = plain.length === 0 ? "" : `[${plain.join(" ")}]`;
    lines.push(
      `${indent}  ${outputs.map(typed).join(", ")} = ${primitive.name}${settings}${inputs.map((a) => ` ${atom(a)}`).join("")}`,
      ...carried,
    );
  }
  lines.push(`${indent}  return ${graph.outputs.map(atom).join(", ")}`, `${indent}}`);
  return lines.join("\n");
}

/** a ... z, aa, ab, ... */
function letters(n: number): string {
  const last = String.fromCharCode(97 + (n % 26));
  return n < 26 ? last : letters(Math.floor(n / 26) - 1) + last;
}
