import type { Graph } from "../graph/graph.js";
import { LinearInput, type Tangent } from "../graph/primitive.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { currentTrace } from "../graph/trace.js";
import { broadcastAxis, moveAxis, zeros } from "../primitives/basis.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchFlat } from "./batchTrace.js";
import { jvpFlat } from "./jvpTrace.js";
import { linearizeFlat, tangentType } from "./linearTrace.js";
import { transposeEvaluate } from "./transpose.js";

/*
 * The four functions that serve every primitive which carries a graph. Each runs the ordinary rules on the carried graph
 * under a recording trace, and is memoised on the graph's identity and a mask.
 */

type Mask = readonly boolean[];

/** The result kept for `owner` and `key`, or else computed. `early` keeps one that refers to itself before it is complete. */
export function remembered<K extends object, R>(
  cache: WeakMap<K, Map<string, R>>,
  owner: K,
  key: string,
  compute: (early: (result: R) => void) => R,
): R {
  let results = cache.get(owner);
  if (results === undefined) cache.set(owner, (results = new Map()));
  const found = results.get(key);
  if (found !== undefined) return found;
  const keep = (result: R): void => void (results as Map<string, R>).set(key, result);
  const result = compute(keep);
  keep(result);
  return result;
}

export const maskKey = (mask: Mask, size: number): string => `${mask.map(Number).join("")}:${size}`;

function memoised<R>(
  compute: (graph: Graph, mask: Mask, size: number) => R,
): (graph: Graph, mask: Mask, size?: number) => R {
  const cache = new WeakMap<Graph, Map<string, R>>();
  return (graph, mask, size = 0) => remembered(cache, graph, maskKey(mask, size), () => compute(graph, mask, size));
}

/** Closed graphs capture nothing: this says so where it is relied upon. */
function closed({ graph, captures }: { graph: Graph; captures: readonly Tensor[] }): Graph {
  if (captures.length > 0) throw new Error("a carried graph captured a value while it was being transformed");
  return graph;
}

export interface JvpGraph {
  /** Inputs: primals, then the tangents that are not zero. Outputs: primals, then the tangents that are not zero. */
  readonly graph: Graph;
  readonly nonzero: readonly boolean[];
}

export const jvpGraph: (graph: Graph, nonzero: Mask) => JvpGraph = memoised((graph, nonzero) => {
  const n = graph.inputs.length;
  const varying = graph.inputs.filter((_, i) => nonzero[i]);
  let mask: boolean[] = [];
  const out = closed(
    traceGraph("jvp", [...graph.inputs, ...varying.map(tangentType)], (...inputs) => {
      let next = n;
      const tangents = nonzero.map((nz): Tangent => (nz ? inputs[next++] : null));
      const result = jvpFlat("jvp", currentTrace(), (...xs) => evaluateGraph(graph, xs), inputs.slice(0, n), tangents);
      mask = result.tangents.map((t) => t !== null);
      return [...result.primals, ...result.tangents.filter((t) => t !== null)];
    }),
  );
  return { graph: out, nonzero: mask };
});

export interface LinearizedGraph {
  /** Outputs: the original ones, then the residuals. */
  readonly primal: Graph;
  /** Inputs: residuals, then non-zero tangents. Outputs: non-zero tangents. */
  readonly linear: Graph;
  readonly residuals: number;
  readonly nonzero: readonly boolean[];
}

export const linearizeGraph: (graph: Graph, nonzero: Mask) => LinearizedGraph = memoised((graph, nonzero) => {
  let linear: Graph | undefined;
  let mask: readonly boolean[] = [];
  let residuals = 0;
  const primal = closed(
    traceGraph("linearize", graph.inputs, (...inputs) => {
      const result = linearizeFlat("linearize", currentTrace(), (...xs) => evaluateGraph(graph, xs), inputs, nonzero);
      linear = result.linear;
      mask = result.nonzero;
      residuals = result.residuals.length;
      return [...result.primals, ...result.residuals];
    }),
  );
  return { primal, linear: linear as Graph, residuals, nonzero: mask };
});

/**
 * Inputs: the given inputs of `graph` (those not marked linear), then a cotangent for each output. Outputs: a cotangent
 * for each linear input; zeros are instantiated.
 */
export const transposeGraph: (graph: Graph, linear: Mask) => Graph = memoised((graph, linear) => {
  const given = graph.inputs.filter((_, i) => !linear[i]);
  return closed(
    traceGraph("transpose", [...given, ...graph.outputs.map(tangentType)], (...inputs) => {
      let next = 0;
      const arguments_ = graph.inputs.map((v, i) => (linear[i] ? new LinearInput(v) : inputs[next++]));
      const cotangents = transposeEvaluate(graph, arguments_, inputs.slice(next));
      return graph.inputs.flatMap((v, i) => (linear[i] ? [cotangents[i] ?? zeros(tangentType(v))] : []));
    }),
  );
});

export interface BatchedGraph {
  /** Mapped inputs and outputs carry the batch as axis 0. */
  readonly graph: Graph;
  readonly mapped: readonly boolean[];
}

/** `mask` marks the mapped inputs, then the outputs that must be mapped even if they need not be. */
export const batchGraph: (graph: Graph, mask: Mask, size?: number) => BatchedGraph = memoised((graph, mask, size) => {
  const n = graph.inputs.length;
  let mapped: boolean[] = [];
  const types = graph.inputs.map((v, i) => (mask[i] ? { ...tangentType(v), shape: [size, ...v.shape] } : v));
  const out = closed(
    traceGraph("vmap", types, (...inputs) => {
      const axes = inputs.map((_, i) => (mask[i] ? 0 : null));
      const result = batchFlat("vmap", currentTrace(), size, (...xs) => evaluateGraph(graph, xs), inputs, axes);
      mapped = result.axes.map((a, i) => a !== null || mask[n + i]);
      return result.outputs.map((y, i) => {
        const axis = result.axes[i];
        if (axis !== null) return moveAxis(y, axis, 0);
        return mask[n + i] ? broadcastAxis(y, 0, size) : y;
      });
    }),
  );
  return { graph: out, mapped };
});
