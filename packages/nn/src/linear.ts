import { type Tensor, random } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";

export interface LinearParams {
  /** [out, in], as in PyTorch. */
  readonly weight: Tensor;
  /** [out]. */
  readonly bias: Tensor;
}

/**
 * y = x W^T + b over the last axis.
 *
 * Both start uniform in +-1/sqrt(in), as PyTorch's Linear.
 */
export function linear(inputs: number, outputs: number): Layer<LinearParams, [x: Tensor], Tensor> {
  for (const [name, n] of [
    ["inputs", inputs],
    ["outputs", outputs],
  ] as const)
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`linear: ${name} is ${n}, expected a positive whole number.`);
  const bound = 1 / Math.sqrt(inputs);
  return layer(
    "linear",
    (key) => {
      const [w, b] = random.split(key);
      return {
        weight: random.uniform(w, [outputs, inputs], { low: -bound, high: bound }),
        bias: random.uniform(b, [outputs], { low: -bound, high: bound }),
      };
    },
    ({ weight, bias }, _context, x) => {
      if (x.ndim === 0 || x.shape[x.ndim - 1] !== inputs)
        throw new RangeError(`linear: the input has shape [${x.shape.join(", ")}], expected [..., ${inputs}].`);
      return x.matmul(weight.T).add(bias);
    },
  );
}
