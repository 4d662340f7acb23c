import type { Graph, Variable } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { hasEffects, liveEquations, pruneGraph } from "../graph/prune.js";
import { evaluateGraph, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { add, broadcastAxis, moveAxis, zeros } from "../primitives/basis.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchGraph, jvpGraph, linearizeGraph, transposeGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";
import { productSums } from "./productSums.js";
import { scatterSums } from "./scatterSums.js";

/**
 * scan : ((c, x) -> (c, y)) -> (c, [x]) -> (c, [y]).
 *
 * Inputs are constants, initial carry, stacked inputs (axis 0); outputs the last carry and stacked outputs. The body's
 * inputs are the constants, the carry and one slice of each stacked input; its outputs the next carry and one slice of each output.
 */
export interface ScanParams {
  readonly body: Graph;
  readonly constants: number;
  readonly carry: number;
  readonly length: number;
  readonly reverse: boolean;
}

export const stacked = (t: TensorType, length: number): TensorType => ({ shape: [length, ...t.shape], dtype: t.dtype });

export const scanPrimitive: Primitive<ScanParams> = definePrimitive({
  name: "scan",
  infer: (_, { body, carry, length }) =>
    body.outputs.map((a, i) => (i < carry ? { shape: a.shape, dtype: a.dtype } : stacked(a, length))),

  jvp: (primals, tangents, params) => {
    const { constants: nc, carry: nk } = params;
    const mask = carryFixpoint(tangents, params, (body, m) => jvpGraph(body, m).nonzero);
    const { graph, nonzero } = instantiateTangents(params, mask);
    const filled = tangents.map((t, i) => t ?? (mask[i] ? zeros(tangentType(primals[i])) : null));
    const pick = (from: number, to: number): Tensor[] => filled.slice(from, to).filter((t) => t !== null);
    const n = primals.length;
    const [tc, tk, tx] = [pick(0, nc), pick(nc, nc + nk), pick(nc + nk, n)];
    // The body of jvp has all primals first; a scan wants constants, carry and slices grouped.
    const p = params.body.inputs.length;
    const order = (groups: { c: number; k: number; x: number }): number[] => [
      ...seq(0, nc),
      ...seq(p, groups.c),
      ...seq(nc, nk),
      ...seq(p + groups.c, groups.k),
      ...seq(nc + nk, p - nc - nk),
      ...seq(p + groups.c + groups.k, groups.x),
    ];
    const outs = params.body.outputs.length;
    const carryOut = nonzero.slice(0, nk).filter(Boolean).length;
    const body = permuted(graph, order({ c: tc.length, k: tk.length, x: tx.length }), [
      ...seq(0, nk),
      ...seq(outs, carryOut),
      ...seq(nk, outs - nk),
      ...seq(outs + carryOut, nonzero.filter(Boolean).length - carryOut),
    ]);
    const results = bind(
      scanPrimitive,
      [...primals.slice(0, nc), ...tc, ...primals.slice(nc, nc + nk), ...tk, ...primals.slice(nc + nk), ...tx],
      { ...params, body, constants: nc + tc.length, carry: nk + tk.length },
    );
    const ys = results.slice(nk + carryOut, carryOut + outs);
    const dual = [...results.slice(nk, nk + carryOut), ...results.slice(carryOut + outs)];
    let next = 0;
    return {
      primals: [...results.slice(0, nk), ...ys],
      tangents: nonzero.map((nz): Tangent => (nz ? dual[next++] : null)),
    };
  },

  linearize: (primals, tangents, params, record) => {
    const { constants: nc, carry: nk, length } = params;
    const mask = carryFixpoint(tangents, params, (body, m) => linearizeGraph(body, m).nonzero);
    const { primal, linear, residuals, nonzero } = instantiatedLinearization(params, mask);
    const outs = params.body.outputs.length;
    // Residuals that are the body's own constants or slices need not be stacked: the scan's inputs are passed on.
    const sources = primal.outputs.slice(outs).map((a) => (a.kind === "variable" ? primal.inputs.indexOf(a) : -1));
    const forwarded = sources.map((s) => s >= 0 && (s < nc || s >= nc + nk));
    const used = primal.outputs.map((_, i) => i < outs || !forwarded[i - outs]);
    const results = bind(scanPrimitive, primals, {
      ...params,
      body: { ...primal, outputs: primal.outputs.filter((_, i) => used[i]) },
    });
    let next = outs;
    const values = sources.map((s, i) => (forwarded[i] ? primals[s] : results[next++]));
    const invariant = sources.map((s, i) => forwarded[i] && s < nc);
    const varying = tangents.map((t, i) => t ?? (mask[i] ? zeros(tangentType(primals[i])) : null));
    const pick = (from: number, to: number): Tensor[] => varying.slice(from, to).filter((t) => t !== null);
    const [tc, tk, tx] = [pick(0, nc), pick(nc, nc + nk), pick(nc + nk, primals.length)];
    const fixed = seq(0, residuals).filter((i) => invariant[i]);
    const moving = seq(0, residuals).filter((i) => !invariant[i]);
    const body = permuted(linear, [
      ...fixed,
      ...seq(residuals, tc.length + tk.length),
      ...moving,
      ...seq(residuals + tc.length + tk.length, tx.length),
    ]);
    const outputs = record(
      scanPrimitive,
      [...fixed.map((i) => values[i]), ...tc, ...tk, ...moving.map((i) => values[i]), ...tx],
      { body, constants: fixed.length + tc.length, carry: tk.length, length, reverse: params.reverse },
    );
    let at = 0;
    return {
      primals: results.slice(0, outs),
      tangents: nonzero.map((nz): Tangent => (nz ? outputs[at++] : null)),
    };
  },

  /*
   * The transpose runs the other way, carrying the cotangents of the carry and accumulating those of the linear constants.
   * Constants and stacked inputs may each be given or linear; the carry is linear as a whole. A cotangent that is a sum of products
   * is not accumulated: its factors leave the loop stacked, and one product follows.
   */
  transpose: (cotangents, inputs, params) => {
    const { body, constants: nc, carry: nk, length, reverse } = params;
    // A carry that starts from a given value (the zeros of `linearize`) is linear all the same from the first step on.
    const linear = inputs.map((x, i) => isLinear(x) || (i >= nc && i < nc + nk));
    const backward = transposeGraph(body, linear);
    const givenC = seq(0, nc).filter((i) => !linear[i]);
    const linearC = seq(0, nc).filter((i) => linear[i]);
    const xs = seq(nc + nk, inputs.length - nc - nk);
    const givenX = xs.filter((i) => !linear[i]);
    const linearX = xs.filter((i) => linear[i]);
    // backward: inputs are given constants, given slices, carry and output cotangents; outputs the cotangents of linear constants, carry, linear slices.
    const sums = productSums(backward, linearC.length, new Set(backward.inputs.slice(0, givenC.length)));
    const summed = linearC.filter((_, k) => sums[k] === undefined);
    const ctOf = (i: number): Tensor =>
      cotangents[i] ?? zeros(i < nk ? tangentType(body.outputs[i]) : stacked(body.outputs[i], length));
    const slices = [...givenX.map((i) => inputs[i] as Tensor), ...seq(nk, body.outputs.length - nk).map(ctOf)];
    // Factors that are slices of the loop's inputs lie stacked already.
    const stacks = new Map<Variable, Tensor>();
    givenX.forEach((_, k) => stacks.set(backward.inputs[givenC.length + k], slices[k]));
    seq(givenX.length, slices.length - givenX.length).forEach((k) =>
      stacks.set(backward.inputs[givenC.length + nk + k], slices[k]),
    );
    const factors = new Set(sums.flatMap((p) => (p === undefined ? [] : [p.a, p.b])).filter((v) => !stacks.has(v)));
    const outputs = [...backward.outputs.filter((_, k) => sums[k] === undefined), ...factors];
    const step =
      summed.length === linearC.length
        ? backward
        : { inputs: backward.inputs, equations: liveEquations(backward, outputs).equations, outputs };
    const sum = traceGraph(
      "scan transpose",
      [
        ...givenC.map((i) => body.inputs[i]),
        ...summed.map((i) => tangentType(body.inputs[i])),
        ...body.outputs.slice(0, nk).map(tangentType),
        ...givenX.map((i) => body.inputs[i]),
        ...body.outputs.slice(nk).map(tangentType),
      ],
      (...ts) => {
        let at = 0;
        const take = (n: number): Tensor[] => ts.slice(at, (at += n));
        const gc = take(givenC.length);
        const totals = take(summed.length);
        const ck = take(nk);
        const gx = take(givenX.length);
        const cy = take(body.outputs.length - nk);
        const results = evaluateGraph(step, [...gc, ...gx, ...ck, ...cy]);
        const next = totals.map((t, i) => add(t, results[i]));
        return [...next, ...results.slice(summed.length)];
      },
    );
    const results = bind(
      scanPrimitive,
      [
        ...givenC.map((i) => inputs[i] as Tensor),
        ...summed.map((i) => zeros(tangentType(body.inputs[i]))),
        ...seq(0, nk).map(ctOf),
        ...slices,
      ],
      { body: scatterSums(sum.graph), constants: givenC.length, carry: summed.length + nk, length, reverse: !reverse },
    );
    const out = new Array<Tangent>(inputs.length).fill(null);
    const direct = [...summed, ...seq(nc, nk), ...linearX];
    direct.forEach((i, k) => {
      if (isLinear(inputs[i])) out[i] = results[k];
    });
    [...factors].forEach((v, k) => stacks.set(v, results[direct.length + k]));
    linearC.forEach((i, k) => {
      const p = sums[k];
      if (p !== undefined) out[i] = p.total(stacks.get(p.a) as Tensor, stacks.get(p.b) as Tensor);
    });
    return out;
  },

  batch: (inputs, axes, size, params) => {
    const { body, constants: nc, carry: nk } = params;
    let carried = axes.slice(nc, nc + nk).map((a) => a !== null);
    const maskOf = (): boolean[] => [
      ...axes.slice(0, nc).map((a) => a !== null),
      ...carried,
      ...axes.slice(nc + nk).map((a) => a !== null),
      ...carried,
      ...body.outputs.slice(nk).map(() => false),
    ];
    let batched = batchGraph(body, maskOf(), size);
    for (;;) {
      const next = carried.map((c, i) => c || batched.mapped[i]);
      if (next.every((c, i) => c === carried[i])) break;
      carried = next;
      batched = batchGraph(body, maskOf(), size);
    }
    const aligned = inputs.map((x, i) => {
      const a = axes[i];
      if (i >= nc && i < nc + nk)
        return a !== null ? moveAxis(x, a, 0) : carried[i - nc] ? broadcastAxis(x, 0, size) : x;
      return a === null ? x : moveAxis(x, a, i < nc ? 0 : 1);
    });
    return {
      outputs: bind(scanPrimitive, aligned, { ...params, body: batched.graph }),
      axes: batched.mapped.map((m, i) => (m ? (i < nk ? 0 : 1) : null)),
    };
  },

  lower: (_in, _out, params) => ({ kind: "scan", ...params }),

  dce: (used, params) => {
    const { body, constants: nc, carry: nk } = params;
    // A carry is needed when it is used, or when a needed output of the body reads it.
    let keep = used.slice(0, nk);
    for (;;) {
      const { inputs } = pruneGraph(body, [...keep, ...used.slice(nk)]);
      const next = keep.map((k, i) => k || inputs[nc + i]);
      if (next.every((k, i) => k === keep[i])) {
        const outputs = [...keep, ...used.slice(nk)];
        const pruned = pruneGraph(body, outputs);
        // A kept carry stays an input of the body even if the body ignores it.
        const inputsKept = pruned.inputs.map((k, i) => (i >= nc && i < nc + nk ? keep[i - nc] : k));
        return {
          params: {
            ...params,
            body: { ...pruned.graph, inputs: body.inputs.filter((_, i) => inputsKept[i]) },
            constants: inputsKept.slice(0, nc).filter(Boolean).length,
            carry: keep.filter(Boolean).length,
          },
          inputs: inputsKept,
          outputs,
        };
      }
      keep = next;
    }
  },
  effects: ({ body }) => hasEffects(body),
});

const seq = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** The body's mask of varying inputs, with carries added until the body returns no tangent for a carry that has none. */
function carryFixpoint(
  tangents: readonly Tangent[],
  { body, constants: nc, carry: nk }: ScanParams,
  nonzeroOf: (body: Graph, mask: boolean[]) => readonly boolean[],
): boolean[] {
  const mask = tangents.map((t) => t !== null);
  for (let round = 0; round <= nk; round++) {
    const out = nonzeroOf(body, mask);
    let grew = false;
    for (let i = 0; i < nk; i++)
      if (out[i] && !mask[nc + i]) {
        mask[nc + i] = true;
        grew = true;
      }
    if (!grew) break;
  }
  return mask;
}

/** jvpGraph with a tangent for every carry that has one going in. */
function instantiateTangents(params: ScanParams, mask: readonly boolean[]): { graph: Graph; nonzero: boolean[] } {
  const { graph, nonzero } = jvpGraph(params.body, mask);
  return withCarryZeros(graph, nonzero, mask, params, params.body.outputs.length);
}

/** linearizeGraph with a tangent for every carry that has one going in. */
function instantiatedLinearization(
  params: ScanParams,
  mask: readonly boolean[],
): { primal: Graph; linear: Graph; residuals: number; nonzero: boolean[] } {
  const { primal, linear, residuals, nonzero } = linearizeGraph(params.body, mask);
  const filled = withCarryZeros(linear, nonzero, mask, params, 0);
  return { primal, linear: filled.graph, residuals, nonzero: filled.nonzero };
}

/** A carry whose tangent goes in must also come out, if only as zero, or the carry would change its structure. */
function withCarryZeros(
  graph: Graph,
  nonzero: readonly boolean[],
  mask: readonly boolean[],
  { body, constants, carry }: ScanParams,
  primals: number,
): { graph: Graph; nonzero: boolean[] } {
  const wanted = nonzero.map((nz, i) => nz || (i < carry && mask[constants + i]));
  if (wanted.every((w, i) => w === nonzero[i])) return { graph, nonzero: wanted };
  const traced = traceGraph("scan", graph.inputs, (...inputs) => {
    const results = evaluateGraph(graph, inputs);
    let next = primals;
    const tangents = wanted.flatMap((w, i) => {
      if (nonzero[i]) return [results[next++]];
      return w ? [zeros(tangentType(body.outputs[i]))] : [];
    });
    return [...results.slice(0, primals), ...tangents];
  });
  return { graph: traced.graph, nonzero: wanted };
}

/** The same graph with inputs and outputs in another order. */
const permuted = (graph: Graph, inputs: readonly number[], outputs?: readonly number[]): Graph => ({
  inputs: inputs.map((i) => graph.inputs[i]),
  equations: graph.equations,
  outputs: outputs === undefined ? graph.outputs : outputs.map((i) => graph.outputs[i]),
});
