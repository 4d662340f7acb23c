import type { Tensor } from "@cotangent/core";
import { type LocalRule, present } from "./localRule.js";
import { type Rate, checkRate, rateAt } from "./rate.js";

export interface SangerOptions {
  readonly rate: Rate;
  /** How many principal components to find. */
  readonly components: number;
}

/**
 * Sanger's rule, the generalised Hebbian algorithm: neurons in a row each learn Oja's way from what the neurons before them
 * leave over, and so find the first principal components, in order.
 *
 * y = W x;  W <- W + rate (y x' - lower(y y') W), with lower() the lower triangle, diagonal included.
 *
 * ```ts
 * const w = sanger({ rate: 0.01, components: 2 }).run(x); // [2, features]
 * ```
 *
 * @returns a rule whose weights are [components, features]
 * @throws RangeError for a rate or a number of components that is not positive, and examples that do not fit
 * @see Sanger (1989), Optimal unsupervised learning in a single-layer linear feedforward neural network, Neural Networks 2
 */
export function sanger(options: SangerOptions): LocalRule {
  const { rate, components } = options;
  checkRate("sanger", rate);
  if (!(Number.isSafeInteger(components) && components >= 1))
    throw new RangeError(
      `sanger: components is ${String(components)}, expected a whole number of at least 1. Use 1 for the first alone.`,
    );
  const step = (weights: Tensor, x: Tensor, at: Tensor): Tensor => {
    const y = weights.matmul(x);
    const learned = y.outer(x).sub(y.outer(y).tril().matmul(weights));
    return weights.add(learned.mul(rateAt(rate, at)));
  };
  return { step, run: (x, runOptions) => present("sanger", step, components, x, runOptions) };
}
