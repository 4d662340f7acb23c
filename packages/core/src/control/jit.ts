import type { Graph } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { hasEffects, pruneGraph } from "../graph/prune.js";
import { bind } from "../graph/trace.js";
import type { Tensor } from "../tensor/tensor.js";

import { moveAxis, zeros } from "../primitives/basis.js";
import { batchGraph, jvpGraph, linearizeGraph, transposeGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";

/** A call of a graph. The compiler inlines it; transforms transform the graph once and call the result. */
export const jitPrimitive: Primitive<{ graph: Graph; name: string }> = definePrimitive({
  name: "jit",
  infer: (_, { graph }) =>
    graph.outputs.map((a) => ({ shape: a.shape, dtype: a.dtype, ...(a.weak === true ? { weak: true } : {}) })),
  jvp: (primals, tangents, { graph, name }) => {
    const { graph: forward, nonzero } = jvpGraph(
      graph,
      tangents.map((t) => t !== null),
    );
    const results = bind(jitPrimitive, [...primals, ...tangents.filter((t) => t !== null)], { graph: forward, name });
    return splitTangents(results, graph.outputs.length, nonzero);
  },
  linearize: (primals, tangents, { graph, name }, record) => {
    const { primal, linear, residuals, nonzero } = linearizeGraph(
      graph,
      tangents.map((t) => t !== null),
    );
    const results = bind(jitPrimitive, primals, { graph: primal, name });
    const n = graph.outputs.length;
    const outputs = record(jitPrimitive, [...results.slice(n, n + residuals), ...tangents.filter((t) => t !== null)], {
      graph: linear,
      name,
    });
    return splitTangents([...results.slice(0, n), ...outputs], n, nonzero);
  },
  transpose: (cotangents, inputs, { graph, name }) => {
    const linear = inputs.map(isLinear);
    const backward = transposeGraph(graph, linear);
    const given = inputs.filter((x) => !isLinear(x)) as Tensor[];
    const cts = cotangents.map((ct, i) => ct ?? zeros(tangentType(graph.outputs[i])));
    const results = bind(jitPrimitive, [...given, ...cts], { graph: backward, name });
    let next = 0;
    return linear.map((l): Tangent => (l ? results[next++] : null));
  },
  batch: (inputs, axes, size, { graph, name }) => {
    const mask = [...axes.map((a) => a !== null), ...graph.outputs.map(() => false)];
    const { graph: batched, mapped } = batchGraph(graph, mask, size);
    const aligned = inputs.map((x, i) => (axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
    return { outputs: bind(jitPrimitive, aligned, { graph: batched, name }), axes: mapped.map((m) => (m ? 0 : null)) };
  },
  lower: (_in, _out, { graph }) => ({ kind: "graph", graph }),
  dce: (used, { graph, name }) => {
    const pruned = pruneGraph(graph, used);
    return { params: { graph: pruned.graph, name }, inputs: pruned.inputs, outputs: used };
  },
  effects: ({ graph }) => hasEffects(graph),
});

/** (primals, non-zero tangents) as the pair that a jvp rule returns. */
export function splitTangents(
  results: readonly Tensor[],
  primals: number,
  nonzero: readonly boolean[],
): { primals: Tensor[]; tangents: Tangent[] } {
  let next = primals;
  return { primals: results.slice(0, primals), tangents: nonzero.map((nz): Tangent => (nz ? results[next++] : null)) };
}
