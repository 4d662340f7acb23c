import { type Tensor, where } from "@cotangent/core";
import { type Hyperparameter, type Schedule, cast, checked, ranges } from "./hyper.js";

export interface CosineOptions {
  /** Steps over which the rate first rises in a straight line to the peak. Default 0. */
  readonly warmup?: number;
  /** The rate at the end and after it. Default 0. */
  readonly floor?: number;
}

/**
 * A learning rate that falls along half a cosine from `peak` at the end of the warm-up to `floor` after `steps` steps, and
 * stays there: floor + (peak - floor) (1 + cos(pi t)) / 2, with t from 0 to 1.
 *
 * In the warm-up step s (from 0) has peak (s + 1) / (warmup + 1), so that the first step is not lost.
 *
 * ```ts
 * const optimizer = adam({ learningRate: cosine(1e-3, 2000, { warmup: 100 }) });
 * ```
 *
 * @param peak the largest rate
 * @param steps of training, the warm-up included
 * @throws RangeError for a negative rate, steps that are no positive whole number, or a warm-up as long as the training
 * @see Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts, arXiv 1608.03983, equation 5
 */
export function cosine(peak: Hyperparameter, steps: number, options: CosineOptions = {}): Schedule {
  const { warmup = 0, floor = 0 } = options;
  const top = checked("cosine", "peak", peak, ranges.learningRate);
  checked("cosine", "floor", floor, ranges.learningRate);
  if (!(Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(
      `cosine: steps is ${String(steps)}, expected a positive whole number. Pass the number of updates.`,
    );
  if (!(Number.isSafeInteger(warmup) && warmup >= 0 && warmup < steps))
    throw new RangeError(
      `cosine: warmup is ${String(warmup)}, expected a whole number from 0 to below steps, ${steps}. Use about 5 % of the steps.`,
    );
  return (step: Tensor) => {
    const high = cast(top, step.dtype);
    const t = step
      .sub(warmup)
      .div(steps - warmup)
      .clip(0, 1);
    const fallen = t.mul(Math.PI).cos().add(1).mul(0.5);
    const falling = fallen.mul(typeof high === "number" ? high - floor : high.sub(floor)).add(floor);
    const rising = step
      .add(1)
      .div(warmup + 1)
      .mul(high);
    return where(step.less(warmup), rising, falling);
  };
}
