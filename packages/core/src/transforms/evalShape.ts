import { scalar, traceGraph } from "../graph/record.js";
import { isDType } from "../tensor/dtype.js";
import { type TensorType, checkShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, unflatten } from "../tensor/tree.js";

/** The tree with a shape and a dtype where it has tensors. */
export type ShapesOf<T> = T extends Tensor
  ? { readonly shape: TensorType["shape"]; readonly dtype: TensorType["dtype"] }
  : { [K in keyof T]: ShapesOf<T[K]> };
/** The tree with tensors, or only their shape and dtype, at its leaves. */
export type SpecsOf<T> = T extends Tensor ? TensorType : { [K in keyof T]: SpecsOf<T[K]> };

/**
 * evalShape : (a -> b) -> a -> shapes of b. The shapes and dtypes that a function returns, without computing anything.
 *
 * @param args trees of tensors, or of `{ shape, dtype }` in their place.
 * @returns the tree of the output, with `{ shape, dtype }` at its leaves.
 * @throws what the function throws for such shapes, and when it reads a value.
 * @example evalShape((a: Tensor, b: Tensor) => a.matmul(b), { shape: [2, 3], dtype: "f32" }, { shape: [3, 4], dtype: "f32" })
 */
export function evalShape<A extends unknown[], B>(f: (...args: A) => B, ...args: SpecsOf<A>): ShapesOf<B> {
  if (typeof f !== "function") throw new TypeError(`evalShape: got ${typeof f}, expected a function.`);
  const { leaves, structure } = flatten(args, "evalShape", specification);
  let output: Structure | undefined;
  const { graph } = traceGraph(`evalShape(${f.name || "anonymous"})`, leaves, (...inputs) => {
    const out = flatten(f(...unflatten<A>(structure, inputs)), "evalShape: the output");
    output = out.structure;
    return out.leaves;
  });
  return unflatten(
    output as Structure,
    // A weak result would leave jit as f32.
    graph.outputs.map((a) => ({ shape: a.shape, dtype: a.weak === true ? "f32" : a.dtype })),
  );
}

/** A leaf for a plain object with a shape and a dtype, and for a JS number. */
function specification(value: unknown): Tensor | undefined {
  if (typeof value === "number") return scalar(value, "f64", true);
  if (typeof value !== "object" || value === null || !("shape" in value) || !("dtype" in value)) return undefined;
  const { shape, dtype } = value as TensorType;
  if (!Array.isArray(shape) || !isDType(dtype)) return undefined;
  checkShape("evalShape", shape);
  return new Tensor({ shape, dtype }, undefined);
}
