import type { Tensor } from "../tensor/tensor.js";
import { div } from "./arithmetic.js";
import { add, like, mul } from "./basis.js";

// B_2k / (2k (2k - 1))
export const STIRLING: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
];

/** What Stirling's formula leaves of lgamma: lgamma x - ((x - 1/2) log x - x + log(2 pi) / 2), for x >= 10 (Abramowitz and Stegun 6.1.40). */
export function lgammaCorrection(x: Tensor): Tensor {
  const inverse = div(like(x, 1), x);
  const w = mul(inverse, inverse);
  return mul(
    inverse,
    STIRLING.reduceRight((sum, c) => add(mul(sum, w), like(x, c)), like(x, 0)),
  );
}
