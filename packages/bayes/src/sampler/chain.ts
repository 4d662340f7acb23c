import type { FlatDensity } from "./density.js";
import { type InitializationFailure, initialize } from "./initialize.js";
import { forget, observe, shrunkVariance, varianceEstimator } from "./metric.js";
import { type NutsTransition, nuts } from "./nuts.js";
import { type ChainOptions, checkChainOptions } from "./options.js";
import type { ChainPoint } from "./phase.js";
import type { RandomSource } from "./source.js";
import { findStepSize, learnStepSize, settledStepSize, startAveraging } from "./stepsize.js";
import { warmupSchedule } from "./warmup.js";

/** One entry for each kept draw, all of length [draws]. */
export interface DrawStatistics {
  /** Log density on the unconstrained space, Jacobians included (Stan's lp__). */
  readonly logDensity: Float64Array;
  readonly acceptStat: Float64Array;
  readonly stepSize: Float64Array;
  readonly depth: Int32Array;
  readonly leapfrogs: Int32Array;
  /** 1 if the transition diverged, else 0. */
  readonly divergent: Uint8Array;
  readonly energy: Float64Array;
}

/** A finished chain. */
export interface Chain {
  readonly kind: "finished";
  readonly dimension: number;
  /** Draws on the unconstrained space, [samples, dimension] row by row: draw * dimension + coordinate. */
  readonly draws: Float64Array;
  readonly statistics: DrawStatistics;
  /** Diagonal of the adapted inverse metric, [dimension]. */
  readonly inverseMetric: Float64Array;
  /** Adapted step size. */
  readonly stepSize: number;
  /** Where the chain began, [dimension]. */
  readonly initialPosition: Float64Array;
  /** Divergent transitions during warm-up, which are harmless in small numbers. */
  readonly warmupDivergences: number;
}

/** Told after each transition. Arrays are the chain's own: read them before asking for the next. */
export interface ChainProgress {
  readonly phase: "warmup" | "sampling";
  /** Iterations done in this phase, from 1. */
  readonly iteration: number;
  /** Iterations of this phase. */
  readonly iterations: number;
  /** With this step size the transition was made. */
  readonly stepSize: number;
  readonly transition: NutsTransition;
}

/**
 * Runs one chain of NUTS with Stan's warm-up: one value for each transition, then the whole chain. Stopping the iteration
 * early is safe. The chain is a function of its arguments and of what `source` supplies, so that it can be replayed.
 *
 * ```ts
 * const density = { dimension: 1, evaluate: (x, g) => { g[0] = -x[0]; return -0.5 * x[0] ** 2; } };
 * const run = runChain(density, source, { warmup: 500 });
 * let step = run.next();
 * while (!step.done) step = run.next();
 * if (step.value.kind === "finished") console.log(step.value.draws);
 * ```
 *
 * @param density log density and gradient on [dimension]
 * @returns the chain, or why no starting point was found: the caller knows the names of the coordinates
 * @throws RangeError for a bad option; Error if the step size search or the metric shows an improper posterior
 * @see Stan reference manual, "MCMC sampling" and "Automatic parameter tuning"
 */
export function* runChain(
  density: FlatDensity,
  source: RandomSource,
  options: ChainOptions = {},
): Generator<ChainProgress, Chain | InitializationFailure, void> {
  const { dimension } = density;
  const checked = checkChainOptions(options, dimension);
  const { warmup, samples, targetAccept } = checked;
  const start = initialize(density, source, checked.initialRadius, checked.initialPosition);
  if (start.kind === "initialization-failed") return start;

  const transit = nuts(density, checked.maxDepth);
  const inverseMetric = checked.initialMetric;
  let at: ChainPoint = start;
  let stepSize = checked.initialStepSize;
  // Around the step size as given, before the search corrects it: Stan's order.
  let averaging = startAveraging(stepSize);
  const search = (): number => findStepSize(density, at, inverseMetric, stepSize, source);
  if (checked.searchStepSize) stepSize = search();

  const schedule = warmupSchedule(warmup);
  const windowEnds = new Set(schedule.windowEnds);
  const estimator = varianceEstimator(dimension);
  let warmupDivergences = 0;
  for (let i = 0; i < warmup; i++) {
    const transition = transit(at, inverseMetric, stepSize, source);
    at = transition;
    if (transition.divergent) warmupDivergences++;
    yield { phase: "warmup", iteration: i + 1, iterations: warmup, stepSize, transition };
    ({ state: averaging, stepSize } = learnStepSize(averaging, transition.acceptStat, targetAccept));
    if (i >= schedule.slowStart && i < schedule.slowEnd) observe(estimator, transition.position);
    if (windowEnds.has(i)) {
      shrunkVariance(inverseMetric, estimator);
      forget(estimator);
      stepSize = search();
      averaging = startAveraging(stepSize);
    }
  }
  stepSize = settledStepSize(averaging, stepSize);

  const draws = new Float64Array(samples * dimension);
  const statistics = drawStatistics(samples);
  for (let i = 0; i < samples; i++) {
    const transition = transit(at, inverseMetric, stepSize, source);
    at = transition;
    draws.set(transition.position, i * dimension);
    record(statistics, i, transition, stepSize);
    yield { phase: "sampling", iteration: i + 1, iterations: samples, stepSize, transition };
  }
  return {
    kind: "finished",
    dimension,
    draws,
    statistics,
    inverseMetric,
    stepSize,
    initialPosition: start.position,
    warmupDivergences,
  };
}

const drawStatistics = (draws: number): DrawStatistics => ({
  logDensity: new Float64Array(draws),
  acceptStat: new Float64Array(draws),
  stepSize: new Float64Array(draws),
  depth: new Int32Array(draws),
  leapfrogs: new Int32Array(draws),
  divergent: new Uint8Array(draws),
  energy: new Float64Array(draws),
});

function record(to: DrawStatistics, draw: number, transition: NutsTransition, stepSize: number): void {
  to.logDensity[draw] = transition.logDensity;
  to.acceptStat[draw] = transition.acceptStat;
  to.stepSize[draw] = stepSize;
  to.depth[draw] = transition.depth;
  to.leapfrogs[draw] = transition.leapfrogs;
  to.divergent[draw] = transition.divergent ? 1 : 0;
  to.energy[draw] = transition.energy;
}
