import type { Chains } from "./chains.js";
import { fft } from "./fft.js";
import { meanOf } from "./moments.js";

/**
 * Autocovariances, averaged over chains, each about its own mean and divided by the number of draws (biased, which keeps
 * the sequence positive definite; Geyer 1992, section 3.1).
 *
 * @returns lags 0 to draws - 1, [draws]
 */
export function meanAutocovariance(chains: Chains): Float64Array {
  const draws = chains[0].length;
  const size = 2 ** Math.ceil(Math.log2(2 * draws)); // zero padding, so that the circular sums do not wrap
  const power = new Float64Array(size);
  for (let c = 0; c < chains.length; c += 2) {
    // Two real chains make one complex signal; |Z|^2 transforms back to the sum of their autocovariances.
    const re = centred(chains[c], size);
    const im = c + 1 < chains.length ? centred(chains[c + 1], size) : new Float64Array(size);
    fft(re, im);
    for (let k = 0; k < size; k++) power[k] += re[k] ** 2 + im[k] ** 2;
  }
  // Forward instead of inverse: the real parts of both agree up to the factor `size`.
  fft(power, new Float64Array(size));
  const scale = size * draws * chains.length;
  return power.slice(0, draws).map((sum) => sum / scale);
}

function centred(chain: Float64Array, size: number): Float64Array {
  const mean = meanOf(chain);
  const padded = new Float64Array(size);
  for (let i = 0; i < chain.length; i++) padded[i] = chain[i] - mean;
  return padded;
}
