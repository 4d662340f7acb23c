import { type Tensor, ones, zeros } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";
import { checkFeatures, checkSizes } from "./sizes.js";

export interface LayerNormParams {
  /** [features], starts at 1. */
  readonly weight: Tensor;
  /** [features], starts at 0. */
  readonly bias: Tensor;
}

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Shifts and scales the last axis to mean 0 and variance 1, then by learned weights: (x - mean) / sqrt(variance + epsilon) w + b.
 *
 * ```ts
 * layerNorm(64); // params { weight: [64], bias: [64] }
 * ```
 *
 * @param features size of the last axis
 * @throws RangeError for a size that is no positive whole number, inputs of another size, an epsilon that is not positive
 * @see Ba, Kiros and Hinton (2016), Layer normalization, arXiv 1607.06450
 */
export function layerNorm(
  features: number,
  options: LayerNormOptions = {},
): Layer<LayerNormParams, [x: Tensor], Tensor> {
  const { epsilon = 1e-5 } = options;
  checkSizes("layerNorm", { features });
  if (!(epsilon > 0 && epsilon < Infinity))
    throw new RangeError(
      `layerNorm: epsilon is ${String(epsilon)}, expected a positive finite number. Use 1e-5 if in doubt.`,
    );
  return layer(
    "layerNorm",
    (_key, dtype): LayerNormParams => ({ weight: ones([features], dtype), bias: zeros([features], dtype) }),
    ({ weight, bias }, x) => {
      checkFeatures("layerNorm", x, features);
      const centred = x.sub(x.mean(-1, { keepDims: true }));
      const scale = centred.square().mean(-1, { keepDims: true }).add(epsilon).sqrt();
      return centred.div(scale).mul(weight).add(bias);
    },
  );
}
