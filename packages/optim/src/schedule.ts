import { Tensor, where } from "@cotangent/core";

/** A learning rate as a function of the number of updates made so far, an i32 scalar. */
export type Schedule = (count: Tensor) => Tensor;
/** A number, a tensor (which may be traced and differentiated), or a schedule. */
export type LearningRate = number | Tensor | Schedule;

export interface CosineOptions {
  /** Updates over which the rate rises linearly from 0 first. Default 0. */
  readonly warmup?: number;
  /** Where it ends. Default 0. */
  readonly floor?: number;
}

/**
 * Cosine decay from `peak` to `floor` over `steps` updates, after a linear warm-up; constant afterwards.
 *
 * @param peak the highest learning rate
 * @param steps updates until the floor is reached, warm-up included
 * @throws RangeError for rates that are negative or not finite, and lengths that are no whole numbers
 * @see Loshchilov and Hutter (2017), arXiv 1608.03983, eq. 5
 */
export function cosine(peak: number, steps: number, options: CosineOptions = {}): Schedule {
  const { warmup = 0, floor = 0 } = options;
  checkRate("cosine", "peak", peak);
  checkRate("cosine", "floor", floor);
  if (!Number.isSafeInteger(steps) || steps < 1 || !Number.isSafeInteger(warmup) || warmup < 0 || warmup >= steps)
    throw new RangeError(
      `cosine: steps is ${steps} and warmup ${warmup}, expected whole numbers with 0 <= warmup < steps.`,
    );
  return (count) => {
    const t = count.astype("f64");
    const progress = t
      .sub(warmup)
      .div(steps - warmup)
      .clip(0, 1);
    const decayed = progress
      .mul(Math.PI)
      .cos()
      .add(1)
      .mul((peak - floor) / 2)
      .add(floor);
    return warmup === 0 ? decayed : where(t.less(warmup), t.mul(peak / warmup), decayed);
  };
}

export function checkRate(operation: string, name: string, value: number): void {
  if (!(value >= 0 && value < Infinity))
    throw new RangeError(`${operation}: ${name} is ${value}, expected a finite number of at least 0.`);
}

/** The rate for this update, in the dtype of the leaf it multiplies. */
export function rateAt(rate: LearningRate, count: Tensor): number | Tensor {
  return typeof rate === "function" ? rate(count) : rate;
}
