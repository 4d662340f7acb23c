import { type Tensor, random } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";
import { checkSizes, describe } from "./sizes.js";

export interface EmbeddingParams {
  /** [count, features]. */
  readonly weight: Tensor;
}

/**
 * A row of a table for each integer: i32 [...] to [..., features]. Rows start N(0, 1), as PyTorch's Embedding.
 *
 * ```ts
 * embedding(27, 16); // params { weight: [27, 16] }
 * ```
 *
 * @param count number of rows; integers are from 0 to count - 1 (compiled programs clamp others, eager ones throw)
 * @param features size of a row
 * @throws TypeError for indices that are not integers
 */
export function embedding(count: number, features: number): Layer<EmbeddingParams, [indices: Tensor], Tensor> {
  checkSizes("embedding", { count, features });
  return layer(
    "embedding",
    (key, dtype): EmbeddingParams => ({ weight: random.normal(key, [count, features], { dtype }) }),
    ({ weight }, indices) => {
      if (indices.dtype !== "i32" && indices.dtype !== "u32")
        throw new TypeError(
          `embedding: indices are ${describe(indices)}, expected i32. Make them with dtype "i32", or cast them with astype("i32").`,
        );
      return weight.take(indices);
    },
  );
}
