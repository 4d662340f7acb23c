import type { Atom, Equation, Graph, Variable } from "../graph/graph.js";
import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { liveEquations, withoutEffects } from "../graph/prune.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { type Trace, bind, bind1, currentTrace, withTrace } from "../graph/trace.js";
import { barrier, namePrimitive } from "../primitives/barrier.js";
import { dotPrimitive } from "../primitives/dot.js";
import type { Tensor } from "../tensor/tensor.js";
import { unflatten } from "../tensor/tree.js";
import { linearizeGraph, remembered } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";
import { callRules, splitTangents } from "./call.js";
import { jitPrimitive } from "./jit.js";
import { settle, traceOf } from "./jitFunction.js";

/** What a checkpointed function keeps for its derivative besides its inputs. */
export type CheckpointPolicy = "nothing" | "dots" | "everything" | { readonly save: readonly string[] };

export interface CheckpointOptions {
  readonly policy?: CheckpointPolicy;
}

export interface CheckpointParams {
  readonly graph: Graph;
  readonly name: string;
  readonly policy: CheckpointPolicy;
}

/**
 * A call whose derivative keeps its inputs and computes the residuals from them anew. The linear equation that it records
 * contains that computation: transposing it evaluates what does not depend on tangents first, that is, in the backward pass.
 */
export const checkpointPrimitive: Primitive<CheckpointParams> = definePrimitive({
  name: "checkpoint",
  ...callRules(() => checkpointPrimitive),
  linearize: (primals, tangents, params, record) => {
    const { primal, linear, needed, nonzero } = recomputing(
      params,
      tangents.map((t) => t !== null),
    );
    const n = params.graph.outputs.length;
    const results = bind(checkpointPrimitive, primals, { ...params, graph: primal });
    const kept = [...primals.filter((_, i) => needed[i]), ...results.slice(n)];
    const outputs = record(checkpointPrimitive, [...kept, ...tangents.filter((t) => t !== null)], {
      ...params,
      graph: linear,
    });
    return splitTangents([...results.slice(0, n), ...outputs], n, nonzero);
  },
});

interface Recomputing {
  /** Outputs: the original ones, then what the policy saves. */
  readonly primal: Graph;
  /** Inputs: the original ones in `needed`, what was saved, the tangents that are not zero. Outputs: non-zero tangents. */
  readonly linear: Graph;
  readonly needed: readonly boolean[];
  readonly nonzero: readonly boolean[];
}

const known = new WeakMap<Graph, Map<string, Recomputing>>();

function recomputing({ graph, policy, name }: CheckpointParams, mask: readonly boolean[]): Recomputing {
  return remembered(known, graph, `${JSON.stringify(policy)}${mask.map(Number).join("")}`, () => {
    const n = graph.outputs.length;
    const { primal, linear, nonzero } = linearizeGraph(policy === "nothing" ? graph : inlineCalls(graph), mask);
    // The sweep back from the residuals ends at inputs and at what may be saved.
    const computed: Equation[] = [];
    const savable: Variable[] = [];
    const named = new Map<Atom, Variable>();
    for (const e of withoutEffects(primal).equations) {
      if (maySave(policy, e)) {
        savable.push(...e.outputs);
        if (e.primitive === (namePrimitive as Primitive)) named.set(e.inputs[0], e.outputs[0]);
      } else computed.push(e);
    }
    // What has a name is saved under it, also for those who read it before it got the name.
    const read = (a: Atom): Atom => named.get(a) ?? a;
    const residuals = primal.outputs.slice(n).map(read);
    for (const [i, e] of computed.entries()) computed[i] = { ...e, inputs: e.inputs.map(read) };
    const live = liveEquations({ ...primal, equations: computed }, residuals);
    const needed = primal.inputs.map((v) => live.needed.has(v));
    const kept = [...primal.inputs.filter((_, i) => needed[i]), ...savable.filter((v) => live.needed.has(v))];
    const outputs = [...primal.outputs.slice(0, n), ...savable.filter((v) => live.needed.has(v))];
    const varying = graph.inputs.filter((_, i) => mask[i]).map(tangentType);
    return {
      primal: { inputs: primal.inputs, equations: liveEquations(primal, outputs).equations, outputs },
      linear: traceGraph(name, [...kept, ...varying], (...inputs) => {
        const recompute = { inputs: kept, equations: live.equations, outputs: residuals };
        const values = evaluateGraph(recompute, barrier(inputs.slice(0, kept.length)));
        return evaluateGraph(linear, [...values, ...inputs.slice(kept.length)]);
      }).graph,
      needed,
      nonzero,
    };
  });
}

function maySave(policy: CheckpointPolicy, { primitive, params }: Equation): boolean {
  if (policy === "nothing") return false;
  if (policy === "everything") return true;
  if (policy === "dots") return primitive === (dotPrimitive as Primitive);
  return primitive === (namePrimitive as Primitive) && policy.save.includes((params as { label: string }).label);
}

/** A policy looks into the functions that were jitted apart. */
function inlineCalls(graph: Graph): Graph {
  return traceGraph("checkpoint", graph.inputs, (...inputs) => {
    const parent = currentTrace();
    const inlining: Trace = {
      name: parent.name,
      process: (primitive, xs, params) =>
        (primitive as unknown) === jitPrimitive
          ? evaluateGraph((params as unknown as { graph: Graph }).graph, xs)
          : parent.process(primitive, xs, params),
    };
    return withTrace(inlining, () => evaluateGraph(graph, inputs));
  }).graph;
}

/**
 * checkpoint : (a -> b) -> (a -> b). The same function, whose intermediate values are not kept for reverse mode but computed
 * again in the backward pass: memory for time.
 *
 * The function is traced as by `jit`. In a nest of checkpoints each level computes again what it needs.
 *
 * @param options.policy what is kept besides the inputs: "nothing" (default), "dots" (results of matrix products),
 *   "everything", or `{ save: names }`, the values marked by `checkpointName`. It looks into jitted functions, not into loops.
 * @example grad((w: Tensor) => checkpoint(layer)(checkpoint(layer)(x, w), w).sum())
 */
export function checkpoint<A extends unknown[], B>(
  f: (...args: A) => B,
  options: CheckpointOptions = {},
): (...args: A) => B {
  if (typeof f !== "function") throw new TypeError(`checkpoint: got ${typeof f}, expected a function.`);
  const { policy = "nothing" } = options;
  if (!(typeof policy === "object" ? Array.isArray(policy.save) : ["nothing", "dots", "everything"].includes(policy)))
    throw new TypeError(
      `checkpoint: policy is ${JSON.stringify(policy)}, expected "nothing", "dots", "everything" or { save: names }.`,
    );
  const name = `checkpoint(${f.name || "anonymous"})`;
  return (...args) => {
    const { trace, leaves } = traceOf(name, f, args);
    const results = bind(checkpointPrimitive, [...trace.captures, ...leaves], { graph: trace.graph, name, policy });
    return unflatten<B>(trace.output, results.map(settle));
  };
}

/** checkpointName : the same tensor, under a name for the policy `{ save: [name] }` of `checkpoint`. */
export function checkpointName(x: Tensor, name: string): Tensor {
  return bind1(namePrimitive, [x], { label: name });
}
