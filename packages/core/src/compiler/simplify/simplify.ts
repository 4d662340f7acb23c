import { type Atom, type Equation, type Graph, type Literal, type Variable, isGraph } from "../../graph/graph.js";
import type { Lowering, Primitive } from "../../graph/primitive.js";
import { liveEquations } from "../../graph/prune.js";
import { hoist } from "./hoist.js";
import { isCommutative, rewrite } from "./rewrite.js";
import type { TensorType } from "../../tensor/shape.js";

/** A graph without calls, dead equations or repeated ones, with the lowering of each equation. */
export interface Simplified {
  readonly graph: Graph;
  readonly lowering: ReadonlyMap<Equation, Exclude<Lowering, { kind: "graph" }>>;
}

export function simplify(graph: Graph): Simplified {
  const unique = plain(graph);
  return { graph: unique, lowering: lower(unique) };
}

/** Without calls, repeated and dead equations; what loops would compute again in each step is in front of them. */
function plain(graph: Graph): Graph {
  const merged = mergeRepeated(hoistAll(inline(graph)));
  return { ...merged, equations: liveEquations(merged, merged.outputs).equations };
}
const hoistAll = (graph: Graph): Graph => ({ ...graph, equations: graph.equations.flatMap((e) => hoist(e, plain)) });

type Lowered = Exclude<Lowering, { kind: "graph" }>;

function lower({ equations }: Graph): Map<Equation, Lowered> {
  const lowering = new Map<Equation, Lowered>();
  /** Equal equations share their kernel. */
  const kernels = new Map<Primitive, Map<string, Lowered>>();
  for (const e of equations) {
    const known = kernels.get(e.primitive);
    const key = known && `${paramsKey(e.params, noGraph)} ${[...e.inputs, ...e.outputs].map(typeText).join()}`;
    let lowered = key === undefined ? undefined : known?.get(key);
    if (lowered === undefined) {
      const fresh = e.primitive.lower(e.inputs, e.outputs, e.params);
      if (fresh.kind === "graph") throw new Error(`${e.primitive.name}: a graph was left after inlining`);
      lowered = fresh;
      if (key !== undefined) known?.set(key, lowered);
      else if (lowered.kind === "kernel" && !Object.values(e.params).some(isGraph)) kernels.set(e.primitive, new Map());
    }
    lowering.set(e, lowered);
  }
  return lowering;
}

const literalText = (a: Literal): string => `${typeText(a)}=${Object.is(a.value, -0) ? "-0" : a.value}`;
const typeText = ({ dtype, shape }: TensorType): string => dtype + shape.join("x");
/** For parameters that hold no graph. */
export const noGraph = (): never => {
  throw new Error("an equation that carries a graph has no kernel of its own");
};

/** Replaces every equation whose lowering is a graph by that graph's equations. */
function inline(graph: Graph): Graph {
  const equations: Equation[] = [];
  const renamed = new Map<Variable, Atom>();
  const resolve = (a: Atom): Atom => (a.kind === "variable" ? (renamed.get(a) ?? a) : a);
  const visit = (body: Graph): void => {
    for (const e of body.equations) {
      const inputs = e.inputs.map(resolve);
      // Only primitives that carry a graph, or say that they are made of others, can lower to one.
      const lowered =
        e.primitive.composite === true || Object.values(e.params).some(isGraph)
          ? e.primitive.lower(inputs, e.outputs, e.params)
          : undefined;
      if (lowered?.kind === "graph") {
        const callee = copyVariables(lowered.graph);
        callee.inputs.forEach((v, i) => renamed.set(v, inputs[i]));
        visit(callee);
        e.outputs.forEach((v, i) => renamed.set(v, resolve(callee.outputs[i])));
      } else equations.push({ ...e, inputs });
    }
  };
  visit(graph);
  return { inputs: graph.inputs, equations, outputs: graph.outputs.map(resolve) };
}

/** A graph that is called twice must not define its variables twice. */
function copyVariables(graph: Graph): Graph {
  const copies = new Map<Variable, Variable>();
  const copy = (v: Variable): Variable => {
    const fresh = { ...v };
    copies.set(v, fresh);
    return fresh;
  };
  const read = (a: Atom): Atom => (a.kind === "variable" ? (copies.get(a) as Variable) : a);
  const inputs = graph.inputs.map(copy);
  const equations = graph.equations.map((e) => {
    const from = e.inputs.map(read);
    return { ...e, inputs: from, outputs: e.outputs.map(copy) };
  });
  return { inputs, equations, outputs: graph.outputs.map(read) };
}

/** Equal primitive, parameters and inputs give equal outputs: the second computation is dropped, as is what an identity makes needless. */
function mergeRepeated(graph: Graph): Graph {
  const ids = new Map<Variable | Graph, number>();
  const id = (x: Variable | Graph): number => {
    let n = ids.get(x);
    if (n === undefined) ids.set(x, (n = ids.size));
    return n;
  };
  const renamed = new Map<Variable, Atom>();
  const resolve = (a: Atom): Atom => (a.kind === "variable" ? (renamed.get(a) ?? a) : a);
  const makers = new Map<Variable, Equation>();
  const maker = (a: Atom): Equation | undefined => (a.kind === "variable" ? makers.get(a) : undefined);
  const seen = new Map<Primitive, Map<string, Equation>>();
  const equations: Equation[] = [];
  for (const e of graph.equations) {
    let kept: Equation = { ...e, inputs: e.inputs.map(resolve) };
    if (e.primitive.distinct === true || e.primitive.effects?.(e.params) === true) {
      equations.push(kept);
      continue;
    }
    const better = rewrite(kept, maker);
    if (better !== undefined && "kind" in better) {
      renamed.set(e.outputs[0], better);
      continue;
    }
    kept = better ?? kept;
    const { primitive, inputs, params, outputs } = kept;
    const from = inputs.map((a) => (a.kind === "variable" ? String(id(a)) : literalText(a)));
    if (isCommutative(primitive)) from.sort();
    const key = [paramsKey(params, id), ...from].join(" ");
    let known = seen.get(primitive);
    if (known === undefined) seen.set(primitive, (known = new Map()));
    const first = known.get(key);
    if (first === undefined) {
      known.set(key, kept);
      equations.push(kept);
      for (const v of outputs) makers.set(v, kept);
    } else outputs.forEach((v, i) => renamed.set(v, first.outputs[i]));
  }
  return { inputs: graph.inputs, equations, outputs: graph.outputs.map(resolve) };
}

/** Parameters as text; graphs count by identity. Numbers keep -0, NaN and infinities apart. */
export function paramsKey(params: object, graphId: (graph: Graph) => number): string {
  return JSON.stringify(params, (_, value: unknown) => {
    if (isGraph(value)) return `graph ${graphId(value)}`;
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
      return Object.is(value, -0) ? "number -0" : `number ${value}`;
    return value;
  });
}
