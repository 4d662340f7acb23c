import { type Tensor, sqrt, where } from "@cotangent/core";

/** The root of x >= 0 with derivative 0 at 0, where the root's own is infinite and would make every meta-gradient NaN. */
export function safeSqrt(x: Tensor): Tensor {
  const zero = x.equal(0);
  return where(zero, 0, sqrt(where(zero, 1, x)));
}
