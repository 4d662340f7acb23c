import { type Tensor, ones, zeros } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";

export interface LayerNormParams {
  /** [features], starts at 1. */
  readonly weight: Tensor;
  /** [features], starts at 0. */
  readonly bias: Tensor;
}

/**
 * Shifts and scales the last axis to mean 0 and variance 1, then by learned weights.
 *
 * @see Ba, Kiros, Hinton (2016), arXiv 1607.06450
 */
export function layerNorm(
  features: number,
  options: { readonly epsilon?: number } = {},
): Layer<LayerNormParams, [x: Tensor], Tensor> {
  const { epsilon = 1e-5 } = options;
  if (!Number.isSafeInteger(features) || features < 1)
    throw new RangeError(`layerNorm: features is ${features}, expected a positive whole number.`);
  return layer(
    "layerNorm",
    () => ({ weight: ones([features]), bias: zeros([features]) }),
    ({ weight, bias }, _context, x) => {
      const centred = x.sub(x.mean(-1, { keepDims: true }));
      const scale = centred.square().mean(-1, { keepDims: true }).add(epsilon).sqrt();
      return centred.div(scale).mul(weight).add(bias);
    },
  );
}
