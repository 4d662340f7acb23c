import type { Tensor } from "@cotangent/core";
import { normalQuantile } from "../diagnostics/normalQuantile.js";
import type { RandomSource } from "./source.js";

/** A stream of numbers from one key: block n is Threefry-2x32 of the counter n, the numbers of core's `random.bits`. */
export function threefrySource(key: Tensor): RandomSource {
  const [k0, k1] = key.storage;
  const block = new Uint32Array(2);
  let counter = 0;
  const uniform = (): number => {
    threefry2x32(k0, k1, Math.floor(counter / 2 ** 32), counter >>> 0, block);
    counter++;
    // 52 bits and a half: neither 0 nor 1, and exact in a double.
    return (block[0] * 2 ** 20 + (block[1] >>> 12) + 0.5) * 2 ** -52;
  };
  return { uniform, normal: () => normalQuantile(uniform()) };
}

const rotations = Uint8Array.of(13, 15, 26, 6, 17, 29, 16, 24);

/** Threefry-2x32, 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const first = (group & 1) * 4;
    for (let r = first; r < first + 4; r++) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotations[r]) | (x1 >>> (32 - rotations[r]))) ^ x0;
    }
    // The keys k0, k1, k2 in turn, starting with (k1, k2).
    const turn = (group + 1) % 3;
    x0 = (x0 + (turn === 0 ? k0 : turn === 1 ? k1 : k2)) | 0;
    x1 = (x1 + (turn === 0 ? k1 : turn === 1 ? k2 : k0) + group + 1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}
