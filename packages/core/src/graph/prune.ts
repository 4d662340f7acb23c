import type { Atom, Equation, Graph, Variable } from "./graph.js";

/** The graph with only the outputs in `used`; equations and inputs that nothing needs are dropped. */
export function pruneGraph(graph: Graph, used: readonly boolean[]): { graph: Graph; inputs: boolean[] } {
  const outputs = graph.outputs.filter((_, i) => used[i]);
  const { equations, needed } = liveEquations(graph, outputs);
  const inputs = graph.inputs.map((v) => needed.has(v));
  return { graph: { inputs: graph.inputs.filter((_, i) => inputs[i]), equations, outputs }, inputs };
}

/** Equations that the given outputs depend on, each pruned by its own `dce`; one backward sweep. */
export function liveEquations(
  graph: Graph,
  outputs: readonly Atom[],
): { equations: Equation[]; needed: ReadonlySet<Variable> } {
  const needed = new Set<Variable>();
  const need = (a: Atom): void => {
    if (a.kind === "variable") needed.add(a);
  };
  outputs.forEach(need);
  const live: Equation[] = [];
  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const equation = graph.equations[i];
    const used = equation.outputs.map((v) => needed.has(v));
    if (!used.includes(true) && equation.primitive.effects?.(equation.params) !== true) continue;
    const pruned =
      used.includes(false) && equation.primitive.dce !== undefined
        ? equation.primitive.dce(used, equation.params)
        : undefined;
    const kept =
      pruned === undefined
        ? equation
        : {
            primitive: equation.primitive,
            params: pruned.params,
            inputs: equation.inputs.filter((_, k) => pruned.inputs[k]),
            outputs: equation.outputs.filter((_, k) => pruned.outputs[k]),
          };
    kept.inputs.forEach(need);
    live.push(kept);
  }
  return { equations: live.reverse(), needed };
}

const effectful = new WeakMap<Graph, boolean>();

/** Whether any equation, also of the graphs that equations carry, has an effect. */
export function hasEffects(graph: Graph): boolean {
  let known = effectful.get(graph);
  if (known === undefined) {
    known = graph.equations.some((e) => e.primitive.effects?.(e.params) === true);
    effectful.set(graph, known);
  }
  return known;
}
