/** Whole numbers below 2^32 that look random and are the same in every run: xorshift32 (Marsaglia 2003). */
export function integers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
