import type { Atom, Graph, Variable } from "../graph/graph.js";
import { LinearInput, type Tangent } from "../graph/primitive.js";
import { pruneGraph } from "../graph/prune.js";
import { literalTensor } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { add } from "../primitives/basis.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * transpose : (T a -o T b) -> (T b -o T a), by walking a linear graph backwards.
 *
 * `inputs` has a tensor for each input that is given and a LinearInput for each that the graph is linear in. Equations
 * that depend on given inputs only are evaluated first, in one forward sweep; the rest is transposed in reverse order,
 * cotangents being summed where a value is used more than once. Returns a cotangent for every linear input, null elsewhere.
 */
export function transposeEvaluate(
  graph: Graph,
  inputs: readonly (Tensor | LinearInput)[],
  cotangents: readonly Tangent[],
): Tangent[] {
  const used = cotangents.map((ct) => ct !== null);
  if (used.includes(false)) {
    // What only feeds outputs without a cotangent need not be transposed, nor a scan carry the zeros it would give.
    const pruned = pruneGraph(graph, used);
    const results = transposeEvaluate(
      pruned.graph,
      inputs.filter((_, i) => pruned.inputs[i]),
      cotangents.filter((ct) => ct !== null),
    );
    let next = 0;
    return pruned.inputs.map((kept) => (kept ? results[next++] : null));
  }
  const given = new Map<Variable, Tensor>();
  const linear = new Set<Variable>();
  graph.inputs.forEach((v, i) => {
    const x = inputs[i];
    if (x instanceof LinearInput) linear.add(v);
    else given.set(v, x);
  });
  const read = (a: Atom): Tensor => (a.kind === "literal" ? literalTensor(a) : (given.get(a) as Tensor));
  const isLinearAtom = (a: Atom): boolean => a.kind === "variable" && linear.has(a);

  const backward = [];
  for (const equation of graph.equations) {
    if (equation.inputs.some(isLinearAtom)) {
      for (const v of equation.outputs) linear.add(v);
      backward.push(equation);
    } else {
      const results = bind(equation.primitive, equation.inputs.map(read), equation.params);
      equation.outputs.forEach((v, i) => given.set(v, results[i]));
    }
  }

  const accumulated = new Map<Variable, Tensor>();
  const accumulate = (a: Atom, ct: Tangent): void => {
    if (ct === null || a.kind === "literal" || !linear.has(a)) return;
    const before = accumulated.get(a);
    accumulated.set(a, before === undefined ? ct : add(before, ct));
  };
  graph.outputs.forEach((a, i) => accumulate(a, cotangents[i]));

  for (const { primitive, inputs: atoms, params, outputs } of backward.reverse()) {
    const cts = outputs.map((v): Tangent => accumulated.get(v) ?? null);
    for (const v of outputs) accumulated.delete(v);
    if (cts.every((ct) => ct === null)) continue;
    if (primitive.transpose === undefined)
      throw new Error(
        `${primitive.name}: reverse-mode differentiation needs a transpose rule, and this operation has none.`,
      );
    const arguments_ = atoms.map((a) => (isLinearAtom(a) ? new LinearInput(a) : read(a)));
    primitive.transpose(cts, arguments_, params).forEach((ct, i) => accumulate(atoms[i], ct));
  }
  return graph.inputs.map((v) => accumulated.get(v) ?? null);
}
