import { type Tensor, random } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";
import { checkFeatures, checkSizes } from "./sizes.js";

export interface LinearParams {
  /** [out, in], as in PyTorch. */
  readonly weight: Tensor;
  /** [out]. */
  readonly bias: Tensor;
}

/**
 * y = x W' + b over the last axis: [..., in] to [..., out]. Both start uniform within 1 / sqrt(in) of 0, as PyTorch's Linear.
 *
 * ```ts
 * linear(784, 10); // params { weight: [10, 784], bias: [10] }
 * ```
 *
 * @param inputs size of the last axis of x
 * @param outputs size of the last axis of y
 * @throws RangeError for sizes that are no positive whole numbers, and inputs of another size
 */
export function linear(inputs: number, outputs: number): Layer<LinearParams, [x: Tensor], Tensor> {
  checkSizes("linear", { inputs, outputs });
  const high = 1 / Math.sqrt(inputs);
  return layer(
    "linear",
    (key, dtype): LinearParams => {
      const [forWeight, forBias] = random.split(key);
      const within = { low: -high, high, dtype };
      return {
        weight: random.uniform(forWeight, [outputs, inputs], within),
        bias: random.uniform(forBias, [outputs], within),
      };
    },
    ({ weight, bias }, x) => {
      checkFeatures("linear", x, inputs);
      return x.matmul(weight.T).add(bias);
    },
  );
}
