/**
 * Draws of one quantity: one array for each chain, all of the same length [draws], in the order in which they were drawn.
 */
export type Chains = readonly Float64Array[];

/**
 * Refuses input over which no diagnostic is defined.
 *
 * @param caller public function that was called, for the message
 * @throws TypeError or RangeError naming the function, the chain and the draw
 */
export function checkChains(caller: string, chains: Chains): void {
  if (!Array.isArray(chains) || !chains.every((chain) => chain instanceof Float64Array))
    throw new TypeError(
      `${caller}: argument chains is ${ArrayBuffer.isView(chains) ? "a single typed array" : typeof chains}, expected an ` +
        "array of Float64Array, one for each chain. Wrap a single chain as [draws].",
    );
  if (chains.length === 0 || chains[0].length === 0)
    throw new RangeError(
      `${caller}: argument chains has ${chains.length} chains of ${chains[0]?.length ?? 0} draws, expected at least one ` +
        "chain with at least one draw. Sample first.",
    );
  for (const [c, chain] of chains.entries()) {
    if (chain.length !== chains[0].length)
      throw new RangeError(
        `${caller}: argument chains has ${chain.length} draws in chain ${c}, expected ${chains[0].length} as in chain 0. ` +
          "Cut all chains to the length of the shortest.",
      );
    const bad = chain.findIndex(Number.isNaN);
    if (bad >= 0)
      throw new RangeError(
        `${caller}: argument chains is NaN at draw ${bad} of chain ${c}, expected numbers. Look for the operation that ` +
          "gives NaN in what the model returns (0/0, the logarithm of a negative number).",
      );
  }
}

/** @throws RangeError unless 0 <= probability <= 1 */
export function checkProbability(caller: string, probability: number): void {
  if (!(probability >= 0 && probability <= 1))
    throw new RangeError(
      `${caller}: argument probability is ${probability}, expected a number from 0 to 1. Divide a percentage by 100.`,
    );
}

/** All draws in one array, chain after chain. */
export function pool(chains: Chains): Float64Array {
  const n = chains[0].length;
  const all = new Float64Array(chains.length * n);
  chains.forEach((chain, c) => all.set(chain, c * n));
  return all;
}

/** The inverse of `pool`: views of `draws` entries each. */
export const unpool = (all: Float64Array, draws: number): Chains =>
  Array.from({ length: all.length / draws }, (_, c) => all.subarray(c * draws, (c + 1) * draws));

/**
 * Halves of all chains, so that a drift within a chain shows as a difference between chains. The middle draw of an odd
 * number is left out; a single draw stays whole.
 */
export function split(chains: Chains): Chains {
  const n = chains[0].length;
  if (n === 1) return chains;
  const half = n >> 1;
  return [...chains.map((chain) => chain.subarray(0, half)), ...chains.map((chain) => chain.subarray(n - half))];
}

export const mapChains = (chains: Chains, f: (draw: number) => number): Chains => chains.map((chain) => chain.map(f));

/** Where posterior answers NA: a draw is infinite, or all are equal. Its tolerance for "equal" is absolute. */
export function undefinedFor(chains: Chains): boolean {
  let low = Infinity;
  let high = -Infinity;
  for (const chain of chains)
    for (const draw of chain) {
      if (draw < low) low = draw;
      if (draw > high) high = draw;
    }
  // An infinite draw makes the difference infinite, or NaN where all are the same infinity.
  return !(high - low >= Number.EPSILON && high - low < Infinity);
}
