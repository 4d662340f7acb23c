import type { FlatDensity } from "./density.js";
import type { RandomSource } from "./source.js";

/** A point of the chain: what a transition starts from and where it ends. */
export interface ChainPoint {
  /** q, [dimension], unconstrained. */
  readonly position: Float64Array;
  readonly logDensity: number;
  /** Gradient of the log density at `position`, [dimension]. */
  readonly gradient: Float64Array;
}

/** A point of phase space with all that the integrator needs to go on from it. Mutable: the sampler reuses points. */
export interface PhasePoint extends ChainPoint {
  /** p, [dimension] */
  readonly momentum: Float64Array;
  logDensity: number;
}

export const phasePoint = (dimension: number): PhasePoint => ({
  position: new Float64Array(dimension),
  momentum: new Float64Array(dimension),
  gradient: new Float64Array(dimension),
  logDensity: Number.NaN,
});

/** Puts `z` at a point of the chain with fresh momentum p ~ N(0, M), where M^-1 = diag(inverseMetric). */
export function refresh(z: PhasePoint, at: ChainPoint, inverseMetric: Float64Array, source: RandomSource): void {
  z.position.set(at.position);
  z.gradient.set(at.gradient);
  z.logDensity = at.logDensity;
  const { momentum } = z;
  for (let i = 0; i < momentum.length; i++) momentum[i] = source.normal() / Math.sqrt(inverseMetric[i]);
}

/**
 * H = p' M^-1 p / 2 - log density. Infinite where it is not a number or the log density is +Infinity, so that a point
 * where the density breaks down is a divergence and never a point that the chain cannot leave.
 */
export function energy(z: PhasePoint, inverseMetric: Float64Array): number {
  const { momentum } = z;
  let twice = 0;
  for (let i = 0; i < momentum.length; i++) twice += momentum[i] * (inverseMetric[i] * momentum[i]);
  const h = 0.5 * twice - z.logDensity;
  return h > Number.NEGATIVE_INFINITY ? h : Number.POSITIVE_INFINITY;
}

/** One leapfrog step (kick, drift, kick) in place. A negative step goes backward in time. */
export function leapfrog(z: PhasePoint, density: FlatDensity, inverseMetric: Float64Array, step: number): void {
  const { position, momentum, gradient } = z;
  const half = 0.5 * step;
  for (let i = 0; i < position.length; i++) {
    momentum[i] += half * gradient[i];
    position[i] += step * (inverseMetric[i] * momentum[i]);
  }
  z.logDensity = density.evaluate(position, gradient);
  for (let i = 0; i < momentum.length; i++) momentum[i] += half * gradient[i];
}
