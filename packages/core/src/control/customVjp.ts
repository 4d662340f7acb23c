import type { Graph } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { hasEffects } from "../graph/prune.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { like, moveAxis, mul, sum, zeros } from "../primitives/basis.js";
import { isFloat } from "../tensor/dtype.js";
import { type TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, unflatten } from "../tensor/tree.js";
import type { TreeArguments } from "../tensor/treeTypes.js";
import { batchGraph, maskKey, remembered } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";
import { type CustomParams, customFunction, leavesLike, refuseHidden, ruleOf } from "./customRule.js";
import { jitPrimitive } from "./jit.js";

export type CustomVjpParams = CustomParams & {
  /** hidden, arguments -> outputs, residuals. */
  readonly forward: Graph;
  /** hidden, residuals, a cotangent for each float output -> a cotangent for each float argument. */
  readonly backward: Graph;
};

function forwardMode(name: string): never {
  throw new Error(
    `${name}: forward-mode differentiation (jvp, jacfwd, linearize) needs the tangents, and customVjp gives a rule for cotangents only. ` +
      "Define the derivative with customJvp, which serves both modes.",
  );
}

export const customVjpPrimitive: Primitive<CustomVjpParams> = definePrimitive({
  name: "customVjp",
  infer: (_, { graph }) => graph.outputs.map(tangentType),
  jvp: (_primals, _tangents, { name }) => forwardMode(name),

  linearize: (primals, tangents, params, record) => {
    const { graph, hidden, name } = params;
    refuseHidden(name, hidden, tangents);
    const results = bind(jitPrimitive, primals, { graph: ruleOf(params, "forward"), name });
    const n = graph.outputs.length;
    const given = [...primals.slice(0, hidden), ...results.slice(n)];
    const outputs = record(customCotangentPrimitive, [...given, ...tangents.filter((t) => t !== null)], {
      backward: ruleOf(params, "backward"),
      given: given.length,
      varies: primals.flatMap((x, i) => (i >= hidden && isFloat(x.dtype) ? [tangents[i] !== null] : [])),
      name,
    });
    let next = 0;
    return {
      primals: results.slice(0, n),
      tangents: graph.outputs.map((a): Tangent => (isFloat(a.dtype) ? outputs[next++] : null)),
    };
  },

  batch: (inputs, axes, size, params) => {
    const mask = axes.map((a) => a !== null);
    const aligned = inputs.map((x, i) => (axes[i] === null ? x : moveAxis(x, axes[i] as number, 0)));
    return {
      outputs: bind(customVjpPrimitive, aligned, batchedRules(params, mask, size)),
      axes: params.graph.outputs.map(() => 0),
    };
  },
  lower: (_in, _out, { graph }) => ({ kind: "graph", graph }),
  effects: ({ graph }) => hasEffects(graph),
});

interface CotangentParams {
  readonly backward: Graph;
  /** How many inputs are captures and residuals; the rest are tangents of the arguments in `varies`. */
  readonly given: number;
  /** Which float arguments have a tangent. */
  readonly varies: readonly boolean[];
  readonly name: string;
}

/** The linear map of tangents that nobody knows but through its transpose. It is recorded by `linearize`, never evaluated. */
export const customCotangentPrimitive: Primitive<CotangentParams> = definePrimitive({
  name: "customCotangent",
  infer: (_, { backward, given }) => backward.inputs.slice(given).map(tangentType),
  transpose: (cotangents, inputs, { backward, given, varies, name }) => {
    const cts = cotangents.map((ct, i) => ct ?? zeros(tangentType(backward.inputs[given + i])));
    const results = bind(jitPrimitive, [...(inputs.slice(0, given) as Tensor[]), ...cts], { graph: backward, name });
    const chosen = results.filter((_, i) => varies[i]);
    return inputs.map((x, i): Tangent => (i >= given && isLinear(x) ? chosen[i - given] : null));
  },
  jvp: (_primals, _tangents, { name }) => forwardMode(name),
  batch: (_inputs, _axes, _size, { name }) => forwardMode(name),
  lower: (_in, _out, { name }) => forwardMode(name),
});

const batches = new WeakMap<CustomVjpParams, Map<string, CustomVjpParams>>();

