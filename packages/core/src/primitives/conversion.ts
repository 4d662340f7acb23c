import { type Primitive, type Tangent, definePrimitive, typeOfInput } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { convert as convertExpression, reinterpret as reinterpretExpression } from "../kernel/expression.js";
import { type DType, isFloat } from "../tensor/dtype.js";
import { Tensor } from "../tensor/tensor.js";
import { batchElementwise } from "./basis.js";

/** Value conversion between dtypes; also how a weak scalar becomes a strong one. Derivatives pass between floats. */
export const convertPrimitive: Primitive<{ dtype: DType }> = definePrimitive({
  name: "convert",
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  jvp: ([x], [t], { dtype }) => ({
    primals: [convert(x, dtype)],
    tangents: [isFloat(dtype) ? convert(t as Tensor, dtype) : null],
  }),
  transpose: ([ct], [x]) => [convert(ct as Tensor, typeOfInput(x).dtype)],
  batch: (inputs, axes, size, params) => batchElementwise(convertPrimitive, inputs, axes, size, params),
  lower: (_in, _out, { dtype }) => ({ kind: "map", compute: (_, [x]) => [convertExpression(dtype, x)] }),
});

/** Same bits as another 4-byte dtype. */
export const reinterpretPrimitive: Primitive<{ dtype: DType }> = definePrimitive({
  name: "reinterpret",
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  batch: (inputs, axes, size, params) => batchElementwise(reinterpretPrimitive, inputs, axes, size, params),
  lower: (_in, _out, { dtype }) => ({ kind: "map", compute: (_, [x]) => [reinterpretExpression(dtype, x)] }),
});

/** The identity, with no derivative. */
export const stopGradientPrimitive: Primitive = definePrimitive<object>({
  name: "stopGradient",
  infer: ([x]) => [x],
  jvp: ([x]) => ({ primals: [bind1(stopGradientPrimitive, [x], {})], tangents: [null as Tangent] }),
  batch: ([x], [axis]) => ({ outputs: [bind1(stopGradientPrimitive, [x], {})], axes: [axis] }),
  lower: () => ({ kind: "map", compute: (_, [x]) => [x] }),
});

export function convert(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype && !x.weak ? x : bind1(convertPrimitive, [x], { dtype });
}
export function stopGradient(x: Tensor): Tensor {
  if (!(x instanceof Tensor))
    throw new TypeError(
      `stopGradient: got ${x === null ? "null" : typeof x}, expected a Tensor. Map over trees with tree.map.`,
    );
  return bind1(stopGradientPrimitive, [x], {});
}
