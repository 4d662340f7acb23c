import { type Chains, checkChains, checkProbability, mapChains, pool } from "./chains.js";
import { essMean, essQuantile } from "./ess.js";
import { betaQuantile } from "./incompleteBeta.js";
import { meanOf, varianceOf } from "./moments.js";

// Monte Carlo standard errors: how far an estimate from these draws lies from the posterior's own value. In the units of
// the draws. All return NaN where the effective sample size is NaN. Source: R's posterior, convergence.R; Vehtari et al.
// 2021, section 3.4 and appendix B.

/**
 * Standard error of the mean, sd / sqrt(ess).
 *
 * @param chains one array [draws] for each chain
 * @throws TypeError, RangeError for empty, ragged or NaN chains
 */
export function mcseMean(chains: Chains): number {
  checkChains("mcseMean", chains);
  return Math.sqrt(varianceOf(pool(chains)) / essMean(chains));
}

/** Standard error of the standard deviation, by the delta method from that of the variance. Arguments as `mcseMean`. */
export function mcseSd(chains: Chains): number {
  checkChains("mcseSd", chains);
  const mean = meanOf(pool(chains));
  const squares = mapChains(chains, (draw) => (draw - mean) ** 2);
  // An infinite draw has no mean, and squares that are NaN; posterior says NA.
  if (!Number.isFinite(mean)) return Number.NaN;
  const second = meanOf(pool(squares));
  const fourth = meanOf(pool(squares).map((square) => square * square));
  const varianceOfVariance = (fourth - second ** 2) / essMean(squares);
  return Math.sqrt(varianceOfVariance / second / 4);
}

/**
 * Standard error of a quantile: half the distance between the order statistics that bound a 68 % interval, whose ranks
 * are quantiles of Beta(ess p + 1, ess (1 - p) + 1).
 *
 * @param chains one array [draws] for each chain
 * @param probability of the quantile, 0 to 1
 * @throws TypeError, RangeError for empty, ragged or NaN chains and for a probability outside [0, 1]
 */
export function mcseQuantile(chains: Chains, probability: number): number {
  checkChains("mcseQuantile", chains);
  checkProbability("mcseQuantile", probability);
  const ess = essQuantile(chains, probability);
  if (Number.isNaN(ess)) return Number.NaN;
  const sorted = pool(chains).sort();
  const rank = (p: number): number =>
    sorted.length * betaQuantile(p, ess * probability + 1, ess * (1 - probability) + 1);
  // Phi(-1) and Phi(1), to posterior's seven digits.
  const low = Math.max(Math.floor(rank(0.1586553)), 1);
  const high = Math.min(Math.ceil(rank(0.8413447)), sorted.length);
  return (sorted[high - 1] - sorted[low - 1]) / 2;
}