/** Both passes over a batch. An argument that was the same for all gets the sum of the cotangents. */
const batchedRules = (params: CustomVjpParams, mask: readonly boolean[], size: number): CustomVjpParams =>
  remembered(batches, params, maskKey(mask, size), (early) => {
    const { graph, hidden, name } = params;
    const n = graph.outputs.length;
    const out: { -readonly [K in keyof CustomVjpParams]: CustomVjpParams[K] } = {
      ...params,
      graph: batchGraph(graph, [...mask, ...graph.outputs.map(() => true)], size).graph,
    };
    early(out);

    const forward = ruleOf(params, "forward");
    const forwardBatch = batchGraph(forward, [...mask, ...forward.outputs.map((_, i) => i < n)], size);
    out.forward = forwardBatch.graph;

    const backward = ruleOf(params, "backward");
    const residuals = forwardBatch.mapped.slice(n);
    const cotangents = backward.inputs.slice(hidden + residuals.length).map(() => true);
    const wanted = mask.filter((_, i) => i >= hidden && isFloat(graph.inputs[i].dtype));
    const given = [...mask.slice(0, hidden), ...residuals, ...cotangents];
    const backwardBatch = batchGraph(backward, [...given, ...wanted], size);
    out.backward = traceGraph(`${name} backward`, backwardBatch.graph.inputs, (...inputs) =>
      evaluateGraph(backwardBatch.graph, inputs).map((ct, i) => {
        if (wanted[i]) return ct;
        return backwardBatch.mapped[i] ? sum(ct, [0]) : mul(ct, like(ct, size));
      }),
    ).graph;
    return out;
  });

/** One cotangent an argument, of the argument's own type; null for zero. */
export type Cotangents<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | null | undefined };

/**
 * customVjp : (a -> b, a -> (b, r), (r, CT b) -> CT a) -> (a -> b). A function with a reverse-mode derivative of your own.
 *
 * Higher orders differentiate `forward` and `backward`. All three functions are traced, as by `jit`: they cannot read values.
 * What they capture is a constant: to differentiate with respect to it, pass it as an argument.
 *
 * @param f from trees of tensors to a tree of tensors; runs where no derivative is asked for.
 * @param forward from the arguments to [output, residuals], the residuals being any tree.
 * @param backward from the residuals and the cotangent of the output to an array with one cotangent an argument, each of the
 *   argument's structure, shapes and dtypes; null stands for zero, and so does whatever stands for an integer leaf.
 * @throws TypeError when a pass returns other structures, shapes or dtypes; Error in forward mode: use customJvp there.
 * @example // the identity, whose gradient is clipped
 * const clipGradient = customVjp(
 *   (x: Tensor) => x,
 *   (x) => [x, undefined],
 *   (_, ct) => [ct.clip(-1, 1)],
 * );
 */
export function customVjp<A extends unknown[], B, R>(
  f: ((...args: A) => B) & TreeArguments<A>,
  forward: (...args: NoInfer<A>) => readonly [output: NoInfer<B>, residuals: R],
  backward: (residuals: NoInfer<R>, cotangent: NoInfer<B>) => Cotangents<NoInfer<A>>,
): (...args: A) => B {
  if (typeof f !== "function" || typeof forward !== "function" || typeof backward !== "function")
    throw new TypeError(
      `customVjp: got ${typeof f}, ${typeof forward} and ${typeof backward}, expected a function, its forward and its backward pass.`,
    );
  const label = `customVjp(${f.name || "anonymous"})`;
  return customFunction<A, B, "forward" | "backward">(label, customVjpPrimitive, f, (signature) => {
    const { leaves, outputs } = signature;
    let residuals: ReturnType<typeof flatten> | undefined;
    const tracedForward = traceGraph(`${label} forward`, leaves, (...inputs) => {
      const result = forward(...unflatten<A>(signature.arguments, inputs));
      if (!Array.isArray(result) || result.length !== 2)
        throw new TypeError(`${label}: the forward pass must return [output, residuals].`);
      const out = leavesLike(`${label}: the output of the forward pass`, signature.output, outputs, result[0], false);
      residuals = flatten(result[1], `${label}: residuals`);
      return [...(out as Tensor[]), ...residuals.leaves];
    });
    const { structure, leaves: kept } = residuals as ReturnType<typeof flatten>;
    const types: TensorType[] = [...kept, ...outputs.filter((t) => isFloat(t.dtype)).map(tangentType)];
    const tracedBackward = traceGraph(`${label} backward`, types, (...inputs) => {
      let next = kept.length;
      const cts = outputs.map((t) => (isFloat(t.dtype) ? inputs[next++] : zeros(tangentType(t))));
      const result = backward(
        unflatten<R>(structure, inputs.slice(0, kept.length)),
        unflatten<B>(signature.output, cts),
      );
      const what = `${label}: the backward pass's cotangent`;
      const found = leavesLike(what, signature.arguments, leaves, result, true);
      return leaves.flatMap((t, i) => (isFloat(t.dtype) ? [found[i] ?? zeros(tangentType(t))] : []));
    });
    return { forward: tracedForward, backward: tracedBackward };
  });
}
