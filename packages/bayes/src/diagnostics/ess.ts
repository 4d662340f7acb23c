import { meanAutocovariance } from "./autocovariance.js";
import { type Chains, checkChains, checkProbability, mapChains, pool, split, undefinedFor } from "./chains.js";
import { meanOf, varianceOf } from "./moments.js";
import { sortedQuantile } from "./quantile.js";
import { rankNormalize } from "./rankNormalize.js";

// All of this file: Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021 (Bayesian Analysis 16(2)), section 3.2 and
// appendix A, in the arithmetic of R's posterior (convergence.R), which ArviZ shares. All functions return NaN for
// constant draws and for fewer than 6 draws a chain, and throw TypeError or RangeError for empty, ragged or NaN chains.

/**
 * Effective sample size in the bulk: of rank-normalised draws. 100 for each chain, 400 in all, is enough for R-hat and
 * for these estimates themselves to be trusted.
 *
 * @param chains one array [draws] for each chain
 */
export function essBulk(chains: Chains): number {
  checkChains("essBulk", chains);
  return effective(rankNormalize(split(chains)));
}

/** Effective sample size in the tails: the smaller of those of the 5 % and the 95 % quantile. */
export function essTail(chains: Chains): number {
  checkChains("essTail", chains);
  return Math.min(quantileSize(chains, 0.05), quantileSize(chains, 0.95));
}

/** Effective sample size for the mean. */
export function essMean(chains: Chains): number {
  checkChains("essMean", chains);
  return effective(split(chains));
}

/** Effective sample size for the standard deviation, by way of absolute deviations from the mean. */
export function essSd(chains: Chains): number {
  checkChains("essSd", chains);
  const mean = meanOf(pool(chains));
  return effective(split(mapChains(chains, (draw) => Math.abs(draw - mean))));
}

/** Effective sample size for a quantile: of the indicator of draws up to it. */
export function essQuantile(chains: Chains, probability: number): number {
  checkChains("essQuantile", chains);
  checkProbability("essQuantile", probability);
  return quantileSize(chains, probability);
}

function quantileSize(chains: Chains, probability: number): number {
  if (undefinedFor(chains)) return Number.NaN;
  const sorted = pool(chains).sort();
  // The maximum would leave a constant indicator.
  const p = probability === 1 ? (sorted.length - 0.5) / sorted.length : probability;
  const cut = sortedQuantile(sorted, p);
  return effective(split(mapChains(chains, (draw) => (draw <= cut ? 1 : 0))));
}

/** S / tau, where tau = 1 + 2 (rho_1 + rho_2 + ...) over the part of the correlogram that stands out of its noise. */
function effective(chains: Chains): number {
  const draws = chains[0].length;
  if (draws < 3 || undefinedFor(chains)) return Number.NaN;
  const size = chains.length * draws;
  // Antithetic chains can beat independence, but tau near 0 or below is noise.
  return size / Math.max(autocorrelationTime(correlogram(chains)), 1 / Math.log10(size));
}

/** rho_t = 1 - (W - acov_t) / var+, combining all chains so that disagreement between them counts as correlation. */
function correlogram(chains: Chains): Float64Array {
  const draws = chains[0].length;
  const covariance = meanAutocovariance(chains);
  const within = (covariance[0] * draws) / (draws - 1);
  const between = chains.length > 1 ? varianceOf(Float64Array.from(chains, meanOf)) : 0;
  const marginal = covariance[0] + between;
  const rho = covariance.map((c) => 1 - (within - c) / marginal);
  rho[0] = 1;
  return rho;
}

/** Geyer's initial positive sequence, then his initial monotone sequence (Geyer 1992, section 3.3). Overwrites rho. */
function autocorrelationTime(rho: Float64Array): number {
  let last = 0;
  let even = rho[0];
  let odd = rho[1];
  while (last < rho.length - 5 && even + odd > 0) {
    last += 2;
    even = rho[last];
    odd = rho[last + 1];
  }
  // `last` starts the first pair that is not in the sum; its even entry still counts, unless both it and the pair are
  // negative.
  const remainder = even > 0 || even + odd >= 0 ? even : 0;
  for (let t = 2; t <= last - 2; t += 2) {
    const before = rho[t - 2] + rho[t - 1];
    if (rho[t] + rho[t + 1] > before) rho[t] = rho[t + 1] = before / 2;
  }
  // With five draws or fewer no pair is looked at; posterior then counts rho_0 = 1 in both places, and so tau = 2.
  if (last === 0) return 2;
  let sum = 0;
  for (let t = 0; t < last; t++) sum += rho[t];
  return -1 + 2 * sum + remainder;
}
