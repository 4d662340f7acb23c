import { type Shape, type Tensor, tensor } from "@cotangent/core";
import { elementSource } from "../sampler/threefrySource.js";
import type { RandomSource } from "../sampler/source.js";

/*
 * Rejection samplers take a random number of steps, so they run on the host, element by element, each with a stream of its
 * own: deterministic in the key, and independent of the other elements. They cannot be traced.
 */

/** One draw for each element: `draw` sees the element's stream and its parameters. */
export function drawEach(
  key: Tensor,
  shape: Shape,
  parameters: readonly Tensor[],
  draw: (source: RandomSource, ...parameters: number[]) => number,
): Tensor {
  const spread = parameters.map((p) => p.broadcastTo(shape).storage);
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: size }, (_, i) => draw(elementSource(key, i), ...spread.map((p) => p[i])));
  return tensor(values, { shape });
}

/** Log of a Gamma(shape, 1) draw (Marsaglia and Tsang 2000, "A simple method for generating gamma variables"). */
export function logStandardGamma(source: RandomSource, shape: number): number {
  // Their section 6: for shape < 1, Gamma(shape) = Gamma(shape + 1) U^(1/shape); in logs, for it underflows.
  if (shape < 1) return logStandardGamma(source, shape + 1) + Math.log(source.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = source.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(source.uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** A Poisson draw: arrivals of a unit-rate process before time `rate`. Exact; the time grows with the rate. */
export function standardPoisson(source: RandomSource, rate: number): number {
  let count = 0;
  for (let time = -Math.log(source.uniform()); time < rate; time -= Math.log(source.uniform())) count++;
  return count;
}
