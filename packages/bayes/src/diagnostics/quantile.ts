import { type Chains, checkChains, checkProbability, pool } from "./chains.js";

/**
 * Quantile of all draws together, by linear interpolation between order statistics (R's type 7, NumPy's default).
 *
 * @param chains one array [draws] for each chain
 * @param probability from 0 to 1
 * @throws RangeError for empty, ragged or NaN chains and for a probability outside [0, 1]
 * @see Hyndman and Fan 1996, definition 7
 */
export function quantile(chains: Chains, probability: number): number {
  checkChains("quantile", chains);
  checkProbability("quantile", probability);
  return sortedQuantile(pool(chains).sort(), probability);
}

/** Type 7 quantile of numbers in increasing order. */
export function sortedQuantile(sorted: Float64Array, probability: number): number {
  // R counts from 1; so do we, because the rounding of the weight below depends on it.
  const index = 1 + (sorted.length - 1) * probability;
  const floor = Math.floor(index);
  const low = sorted[floor - 1];
  const high = sorted[Math.ceil(index) - 1];
  const weight = index - floor;
  // Equal neighbours are returned as they are: indicators x <= quantile must not depend on rounding.
  return low === high ? low : (1 - weight) * low + weight * high;
}
