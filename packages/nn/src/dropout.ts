import { type Tensor, random, where } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";

/**
 * In training, sets each entry to 0 with probability `rate` and scales the others by 1 / (1 - rate); otherwise the identity.
 *
 * @throws Error in training without a key in the context
 * @see Srivastava et al. (2014), Dropout
 */
export function dropout(rate: number): Layer<Record<string, never>, [x: Tensor], Tensor> {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: rate is ${rate}, expected a number from 0 to below 1.`);
  return layer(
    "dropout",
    () => ({}),
    (_params, { train = false, key }, x) => {
      if (!train || rate === 0) return x;
      if (key === undefined)
        throw new Error(
          "dropout: training needs randomness. Pass { train: true, key: random.key(seed) } as the context.",
        );
      return where(random.bernoulli(key, 1 - rate, x.shape), x.div(1 - rate), 0);
    },
  );
}
