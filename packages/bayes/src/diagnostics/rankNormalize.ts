import { type Chains, pool, unpool } from "./chains.js";
import { normalQuantile } from "./normalQuantile.js";

/**
 * Replaces draws by normal scores of their ranks over all chains, z = Phi^-1((r - 3/8) / (S + 1/4)), ties at their mean
 * rank: what remains is finite and does not depend on the tails of the distribution.
 *
 * @see Vehtari, Gelman, Simpson, Carpenter, Buerkner 2021 (Bayesian Analysis 16(2)), equation 14
 */
export function rankNormalize(chains: Chains): Chains {
  const all = pool(chains);
  const sorted = all.toSorted();
  const score = (draw: number): number => {
    const below = countBelow(sorted, (other) => other < draw);
    const upTo = countBelow(sorted, (other) => other <= draw);
    const rank = (below + 1 + upTo) / 2;
    return normalQuantile((rank - 3 / 8) / (all.length + 1 / 4));
  };
  return unpool(all.map(score), chains[0].length);
}

/** How many leading entries satisfy a condition that holds up to some point and not after it. */
function countBelow(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
