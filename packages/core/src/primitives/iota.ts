import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { convert } from "../kernel/expression.js";
import type { DType } from "../tensor/dtype.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** 0, 1, 2, ... along `axis`, the same along the others. */
export const iotaPrimitive: Primitive<{ dtype: DType; shape: Shape; axis: number }> = definePrimitive({
  name: "iota",
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  batch: () => {
    throw new Error("iota: has no inputs to batch");
  },
  lower: (_in, _out, { dtype, axis }) => ({ kind: "generate", compute: (_, index) => [convert(dtype, index[axis])] }),
});

export const iota = (dtype: DType, shape: Shape, axis: number): Tensor =>
  bind1(iotaPrimitive, [], { dtype, shape, axis });
