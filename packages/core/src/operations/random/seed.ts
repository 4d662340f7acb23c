import seedrandom from "seedrandom";

/** The two key words of a seed: a number's high and low 32 bits (as in JAX), or two draws of seedrandom from a string. */
export function seedWords(seed: number | string): [number, number] {
  if (typeof seed === "string") {
    const generator = seedrandom(seed);
    return [generator.int32() >>> 0, generator.int32() >>> 0];
  }
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`random.key: the seed is ${String(seed)}, expected a non-negative safe integer or a string.`);
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}
