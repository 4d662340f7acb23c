import type { FlatDensity } from "./density.js";
import type { ChainPoint } from "./phase.js";
import type { RandomSource } from "./source.js";

/** No starting point was found. What the last try looked like lets a caller who knows the sites name the culprit. */
export interface InitializationFailure {
  readonly kind: "initialization-failed";
  readonly tries: number;
  /** What was wrong at the last try. */
  readonly reason: "log-density" | "gradient";
  /** Unconstrained, [dimension]. */
  readonly position: Float64Array;
  readonly logDensity: number;
  /** [dimension] */
  readonly gradient: Float64Array;
  /** Coordinates whose gradient is not finite, increasing. */
  readonly coordinates: readonly number[];
}

export type Initialization =
  | ({ readonly kind: "initialized"; readonly tries: number } & ChainPoint)
  | InitializationFailure;

const maxTries = 100;

/**
 * A starting point with a finite log density and gradient: each unconstrained coordinate Uniform(-radius, radius), up to
 * 100 tries (Stan's initialize.hpp). Radius 0, or a given position, is one try.
 *
 * @param radius half width in unconstrained units, at least 0
 * @param position start here instead, [dimension]; copied
 */
export function initialize(
  density: FlatDensity,
  source: RandomSource,
  radius: number,
  position?: Float64Array,
): Initialization {
  const at = position === undefined ? new Float64Array(density.dimension) : Float64Array.from(position);
  const gradient = new Float64Array(density.dimension);
  const allowed = position === undefined && radius > 0 ? maxTries : 1;
  for (let tries = 1; ; tries++) {
    if (allowed > 1) for (let i = 0; i < at.length; i++) at[i] = radius * (2 * source.uniform() - 1);
    const logDensity = density.evaluate(at, gradient);
    const finite = Number.isFinite(logDensity);
    if (finite && gradient.every(Number.isFinite))
      return { kind: "initialized", tries, position: at, logDensity, gradient };
    if (tries === allowed)
      return {
        kind: "initialization-failed",
        tries,
        reason: finite ? "gradient" : "log-density",
        position: at,
        logDensity,
        gradient,
        coordinates: Array.from(gradient.keys()).filter((i) => !Number.isFinite(gradient[i])),
      };
  }
}
