import type { Graph } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { hasEffects, pruneGraph } from "../graph/prune.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { broadcast, broadcastAxis, like, moveAxis, zeros } from "../primitives/basis.js";
import { choose, eq, select } from "../primitives/comparison.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchGraph, jvpGraph, linearizeGraph, transposeGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";
import { splitTangents } from "./call.js";

/**
 * Runs one of several graphs of the same signature, chosen by an i32 scalar (clamped): the first input; the others go
 * to the branch. Under vmap with a mapped choice every branch runs and the results are selected.
 */
export const condPrimitive: Primitive<{ branches: readonly Graph[] }> = definePrimitive({
  name: "cond",
  infer: (_, { branches }) => branches[0].outputs.map((a) => ({ shape: a.shape, dtype: a.dtype })),

  jvp: ([choice, ...primals], [, ...tangents], { branches }) => {
    const mask = tangents.map((t) => t !== null);
    const forward = branches.map((b) => jvpGraph(b, mask));
    const n = branches[0].outputs.length;
    const nonzero = union(forward.map((f) => f.nonzero));
    const joined = forward.map((f) => fillTangents(f.graph, n, f.nonzero, nonzero, branches[0]));
    const results = bind(condPrimitive, [choice, ...primals, ...tangents.filter((t) => t !== null)], {
      branches: joined,
    });
    return splitTangents(results, n, nonzero);
  },

  // Every branch returns the residuals of all (zeros for those of the others), so that the linear branches find theirs.
  linearize: ([choice, ...primals], [, ...tangents], { branches }, record) => {
    const mask = tangents.map((t) => t !== null);
    const parts = branches.map((b) => linearizeGraph(b, mask));
    const n = branches[0].outputs.length;
    const residualTypes = parts.map((p) => p.primal.outputs.slice(n).map(tangentType));
    const nonzero = union(parts.map((p) => p.nonzero));
    const primalBranches = parts.map((p, k) =>
      graphOf(p.primal.inputs, (...inputs) => {
        const results = evaluateGraph(p.primal, inputs);
        const residuals = residualTypes.flatMap((types, j) =>
          j === k ? results.slice(n) : types.map((t) => zeros(t)),
        );
        return [...results.slice(0, n), ...residuals];
      }),
    );
    const varying = tangents.filter((t) => t !== null);
    const allResiduals = residualTypes.flat();
    const linearBranches = parts.map((p, k) => {
      const from = residualTypes.slice(0, k).flat().length;
      const filled = fillTangents(p.linear, 0, p.nonzero, nonzero, branches[0]);
      return graphOf([...allResiduals, ...varying.map(tangentType)], (...inputs) =>
        evaluateGraph(filled, [...inputs.slice(from, from + p.residuals), ...inputs.slice(allResiduals.length)]),
      );
    });
    const results = bind(condPrimitive, [choice, ...primals], { branches: primalBranches });
    const outputs = record(condPrimitive, [choice, ...results.slice(n), ...varying], { branches: linearBranches });
    return splitTangents([...results.slice(0, n), ...outputs], n, nonzero);
  },

  transpose: (cotangents, [choice, ...inputs], { branches }) => {
    const linear = inputs.map(isLinear);
    const backward = branches.map((b) => transposeGraph(b, linear));
    const given = inputs.filter((x) => !isLinear(x)) as Tensor[];
    const cts = cotangents.map((ct, i) => ct ?? zeros(tangentType(branches[0].outputs[i])));
    const results = bind(condPrimitive, [choice as Tensor, ...given, ...cts], { branches: backward });
    let next = 0;
    return [null, ...linear.map((l): Tangent => (l ? results[next++] : null))];
  },

  batch: ([choice, ...inputs], [choiceAxis, ...axes], size, { branches }) => {
    const aligned = inputs.map((x, i) => (axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
    const mask = axes.map((a) => a !== null);
    if (choiceAxis !== null) {
      const whole = aligned.map((x, i) => (mask[i] ? x : broadcastAxis(x, 0, size)));
      const everything = [...mask.map(() => true), ...branches[0].outputs.map(() => true)];
      const results = branches.map((b) => evaluateGraph(batchGraph(b, everything, size).graph, whole));
      const outputs = results[0].map((first, i) => {
        let y = first;
        for (let k = 1; k < branches.length; k++) {
          // The last branch also takes every choice beyond it, as clamping would.
          const chosen = k === branches.length - 1 ? atLeast(choice, k) : eq(choice, like(choice, k));
          y = select(broadcast(chosen, y.shape, [0]), results[k][i], y);
        }
        return y;
      });
      return { outputs, axes: outputs.map(() => 0) };
    }
    const mapped = union(branches.map((b) => batchGraph(b, [...mask, ...b.outputs.map(() => false)], size).mapped));
    const batched = branches.map((b) => batchGraph(b, [...mask, ...mapped], size).graph);
    return {
      outputs: bind(condPrimitive, [choice, ...aligned], { branches: batched }),
      axes: mapped.map((m) => (m ? 0 : null)),
    };
  },

  lower: (_in, _out, { branches }) => ({ kind: "switch", branches }),

  dce: (used, { branches }) => {
    const inputs = union(branches.map((b) => pruneGraph(b, used).inputs));
    const pruned = branches.map((b) => ({
      inputs: b.inputs.filter((_, i) => inputs[i]),
      equations: pruneGraph(b, used).graph.equations,
      outputs: b.outputs.filter((_, i) => used[i]),
    }));
    return { params: { branches: pruned }, inputs: [true, ...inputs], outputs: used };
  },
  effects: ({ branches }) => branches.some(hasEffects),
});

const union = (masks: readonly (readonly boolean[])[]): boolean[] =>
  masks[0].map((_, i) => masks.some((mask) => mask[i]));

const atLeast = (x: Tensor, k: number): Tensor => choose("ge", x, like(x, k));

const graphOf = (types: readonly TensorType[], f: (...inputs: Tensor[]) => readonly Tensor[]): Graph =>
  traceGraph("cond", types, f).graph;

/** Adds zero tangents where `wanted` has one and `present` has not; the first `primals` outputs stay. */
function fillTangents(
  graph: Graph,
  primals: number,
  present: readonly boolean[],
  wanted: readonly boolean[],
  original: Graph,
): Graph {
  if (wanted.every((w, i) => w === present[i])) return graph;
  return graphOf(graph.inputs, (...inputs) => {
    const results = evaluateGraph(graph, inputs);
    let next = primals;
    const tangents = wanted.flatMap((w, i) => {
      if (present[i]) return [results[next++]];
      return w ? [zeros(tangentType(original.outputs[i]))] : [];
    });
    return [...results.slice(0, primals), ...tangents];
  });
}
