/** Streaming mean and sum of squared deviations of each coordinate (Welford 1962). Mutable. */
export interface VarianceEstimator {
  count: number;
  /** [dimension] */
  readonly mean: Float64Array;
  /** Sum of squared deviations from the mean, [dimension]. */
  readonly deviations: Float64Array;
}

export const varianceEstimator = (dimension: number): VarianceEstimator => ({
  count: 0,
  mean: new Float64Array(dimension),
  deviations: new Float64Array(dimension),
});

/** Adds one point, [dimension]. */
export function observe(estimator: VarianceEstimator, position: Float64Array): void {
  const { mean, deviations } = estimator;
  const count = ++estimator.count;
  for (let i = 0; i < mean.length; i++) {
    const delta = position[i] - mean[i];
    mean[i] += delta / count;
    deviations[i] += (position[i] - mean[i]) * delta;
  }
}

/** Forgets all points. */
export function forget(estimator: VarianceEstimator): void {
  estimator.count = 0;
  estimator.mean.fill(0);
  estimator.deviations.fill(0);
}

/**
 * The inverse metric from the points observed: sample variance (n - 1), shrunk towards 1e-3 with the weight of five
 * points, n/(n+5) var + 1e-3 * 5/(n+5) (Stan's var_adaptation.hpp). After a single point the old value stands in for the variance, as in Stan.
 *
 * @param to the inverse metric, [dimension], overwritten
 * @throws Error naming the coordinate if a variance is not finite
 */
export function shrunkVariance(to: Float64Array, estimator: VarianceEstimator): void {
  const n = estimator.count;
  for (let i = 0; i < to.length; i++) {
    const variance = n > 1 ? estimator.deviations[i] / (n - 1) : to[i];
    to[i] = (n / (n + 5)) * variance + 1e-3 * (5 / (n + 5));
    if (!Number.isFinite(to[i]))
      throw new Error(
        `shrunkVariance: the variance of coordinate ${i} over ${n} warm-up draws is ${variance}, expected a finite ` +
          "number. The chain runs off to infinity: give that parameter a proper prior, or rescale it.",
      );
  }
}
