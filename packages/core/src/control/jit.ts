import type { Graph } from "../graph/graph.js";
import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind } from "../graph/trace.js";
import { linearizeGraph } from "../transforms/graphs.js";
import { callRules, splitTangents } from "./call.js";

/** A call of a graph. The compiler inlines it; transforms transform the graph once and call the result. */
export const jitPrimitive: Primitive<{ graph: Graph; name: string }> = definePrimitive({
  name: "jit",
  ...callRules(() => jitPrimitive),
  linearize: (primals, tangents, { graph, name }, record) => {
    const { primal, linear, nonzero } = linearizeGraph(
      graph,
      tangents.map((t) => t !== null),
    );
    const results = bind(jitPrimitive, primals, { graph: primal, name });
    const n = graph.outputs.length;
    const outputs = record(jitPrimitive, [...results.slice(n), ...tangents.filter((t) => t !== null)], {
      graph: linear,
      name,
    });
    return splitTangents([...results.slice(0, n), ...outputs], n, nonzero);
  },
});
