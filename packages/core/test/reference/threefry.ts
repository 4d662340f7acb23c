/** Threefry-2x32, 20 rounds, as in Salmon et al. (2011). */
export function threefry(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  const ks = [k0, k1, (k0 ^ k1 ^ 0x1bd11bda) >>> 0];
  let [x, y] = [(c0 + k0) >>> 0, (c1 + k1) >>> 0];
  for (let round = 0; round < 20; round++) {
    x = (x + y) >>> 0;
    y = (rotl(y, rotations[round % 8]) ^ x) >>> 0;
    if (round % 4 === 3) {
      const s = (round + 1) / 4;
      x = (x + ks[s % 3]) >>> 0;
      y = (y + ks[(s + 1) % 3] + s) >>> 0;
    }
  }
  return [x, y];
}

const rotl = (x: number, r: number): number => ((x << r) | (x >>> (32 - r))) >>> 0;
