import { type Atom, type Equation, type Graph, type Variable, isGraph } from "./graph.js";

const prunings = new WeakMap<Graph, Map<string, Pruned>>();

interface Pruned {
  readonly graph: Graph;
  readonly inputs: boolean[];
}

/**
 * The graph with only the outputs in `used`; equations and inputs that nothing needs are dropped. Remembered: loops within loops ask
 * for the same again in every round of their fixpoints.
 */
export function pruneGraph(graph: Graph, used: readonly boolean[]): Pruned {
  let known = prunings.get(graph);
  if (known === undefined) prunings.set(graph, (known = new Map()));
  const key = used.map(Number).join("");
  let pruned = known.get(key);
  if (pruned === undefined) {
    const outputs = graph.outputs.filter((_, i) => used[i]);
    const { equations, needed } = liveEquations(graph, outputs);
    const inputs = graph.inputs.map((v) => needed.has(v));
    pruned = { graph: { inputs: graph.inputs.filter((_, i) => inputs[i]), equations, outputs }, inputs };
    known.set(key, pruned);
  }
  return pruned;
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

/** What rules carry beside the program itself: it runs where they are applied, not here. */
const rules: readonly string[] = ["rule", "forward", "backward"];

/** The graph for running it a second time: what has an effect happened the first time, and only its outputs are needed. */
export function withoutEffects(graph: Graph): Graph {
  if (!hasEffects(graph)) return graph;
  const quiet = (key: string, value: unknown): unknown => {
    if (rules.includes(key)) return value;
    if (Array.isArray(value)) return value.map((v: unknown) => (isGraph(v) ? withoutEffects(v) : v));
    return isGraph(value) ? withoutEffects(value) : value;
  };
  const equations = graph.equations.flatMap((e): Equation[] => {
    if (e.primitive.effects?.(e.params) !== true) return [e];
    if (e.outputs.length === 0) return [];
    return [{ ...e, params: Object.fromEntries(Object.entries(e.params).map(([key, v]) => [key, quiet(key, v)])) }];
  });
  return { ...graph, equations };
}
