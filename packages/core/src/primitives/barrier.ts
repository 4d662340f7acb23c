import { type Primitive, type Tangent, definePrimitive, viewAxis } from "../graph/primitive.js";
import { bind, bind1 } from "../graph/trace.js";
import { range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * The identity on any number of tensors, which the compiler does not look through: what is computed from a barrier's outputs is
 * computed again, though the same was computed from its inputs before. Nothing is copied.
 */
export const barrierPrimitive: Primitive = definePrimitive<object>({
  name: "barrier",
  distinct: true,
  infer: (inputs) => inputs,
  jvp: (primals, tangents) => {
    const present = barrier(tangents.filter((t) => t !== null));
    let next = 0;
    return { primals: barrier(primals), tangents: tangents.map((t): Tangent => (t === null ? null : present[next++])) };
  },
  transpose: (cotangents) => {
    const present = barrier(cotangents.filter((ct) => ct !== null));
    let next = 0;
    return cotangents.map((ct): Tangent => (ct === null ? null : present[next++]));
  },
  batch: (inputs, axes) => ({ outputs: barrier(inputs), axes }),
  lower: () => ({ kind: "alias" }),
  dce: (used) => ({ params: {}, inputs: used, outputs: used }),
});

export const barrier = (xs: readonly Tensor[]): Tensor[] => (xs.length === 0 ? [] : bind(barrierPrimitive, xs, {}));

/** The identity, with a name by which a policy of `checkpoint` can save the value. */
export const namePrimitive: Primitive<{ label: string }> = definePrimitive({
  name: "name",
  infer: ([x]) => [x],
  jvp: ([x], [t], params) => ({ primals: [bind1(namePrimitive, [x], params)], tangents: [t] }),
  transpose: ([ct]) => [ct],
  batch: ([x], axes, _size, params) => ({ outputs: [bind1(namePrimitive, [x], params)], axes }),
  lower: ([x]) => ({ kind: "alias", axes: range(x.shape.length).map((axis) => viewAxis(axis)) }),
});
