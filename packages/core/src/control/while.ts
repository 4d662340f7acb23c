import { type Graph, variable } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive } from "../graph/primitive.js";
import { hasEffects, pruneGraph, withoutEffects } from "../graph/prune.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { broadcast, broadcastAxis, like, moveAxis, sum, zeros } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchGraph, jvpGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";

/**
 * Inputs: constants of the condition, constants of the body, the first carry. The condition maps (its constants, carry) to an
 * i32 scalar, the body (its constants, carry) to the next carry. Runs the body while the condition is not 0.
 */
export interface WhileParams {
  readonly condition: Graph;
  readonly body: Graph;
  readonly conditionConstants: number;
  readonly bodyConstants: number;
}

export const whilePrimitive: Primitive<WhileParams> = definePrimitive({
  name: "while",
  infer: (_, { body }) => body.outputs.map(tangentType),

  jvp: (primals, tangents, params) => withTangents(primals, tangents, params, bind),

  // The tangents run in a loop of their own, which computes the primals again: how many rounds there are to keep is not known.
  linearize: (primals, tangents, params, record) => {
    const again = { ...params, condition: withoutEffects(params.condition), body: withoutEffects(params.body) };
    return {
      primals: bind(whilePrimitive, primals, params),
      tangents: withTangents(primals, tangents, again, record).tangents,
    };
  },

  transpose: () => {
    throw new Error(
      "whileLoop: reverse-mode differentiation needs the values of every round, and their number is not known in advance. " +
        "Use scan, or foriLoop with bounds that are JS numbers; or differentiate forward, with jvp or jacfwd.",
    );
  },

  batch: (inputs, axes, size, params) => {
    const { condition, body, conditionConstants: nc, bodyConstants: nb } = params;
    const mask = axes.map((a) => a !== null);
    const first = nc + nb;
    let carried = mask.slice(first);
    const conditionMask = (): boolean[] => [...mask.slice(0, nc), ...carried];
    const bodyMask = (): boolean[] => [...mask.slice(nc, first), ...carried, ...carried];
    for (;;) {
      const { mapped } = batchGraph(body, bodyMask(), size);
      if (mapped.every((m, i) => m === carried[i])) break;
      carried = mapped.slice();
    }
    // A round that only some need changes all: each element keeps its own carry once it is done.
    const perElement = batchGraph(condition, [...conditionMask(), false], size).mapped[0];
    if (perElement) carried = carried.map(() => true);
    const batchedCondition = batchGraph(condition, [...conditionMask(), false], size).graph;
    const batchedBody = batchGraph(body, bodyMask(), size).graph;
    const aligned = inputs.map((x, i) => {
      const a = axes[i];
      if (a !== null) return moveAxis(x, a, 0);
      return i >= first && carried[i - first] ? broadcastAxis(x, 0, size) : x;
    });
    const out = carried.map((c) => (c ? 0 : null));
    if (!perElement)
      return {
        outputs: bind(whilePrimitive, aligned, { ...params, condition: batchedCondition, body: batchedBody }),
        axes: out,
      };
    const nonzero = (x: Tensor): Tensor => choose("ne", x, like(x, 0));
    const anyLive = traceGraph("while", batchedCondition.inputs, (...xs) => {
      const [live] = evaluateGraph(batchedCondition, xs);
      return [convert(nonzero(sum(convert(nonzero(live), "i32"), [0])), "i32")];
    }).graph;
    const step = traceGraph("while", [...batchedCondition.inputs.slice(0, nc), ...batchedBody.inputs], (...xs) => {
      const carry = xs.slice(first);
      const live = nonzero(evaluateGraph(batchedCondition, [...xs.slice(0, nc), ...carry])[0]);
      const next = evaluateGraph(batchedBody, xs.slice(nc));
      return next.map((y, i) => select(broadcast(live, y.shape, [0]), y, carry[i]));
    }).graph;
    return {
      outputs: bind(whilePrimitive, [...aligned.slice(0, nc), ...aligned], {
        condition: anyLive,
        body: step,
        conditionConstants: nc,
        bodyConstants: first,
      }),
      axes: out,
    };
  },

  lower: (_in, _out, params) => ({ kind: "while", ...params }),

  dce: (used, params) => {
    const { condition, body, conditionConstants: nc, bodyConstants: nb } = params;
    const asked = pruneGraph(condition, [true]).inputs;
    // A carry is needed when it is used, when the condition reads it, or when a needed carry does.
    let keep = used.map((u, i) => u || asked[nc + i]);
    for (;;) {
      const { inputs } = pruneGraph(body, keep);
      const next = keep.map((k, i) => k || inputs[nb + i]);
      if (next.every((k, i) => k === keep[i])) break;
      keep = next;
    }
    const pruned = pruneGraph(body, keep);
    const constants = pruned.inputs.slice(0, nb);
    return {
      params: {
        ...params,
        condition: { ...condition, inputs: condition.inputs.filter((_, i) => i < nc || keep[i - nc]) },
        // A kept carry stays an input of the body even if the body ignores it.
        body: { ...pruned.graph, inputs: body.inputs.filter((_, i) => (i < nb ? constants[i] : keep[i - nb])) },
        bodyConstants: constants.filter(Boolean).length,
      },
      inputs: [...condition.inputs.slice(0, nc).map(() => true), ...constants, ...keep],
      outputs: keep,
    };
  },
  effects: ({ condition, body }) => hasEffects(condition) || hasEffects(body),
});

