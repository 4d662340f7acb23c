/** The two key words of a seed: a number's high and low 32 bits (as in JAX), or the first two that seedrandom draws from a string. */
export function seedWords(seed: number | string): [number, number] {
  if (typeof seed === "string") return arc4Words(seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`random.key: the seed is ${String(seed)}, expected a non-negative safe integer or a string.`);
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}

/** The first two `seedrandom(seed).int32()` (Bau, seedrandom 3.0.5): ARC4 keyed by the smeared string, its first 256 bytes dropped. */
function arc4Words(seed: string): [number, number] {
  const key: number[] = [];
  let smear = 0;
  for (let k = 0; k < seed.length; k++) {
    smear ^= (key[k & 255] ?? 0) * 19;
    key[k & 255] = (smear + seed.charCodeAt(k)) & 255;
  }
  const s = Uint8Array.from({ length: 256 }, (_, k) => k);
  let j = 0;
  const step = (i: number, more: number): void => {
    j = (j + s[i] + more) & 255;
    [s[i], s[j]] = [s[j], s[i]];
  };
  for (let k = 0; k < 256; k++) step(k, key[k % key.length] ?? 0);
  j = 0;
  const words: [number, number] = [0, 0];
  for (let k = 1; k <= 264; k++) {
    step(k & 255, 0);
    if (k > 256) words[k > 260 ? 1 : 0] = words[k > 260 ? 1 : 0] * 256 + s[(s[k & 255] + s[j]) & 255];
  }
  return words;
}
