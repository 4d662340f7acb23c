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
  const scores = tieScores(sorted);
  return unpool(
    all.map((draw) => scores[firstIndex(sorted, draw)]),
    chains[0].length,
  );
}

/** The score of each value, at the index of its first occurrence. */
function tieScores(sorted: Float64Array): Float64Array {
  const scores = new Float64Array(sorted.length);
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    const rank = (start + 1 + end) / 2;
    scores[start] = normalQuantile((rank - 3 / 8) / (sorted.length + 1 / 4));
  }
  return scores;
}

/** Index of the first entry that is not below `value`. */
function firstIndex(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
