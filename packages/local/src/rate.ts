import type { Tensor } from "@cotangent/core";

/** A learning rate: the same at every step, or a function of the number of steps made so far, a scalar that may be traced. */
export type Rate = number | ((step: Tensor) => Tensor);

/**
 * rate0 / (1 + t / halfLife): at first as large as rate0, later like 1 / t, so that noise averages out. Sums diverge and sums
 * of squares converge, as Robbins and Monro (1951) ask.
 *
 * ```ts
 * oja({ rate: inverseTime(0.1) });
 * ```
 *
 * @param rate0 the rate of the first step
 * @param halfLife after so many steps the rate is half of rate0. Default 100
 * @throws RangeError for numbers that are not positive
 */
export function inverseTime(rate0: number, halfLife = 100): (step: Tensor) => Tensor {
  checkPositive("inverseTime", "rate0", rate0, "Use 0.1 if in doubt.");
  checkPositive("inverseTime", "halfLife", halfLife, "Use 100 if in doubt.");
  return (step) => step.div(halfLife).add(1).reciprocal().mul(rate0);
}

/** The rate at a step. */
export const rateAt = (rate: Rate, step: Tensor): Tensor | number => (typeof rate === "number" ? rate : rate(step));

export function checkRate(rule: string, rate: Rate): void {
  if (typeof rate !== "function") checkPositive(rule, "rate", rate, "Use 0.01, or inverseTime(0.1).");
}

function checkPositive(rule: string, name: string, value: number, remedy: string): void {
  if (!(typeof value === "number" && value > 0 && value < Infinity))
    throw new RangeError(`${rule}: ${name} is ${String(value)}, expected a positive finite number. ${remedy}`);
}
