import type { Atom, Equation, Graph, Variable } from "../graph/graph.js";
import { transpose, transposePrimitive } from "../primitives/basis.js";
import { type DotParams, dot, dotPrimitive, withoutTranspose } from "../primitives/dot.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** A value that each step of a loop computes as a product, and of which only the sum over the steps is wanted. */
export interface ProductSum {
  /** The factors in one step. */
  readonly a: Variable;
  readonly b: Variable;
  /** The sum, from the factors stacked along a new axis 0: the steps are one more axis that a single product contracts. */
  readonly total: (a: Tensor, b: Tensor) => Tensor;
}

/**
 * For each of the first `count` outputs: the product that it is, if the factors are no larger than the product. The gradient of a
 * weight that a recurrence applies to vectors is such a sum of outer products.
 *
 * @param fixed what does not change from step to step.
 */
export function productSums(graph: Graph, count: number, fixed: ReadonlySet<Atom>): (ProductSum | undefined)[] {
  const producer = new Map<Atom, Equation>();
  for (const e of graph.equations) for (const v of e.outputs) producer.set(v, e);
  return graph.outputs.slice(0, count).map((output) => {
    const permutations: (readonly number[])[] = [];
    let e = producer.get(output);
    while (e !== undefined && (e.primitive as unknown) === transposePrimitive) {
      permutations.unshift((e.params as { permutation: readonly number[] }).permutation);
      e = producer.get(e.inputs[0]);
    }
    if (e === undefined || (e.primitive as unknown) !== dotPrimitive) return undefined;
    const q = e.params as DotParams;
    const left = withoutTranspose(e.inputs[0], [q.contractA, q.batchA], (v) => producer.get(v));
    const right = withoutTranspose(e.inputs[1], [q.contractB, q.batchB], (v) => producer.get(v));
    const [a, b] = [left.factor, right.factor];
    if (a.kind !== "variable" || b.kind !== "variable" || fixed.has(a) || fixed.has(b)) return undefined;
    if (sizeOf(a.shape) + sizeOf(b.shape) > sizeOf(output.shape)) return undefined;
    const later = (axes: readonly number[]): number[] => axes.map((i) => i + 1);
    const stacked: DotParams = {
      contractA: [0, ...later(left.axes[0])],
      contractB: [0, ...later(right.axes[0])],
      batchA: later(left.axes[1]),
      batchB: later(right.axes[1]),
    };
    return {
      a,
      b,
      total: (x, y) => permutations.reduce((product, order) => transpose(product, order), dot(x, y, stacked)),
    };
  });
}
