import { type Atom, type Equation, type Graph, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { addPrimitive, broadcastPrimitive } from "../primitives/basis.js";
import { dynamicSlicePrimitive, dynamicUpdateSlicePrimitive } from "../primitives/dynamicSlice.js";
import { scatterAddPrimitive } from "../primitives/indexing.js";

/**
 * The graph with `total + (zeros, written at some entries)` as an update of those entries of `total`: what a loop accumulates when each
 * step reads a few entries of one tensor takes time by the entries then, and not by the tensor. Only the sign of a zero may differ.
 */
export function scatterSums(graph: Graph): Graph {
  const producer = new Map<Atom, Equation>();
  const readers = new Map<Atom, number>();
  for (const e of graph.equations) {
    for (const v of e.outputs) producer.set(v, e);
    for (const a of e.inputs) readers.set(a, (readers.get(a) ?? 0) + 1);
  }
  for (const a of graph.outputs) readers.set(a, (readers.get(a) ?? 0) + 1);
  const made = (a: Atom, ...by: readonly unknown[]): Equation | undefined => {
    const e = producer.get(a);
    return e !== undefined && by.includes(e.primitive) ? e : undefined;
  };
  const isZero = (a: Atom): boolean => {
    if (a.kind === "literal") return a.value === 0;
    const e = made(a, broadcastPrimitive);
    return e !== undefined && isZero(e.inputs[0]);
  };
  const equations = graph.equations.flatMap((e): Equation[] => {
    if ((e.primitive as unknown) !== addPrimitive) return [e];
    for (const [k, a] of e.inputs.entries()) {
      const update = readers.get(a) === 1 ? made(a, scatterAddPrimitive, dynamicUpdateSlicePrimitive) : undefined;
      if (update === undefined || !isZero(update.inputs[0])) continue;
      const total = e.inputs[1 - k];
      const { primitive, params } = update;
      const [, x, y] = update.inputs;
      if ((primitive as unknown) === scatterAddPrimitive) return [{ ...e, primitive, params, inputs: [total, x, y] }];
      // x is the window, y where it begins.
      const { batchDims } = params as { batchDims: number };
      const [old, sum] = [variable(x), variable(x)];
      const window = { sizes: x.shape.slice(batchDims), batchDims };
      return [
        { primitive: dynamicSlicePrimitive as Primitive, params: window, inputs: [total, y], outputs: [old] },
        { ...e, inputs: [old, x], outputs: [sum] },
        { ...e, primitive, params, inputs: [total, sum, y] },
      ];
    }
    return [e];
  });
  return { ...graph, equations };
}