/** Primals and the tangents that are not zero, carried together; the condition sees the primals only. */
function withTangents(
  primals: readonly Tensor[],
  tangents: readonly Tangent[],
  { condition, body, conditionConstants: nc, bodyConstants: nb }: WhileParams,
  run: typeof bind,
): { primals: Tensor[]; tangents: Tangent[] } {
  const first = nc + nb;
  const carry = body.outputs.length;
  const mask = tangents.slice(nc).map((t) => t !== null);
  for (;;) {
    const { nonzero } = jvpGraph(body, mask);
    if (!nonzero.some((nz, i) => nz && !mask[nb + i])) break;
    nonzero.forEach((nz, i) => {
      if (nz) mask[nb + i] = true;
    });
  }
  const { graph, nonzero } = jvpGraph(body, mask);
  const constants = mask.slice(0, nb).filter(Boolean).length;
  const varying = mask.slice(nb);
  const types: TensorType[] = [];
  body.inputs.slice(nb).forEach((v, i) => varying[i] && types.push(tangentType(v)));
  const dual = traceGraph(
    "while",
    [
      ...body.inputs.slice(0, nb),
      ...body.inputs
        .slice(0, nb)
        .filter((_, i) => mask[i])
        .map(tangentType),
      ...body.inputs.slice(nb),
      ...types,
    ],
    (...xs) => {
      const at = nb + constants;
      const results = evaluateGraph(graph, [
        ...xs.slice(0, nb),
        ...xs.slice(at, at + carry),
        ...xs.slice(nb, at),
        ...xs.slice(at + carry),
      ]);
      let next = carry;
      const out = varying.flatMap((v, i) => {
        if (!v) return [];
        return [nonzero[i] ? results[next++] : zeros(tangentType(body.outputs[i]))];
      });
      return [...results.slice(0, carry), ...out];
    },
  ).graph;
  const results = run(
    whilePrimitive,
    [
      ...primals.slice(0, first),
      ...tangents.slice(nc, first).filter((t) => t !== null),
      ...primals.slice(first),
      ...tangents.slice(first).flatMap((t, i) => (varying[i] ? [t ?? zeros(tangentType(primals[first + i]))] : [])),
    ],
    {
      condition: { ...condition, inputs: [...condition.inputs, ...types.map(variable)] },
      body: dual,
      conditionConstants: nc,
      bodyConstants: nb + constants,
    },
  );
  let next = carry;
  return { primals: results.slice(0, carry), tangents: varying.map((v): Tangent => (v ? results[next++] : null)) };
}
