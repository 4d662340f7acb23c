import type { Graph } from "@cotangent/core";

type Equation = Graph["equations"][number];
type Atom = Graph["outputs"][number];

/**
 * Which inputs of a graph have a differentiable path to any of the wanted outputs: one that passes no `stopGradient` and no
 * integer or boolean. It may answer yes too often (a path with derivative 0), never no.
 */
export function differentiableInputs(graph: Graph, wanted: readonly boolean[]): boolean[] {
  const reached = new Set<Atom>(graph.outputs.filter((_, i) => wanted[i]));
  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const equation = graph.equations[i];
    const outputs = equation.outputs.map((v) => reached.has(v) && (v.dtype === "f32" || v.dtype === "f64"));
    if (!outputs.includes(true)) continue;
    const inputs = throughEquation(equation, outputs);
    equation.inputs.forEach((atom, k) => inputs[k] && reached.add(atom));
  }
  return graph.inputs.map((v) => reached.has(v));
}

function throughEquation({ primitive, params, inputs }: Equation, wanted: boolean[]): boolean[] {
  switch (primitive.name) {
    case "stopGradient":
      return [false];
    case "jit":
      return differentiableInputs((params as { graph: Graph }).graph, wanted);
    case "cond": {
      // The choice itself, input 0, is an integer.
      const branches = (params as { branches: readonly Graph[] }).branches.map((b) => differentiableInputs(b, wanted));
      return inputs.map((_, i) => i > 0 && branches.some((branch) => branch[i - 1]));
    }
    case "scan":
      return throughScan(params as Scan, wanted);
    default:
      return inputs.map(() => true);
  }
}

interface Scan {
  readonly body: Graph;
  readonly constants: number;
  readonly carry: number;
}

/** A carry that is wanted in one step is wanted in the one before, until no more of them are. */
function throughScan({ body, constants, carry }: Scan, wanted: readonly boolean[]): boolean[] {
  let outputs = [...wanted];
  for (;;) {
    const inputs = differentiableInputs(body, outputs);
    const next = outputs.map((w, i) => w || (i < carry && inputs[constants + i]));
    // A carry reaches the end by itself when there are no steps.
    if (next.every((w, i) => w === outputs[i]))
      return inputs.map((x, i) => x || (outputs[i - constants] === true && i - constants < carry));
    outputs = next;
  }
}
