import type { Graph } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive } from "../graph/primitive.js";
import { hasEffects, pruneGraph } from "../graph/prune.js";
import { traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { moveAxis, zeros } from "../primitives/basis.js";
import { isFloat } from "../tensor/dtype.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { unflatten } from "../tensor/tree.js";
import type { TreeArguments } from "../tensor/treeTypes.js";
import { batchGraph, linearizeGraph, maskKey, remembered } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";
import { type CustomParams, customFunction, leavesLike, refuseHidden, ruleOf } from "./customRule.js";
import { jitPrimitive } from "./jit.js";

/** `rule`: hidden, arguments, a tangent for each float argument -> outputs, a tangent for each float output. */
export type CustomJvpParams = CustomParams & { readonly rule: Graph };

export const customJvpPrimitive: Primitive<CustomJvpParams> = definePrimitive({
  name: "customJvp",
  infer: (_, { graph }) => graph.outputs.map(tangentType),

  jvp: (primals, tangents, params) => {
    const { graph, hidden, name } = params;
    refuseHidden(name, hidden, tangents);
    const filled = primals.flatMap((x, i) =>
      i >= hidden && isFloat(x.dtype) ? [tangents[i] ?? zeros(tangentType(x))] : [],
    );
    const results = bind(jitPrimitive, [...primals, ...filled], { graph: ruleOf(params, "rule"), name });
    return withTangents(graph, results, () => true);
  },

  // The rule is linear in its tangents, so it is its own derivative with respect to them: linearizing it there splits it.
  linearize: (primals, tangents, params, record) => {
    const { graph, hidden, name } = params;
    refuseHidden(name, hidden, tangents);
    const varies = primals.flatMap((x, i) => (i >= hidden && isFloat(x.dtype) ? [tangents[i] !== null] : []));
    const { primal, linear, nonzero } = splitRule(params, varies);
    const results = bind(jitPrimitive, primals, { graph: primal, name });
    const n = graph.outputs.length;
    const varying = tangents.filter((t) => t !== null);
    const outputs = record(jitPrimitive, [...results.slice(n), ...varying], { graph: linear, name });
    return withTangents(graph, [...results.slice(0, n), ...outputs], (i) => nonzero[i]);
  },

  batch: (inputs, axes, size, params) => {
    const mask = axes.map((a) => a !== null);
    const aligned = inputs.map((x, i) => (axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
    return {
      outputs: bind(customJvpPrimitive, aligned, batchedRule(params, mask, size)),
      axes: params.graph.outputs.map(() => 0),
    };
  },
  lower: (_in, _out, { graph }) => ({ kind: "graph", graph }),
  effects: ({ graph }) => hasEffects(graph),
});

/** Outputs, then tangents of those float outputs (counted apart) that have one. */
function withTangents(
  { outputs }: Graph,
  results: readonly Tensor[],
  nonzero: (float: number) => boolean,
): { primals: Tensor[]; tangents: Tangent[] } {
  let next = outputs.length;
  let float = 0;
  return {
    primals: results.slice(0, outputs.length),
    tangents: outputs.map((a): Tangent => (isFloat(a.dtype) && nonzero(float++) ? results[next++] : null)),
  };
}

interface SplitRule {
  /** Outputs: those of the function, then the residuals. */
  readonly primal: Graph;
  readonly linear: Graph;
  /** Which float outputs have a tangent. */
  readonly nonzero: readonly boolean[];
}

const splits = new WeakMap<Graph, Map<string, SplitRule>>();

function splitRule(params: CustomJvpParams, varies: readonly boolean[]): SplitRule {
  const { graph, name } = params;
  const rule = ruleOf(params, "rule");
  return remembered(splits, rule, maskKey(varies, 0), () => {
    const given = graph.inputs.length;
    const n = graph.outputs.length;
    const { primal, linear, nonzero } = linearizeGraph(rule, [...graph.inputs.map(() => false), ...varies]);
    const { graph: kept, inputs } = pruneGraph(
      primal,
      primal.outputs.map((_, i) => i < n || i >= rule.outputs.length),
    );
    if (nonzero.slice(0, n).includes(true) || inputs.slice(given).includes(true))
      throw new Error(
        `${name}: the rule is not linear in the tangents, or its outputs depend on them, so it has no reverse mode. ` +
          "Only add tangents, and multiply them by what depends on the primals.",
      );
    return { primal: { ...kept, inputs: primal.inputs.slice(0, given) }, linear, nonzero: nonzero.slice(n) };
  });
}

const batches = new WeakMap<CustomJvpParams, Map<string, CustomJvpParams>>();

/** Every output is mapped, so that the batch of a rule which calls its own function is known before it is traced. */
const batchedRule = (params: CustomJvpParams, mask: readonly boolean[], size: number): CustomJvpParams =>
  remembered(batches, params, maskKey(mask, size), (early) => {
    const { graph, hidden } = params;
    const rule = ruleOf(params, "rule");
    const all = graph.outputs.map(() => true);
    const batched = { ...params, graph: batchGraph(graph, [...mask, ...all], size).graph };
    early(batched);
    const tangents = mask.filter((_, i) => i >= hidden && isFloat(graph.inputs[i].dtype));
    batched.rule = batchGraph(rule, [...mask, ...tangents, ...rule.outputs.map(() => true)], size).graph;
    return batched;
  });

/**
 * customJvp : (a -> b, (a, T a) -> (b, T b)) -> (a -> b). A function with a derivative of your own, in both modes and to any order.
 *
 * Reverse mode transposes the rule, so it must be linear in the tangents; higher orders differentiate the rule itself, which
 * may call the function that it belongs to. Function and rule are traced, as by `jit`: they cannot read values. What they
 * capture is a constant: to differentiate with respect to it, pass it as an argument.
 *
 * @param f from trees of tensors to a tree of tensors.
 * @param rule from the arguments and their tangents, as two arrays, to [outputs, tangents of the outputs]. Tangents have the
 *   structure of the arguments, zeros filled in; those of integer leaves are zeros of that leaf's type. In the result, null
 *   stands for zero, and whatever stands for the tangent of an integer output is ignored.
 * @throws TypeError when the rule returns other structures, shapes or dtypes than the function.
 * @example // log(1 + e^x), whose derivative does not overflow
 * const softplus = customJvp(
 *   (x: Tensor) => x.exp().log1p(),
 *   ([x], [t]) => [softplus(x), t.mul(x.sigmoid())],
 * );
 */
export function customJvp<A extends unknown[], B>(
  f: ((...args: A) => B) & TreeArguments<A>,
  rule: (
    primals: NoInfer<A>,
    tangents: NoInfer<A>,
  ) => readonly [outputs: NoInfer<B>, tangents: NoInfer<B> | null | undefined],
): (...args: A) => B {
  if (typeof f !== "function" || typeof rule !== "function")
    throw new TypeError(`customJvp: got ${typeof f} and ${typeof rule}, expected a function and its rule.`);
  return customFunction<A, B, "rule">(`customJvp(${f.name || "anonymous"})`, customJvpPrimitive, f, (signature) => {
    const { label, leaves, outputs } = signature;
    const floats = leaves.filter((t) => isFloat(t.dtype)).map(tangentType);
    const traced = traceGraph(`${label} rule`, [...leaves, ...floats], (...inputs) => {
      let next = leaves.length;
      const tangents = leaves.map((t: TensorType) => (isFloat(t.dtype) ? inputs[next++] : zeros(tangentType(t))));
      const result = rule(
        unflatten<A>(signature.arguments, inputs.slice(0, leaves.length)),
        unflatten<A>(signature.arguments, tangents),
      );
      if (!Array.isArray(result) || result.length !== 2)
        throw new TypeError(`${label}: the rule must return [outputs, tangents of the outputs].`);
      const values = leavesLike(`${label}: the rule's output`, signature.output, outputs, result[0], false) as Tensor[];
      const ts = leavesLike(`${label}: the rule's tangent`, signature.output, outputs, result[1], true);
      return [...values, ...outputs.flatMap((t, i) => (isFloat(t.dtype) ? [ts[i] ?? zeros(tangentType(t))] : []))];
    });
    return { rule: traced };
  });
}
