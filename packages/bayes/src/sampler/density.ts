/**
 * A log density on the unconstrained space R^dimension, with its gradient.
 *
 * The value is up to an additive constant and includes the log Jacobians of all transforms to the constrained space.
 */
export interface FlatDensity {
  /** Number of unconstrained coordinates. */
  readonly dimension: number;
  /**
   * Value and gradient at one point. Points outside the support, and points where the arithmetic breaks down, may give
   * -Infinity or NaN: the sampler treats both as a divergence.
   *
   * @param position [dimension], only read
   * @param gradient [dimension], overwritten
   * @returns the log density in nats
   */
  evaluate(position: Float64Array, gradient: Float64Array): number;
}
