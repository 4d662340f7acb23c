import type { FlatDensity } from "./density.js";
import { type ChainPoint, energy, leapfrog, phasePoint, refresh } from "./phase.js";
import type { RandomSource } from "./source.js";

/** Nesterov's dual averaging of the log step size (Hoffman and Gelman 2014, section 3.2), as a value. */
export interface DualAveraging {
  readonly mu: number;
  readonly counter: number;
  /** s_bar: running mean of target minus acceptance. */
  readonly error: number;
  /** x_bar: averaged log step size. */
  readonly averaged: number;
}

// Stan's constants: gamma shrinks towards mu, kappa forgets early iterates, t0 steadies the first ones.
const gamma = 0.05;
const kappa = 0.75;
const t0 = 10;

/** Starts averaging around mu = log(10 stepSize), which favours trying large steps. */
export const startAveraging = (stepSize: number): DualAveraging => ({
  mu: Math.log(10 * stepSize),
  counter: 0,
  error: 0,
  averaged: 0,
});

/**
 * One update.
 *
 * @param acceptStat acceptance statistic of the last transition; counted as at most 1
 * @param targetAccept delta, in (0, 1)
 * @returns the new state and the step size to explore next
 */
export function learnStepSize(
  state: DualAveraging,
  acceptStat: number,
  targetAccept: number,
): { readonly state: DualAveraging; readonly stepSize: number } {
  const counter = state.counter + 1;
  const eta = 1 / (counter + t0);
  const error = (1 - eta) * state.error + eta * (targetAccept - Math.min(1, acceptStat));
  const x = state.mu - (error * Math.sqrt(counter)) / gamma;
  const weight = counter ** -kappa;
  const averaged = (1 - weight) * state.averaged + weight * x;
  return { state: { mu: state.mu, counter, error, averaged }, stepSize: Math.exp(x) };
}

/**
 * The step size to sample with: exp(x_bar). Without a single update (a metric update on the last warm-up iteration, or no
 * warm-up) x_bar says nothing and the current step size stays; exp(0) = 1 was Stan's bug #3023.
 */
export const settledStepSize = (state: DualAveraging, current: number): number =>
  state.counter === 0 ? current : Math.exp(state.averaged);

/**
 * A step size of the right order of magnitude: doubles or halves it until the acceptance of one leapfrog crosses 0.8.
 * Every trial takes fresh momentum; the first only tells the direction (Stan's base_hmc.hpp, init_stepsize).
 *
 * @param at where the chain stands; not moved
 * @param inverseMetric diagonal of M^-1, [dimension]
 * @param stepSize first trial; 0, NaN and above 1e7 are returned as they are
 * @throws Error if the step size passes 1e7 (an improper posterior) or underflows to 0 (a density that is not continuous)
 */
export function findStepSize(
  density: FlatDensity,
  at: ChainPoint,
  inverseMetric: Float64Array,
  stepSize: number,
  source: RandomSource,
): number {
  if (stepSize === 0 || stepSize > 1e7 || Number.isNaN(stepSize)) return stepSize;
  const z = phasePoint(density.dimension);
  const accepts = (step: number): boolean => {
    refresh(z, at, inverseMetric, source);
    const before = energy(z, inverseMetric);
    leapfrog(z, density, inverseMetric, step);
    return before - energy(z, inverseMetric) > Math.log(0.8);
  };
  const growing = accepts(stepSize);
  let step = stepSize;
  while (accepts(step) === growing) {
    step *= growing ? 2 : 0.5;
    if (step > 1e7)
      throw new Error(
        `findStepSize: a leapfrog of size ${step} still keeps the energy, so the density does not fall off: the ` +
          "posterior is improper. Give every parameter a proper prior, or bound it.",
      );
    if (step === 0)
      throw new Error(
        "findStepSize: no step size, however small, keeps the energy: the density is not continuous there, or its " +
          "gradient is wrong. Check the gradient against finite differences, and branches on parameters.",
      );
  }
  return step;
}
