import type { Tensor } from "@cotangent/core";
import { type LocalRule, present } from "./localRule.js";
import { type Rate, checkRate, rateAt } from "./rate.js";

export interface OjaOptions {
  readonly rate: Rate;
}

/**
 * Oja's rule: one linear neuron that learns by Hebb ("what fires together wires together") and forgets in proportion to its
 * activity finds the first principal component of what it sees, and its weights settle at length 1.
 *
 * y = w . x;  w <- w + rate y (x - y w)
 *
 * ```ts
 * const w = oja({ rate: inverseTime(0.1) }).run(x); // [features]
 * ```
 *
 * @returns a rule whose weights are [features]
 * @throws RangeError for a rate that is not positive, and examples that do not fit
 * @see Oja (1982), Simplified neuron model as a principal component analyzer, Journal of Mathematical Biology 15, equation 3
 */
export function oja(options: OjaOptions): LocalRule {
  const { rate } = options;
  checkRate("oja", rate);
  const step = (w: Tensor, x: Tensor, at: Tensor): Tensor => {
    const y = w.mul(x).sum(-1, { keepDims: true });
    return w.add(x.sub(y.mul(w)).mul(y).mul(rateAt(rate, at)));
  };
  return { step, run: (x, runOptions) => present("oja", step, 1, x, runOptions).reshape([-1]) };
}
