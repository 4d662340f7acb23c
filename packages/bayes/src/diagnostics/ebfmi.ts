import { type Chains, checkChains } from "./chains.js";
import { meanOf } from "./moments.js";

/**
 * Energy Bayesian fraction of missing information of each chain, sum (E_n - E_{n-1})^2 / sum (E_n - mean E)^2. Below 0.3
 * the momentum draws are too small for the range of energies: heavy tails or a funnel, to be reparametrised.
 *
 * @param energies energy of each draw (`DrawStatistics.energy`), one array [draws] for each chain
 * @returns [chains]; NaN for a chain of equal energies
 * @throws TypeError, RangeError for empty, ragged or NaN chains
 * @see Betancourt 2016 (arXiv 1604.00695), equation 3; as in ArviZ (cmdstanr's is smaller by the factor 1 - 1/draws)
 */
export function ebfmi(energies: Chains): Float64Array {
  checkChains("ebfmi", energies);
  return Float64Array.from(energies, (energy) => {
    const mean = meanOf(energy);
    let change = 0;
    let spread = 0;
    for (let n = 0; n < energy.length; n++) {
      if (n > 0) change += (energy[n] - energy[n - 1]) ** 2;
      spread += (energy[n] - mean) ** 2;
    }
    return change / spread;
  });
}
