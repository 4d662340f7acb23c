import type { Graph } from "../graph/graph.js";
import { type Primitive, type Tangent, isLinear } from "../graph/primitive.js";
import { hasEffects, pruneGraph } from "../graph/prune.js";
import { bind } from "../graph/trace.js";
import { moveAxis, zeros } from "../primitives/basis.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchGraph, jvpGraph, transposeGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";

type Rules = "infer" | "jvp" | "transpose" | "batch" | "lower" | "dce" | "effects";

/** The rules of a primitive that means what its graph does: each transforms the graph, and calls the result in the same way. */
export function callRules<P extends { readonly graph: Graph }>(
  self: () => Primitive<P>,
): Required<Pick<Primitive<P>, Rules>> {
  return {
    infer: (_, { graph }) =>
      graph.outputs.map((a) => ({ shape: a.shape, dtype: a.dtype, ...(a.weak === true ? { weak: true } : {}) })),
    jvp: (primals, tangents, params) => {
      const { graph, nonzero } = jvpGraph(
        params.graph,
        tangents.map((t) => t !== null),
      );
      const results = bind(self(), [...primals, ...tangents.filter((t) => t !== null)], { ...params, graph });
      return splitTangents(results, params.graph.outputs.length, nonzero);
    },
    transpose: (cotangents, inputs, params) => {
      const linear = inputs.map(isLinear);
      const graph = transposeGraph(params.graph, linear);
      const given = inputs.filter((x) => !isLinear(x)) as Tensor[];
      const cts = cotangents.map((ct, i) => ct ?? zeros(tangentType(params.graph.outputs[i])));
      const results = bind(self(), [...given, ...cts], { ...params, graph });
      let next = 0;
      return linear.map((l): Tangent => (l ? results[next++] : null));
    },
    batch: (inputs, axes, size, params) => {
      const mask = [...axes.map((a) => a !== null), ...params.graph.outputs.map(() => false)];
      const { graph, mapped } = batchGraph(params.graph, mask, size);
      const aligned = inputs.map((x, i) => (axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
      return { outputs: bind(self(), aligned, { ...params, graph }), axes: mapped.map((m) => (m ? 0 : null)) };
    },
    lower: (_in, _out, { graph }) => ({ kind: "graph", graph }),
    dce: (used, params) => {
      const { graph, inputs } = pruneGraph(params.graph, used);
      return { params: { ...params, graph }, inputs, outputs: used };
    },
    effects: ({ graph }) => hasEffects(graph),
  };
}

/** (primals, non-zero tangents) as the pair that a jvp rule returns. */
export function splitTangents(
  results: readonly Tensor[],
  primals: number,
  nonzero: readonly boolean[],
): { primals: Tensor[]; tangents: Tangent[] } {
  let next = primals;
  return { primals: results.slice(0, primals), tangents: nonzero.map((nz): Tangent => (nz ? results[next++] : null)) };
}
