import { type Tensor, random, where } from "@cotangent/core";
import { type ContextLayer, contextLayer } from "./layer.js";

/**
 * In training, sets each entry to 0 with probability `rate` and divides the others by 1 - rate; otherwise the identity.
 *
 * ```ts
 * const net = module({ head: linear(8, 1), drop: dropout(0.5) }, (m, x: Tensor) => m.head(m.drop(x)));
 * net.apply({ params }, [x], { train: true, key }).output;
 * ```
 *
 * @param rate 0 to below 1
 * @throws RangeError for another rate; Error in training without a key
 * @see Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15
 */
export function dropout(rate: number): ContextLayer<undefined, undefined, [x: Tensor], Tensor> {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`dropout: rate is ${String(rate)}, expected a number from 0 to below 1. Use 0.5 if in doubt.`);
  return contextLayer("dropout", {
    init: () => undefined,
    forward(_params, scope, x: Tensor) {
      if (!scope.train || rate === 0) return x;
      return where(random.bernoulli(scope.key("dropout"), 1 - rate, x.shape), x.div(1 - rate), 0);
    },
  });
}
