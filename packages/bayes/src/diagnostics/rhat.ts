import { type Chains, checkChains, mapChains, pool, split, undefinedFor } from "./chains.js";
import { meanOf, varianceOf } from "./moments.js";
import { sortedQuantile } from "./quantile.js";
import { rankNormalize } from "./rankNormalize.js";

/**
 * Rank-normalised split R-hat: the larger of the one for location (bulk) and the one for scale (folded at the median).
 * Values above 1.01 say that the chains do not agree.
 *
 * @param chains one array [draws] for each chain, at least 4 draws; 4 chains or more to be of use
 * @returns NaN for constant draws and for fewer than 4 draws
 * @throws TypeError, RangeError for empty, ragged or NaN chains
 * @see Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021 (Bayesian Analysis 16(2)); R package posterior, rhat
 */
export function rhat(chains: Chains): number {
  checkChains("rhat", chains);
  const median = sortedQuantile(pool(chains).sort(), 0.5);
  const folded = mapChains(chains, (draw) => Math.abs(draw - median));
  return Math.max(ratio(rankNormalize(split(chains))), ratio(rankNormalize(split(folded))));
}

/**
 * Split R-hat of the draws as they are, without ranks: only where mean and variance exist.
 *
 * @param chains one array [draws] for each chain, at least 4 draws
 * @returns NaN for constant or infinite draws and for fewer than 4 draws
 * @throws TypeError, RangeError for empty, ragged or NaN chains
 * @see Gelman et al. 2013, Bayesian Data Analysis, section 11.4; R package posterior, rhat_basic
 */
export function rhatBasic(chains: Chains): number {
  checkChains("rhatBasic", chains);
  return ratio(split(chains));
}

/** sqrt of the marginal variance estimate over the variance within chains. */
function ratio(chains: Chains): number {
  const n = chains[0].length;
  if (n < 2 || undefinedFor(chains)) return Number.NaN;
  const between = n * varianceOf(Float64Array.from(chains, meanOf));
  const within = meanOf(Float64Array.from(chains, varianceOf));
  return Math.sqrt((between / within + n - 1) / n);
}
