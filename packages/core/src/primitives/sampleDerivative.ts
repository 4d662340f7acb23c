import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, like } from "./basis.js";
import { choose, select } from "./comparison.js";
import { apply } from "./elementary.js";
import { incompleteGamma } from "./incompleteGamma.js";

/** dx / da of a draw x of Gamma(a, 1), by implicit reparameterisation: -(dF/da) / p (Figurnov, Mohamed and Mnih 2018). */
export const gammaSampleDerivative = (a: Tensor, x: Tensor): Tensor => incompleteGamma("sample", a, x);

/**
 * d log x / da. Where x is so small that the distribution function is x^a / Gamma(a + 1), that is
 * (digamma(a + 1) - log x) / a, which needs no x.
 */
export function logGammaSampleDerivative(a: Tensor, logX: Tensor): Tensor {
  const least = like(a, a.dtype === "f64" ? -36 : -16);
  const small = choose("lt", logX, least);
  const x = apply("exp", select(small, least, logX));
  const limit = div(sub(apply("digamma", add(a, like(a, 1))), logX), a);
  return select(small, limit, div(gammaSampleDerivative(a, x), x));
}
