import { type Expression, type Local, add, int, mul, read } from "./expression.js";
import { type KernelBuffer, type Statement, forLoop } from "./kernel.js";
import type { Shape, TensorType } from "../tensor/shape.js";
import { sizeOf, stridesOf } from "../tensor/shape.js";

/** An index variable. */
export const index = (name: string): Local => ({ name, dtype: "i32" });

/** sum of coordinate * stride. */
export const dotIndex = (index: readonly Expression[], strides: readonly number[], offset = 0): Expression =>
  index.reduce((sum, i, a) => add(sum, mul(i, int(strides[a]))), int(offset));

/** Loops over a shape in row-major order, the last axis in lanes; `element` gets the linear position and the coordinates. */
export function nest(shape: Shape, element: (position: Expression, index: Expression[]) => Statement[]): Statement[] {
  const locals = shape.map((_, i) => index(`i${i}`));
  const coordinates = locals.map(read);
  let body = element(dotIndex(coordinates, stridesOf(shape)), coordinates);
  for (let a = shape.length - 1; a >= 0; a--)
    body = [forLoop(locals[a], shape[a], body, a === shape.length - 1 ? "lanes" : "parallel")];
  return body;
}

/** Buffers of a kernel in the order of the operation: inputs, outputs, scratch. */
export const buffersOf = (
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
  scratch: readonly TensorType[] = [],
): KernelBuffer[] => [
  ...inputs.map((t) => ({ dtype: t.dtype, length: sizeOf(t.shape), access: "in" as const })),
  ...outputs.map((t) => ({ dtype: t.dtype, length: sizeOf(t.shape), access: "out" as const })),
  ...scratch.map((t) => ({ dtype: t.dtype, length: sizeOf(t.shape), access: "scratch" as const })),
];
