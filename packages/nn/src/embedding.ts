import { type Tensor, random } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";

export interface EmbeddingParams {
  /** [count, features]. */
  readonly weight: Tensor;
}

/** A row of a table for each integer: i32 [...] to [..., features]. Rows start normal with sd 1, as PyTorch's Embedding. */
export function embedding(count: number, features: number): Layer<EmbeddingParams, [indices: Tensor], Tensor> {
  for (const [name, n] of [
    ["count", count],
    ["features", features],
  ] as const)
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`embedding: ${name} is ${n}, expected a positive whole number.`);
  return layer(
    "embedding",
    (key) => ({ weight: random.normal(key, [count, features]) }),
    ({ weight }, _context, indices) => weight.take(indices),
  );
}
