import type { FlatDensity } from "./density.js";
import { type ChainPoint, type PhasePoint, energy, phasePoint, refresh } from "./phase.js";
import type { RandomSource } from "./source.js";
import { type Growth, type Proposal, type Subtree, growSubtree, logAddExp, proposal, subtree } from "./subtree.js";
import { type TreeEnd, joinPersists, treeEnd } from "./uturn.js";

/** Where a transition ended and how it got there. The arrays are the kernel's own: valid until its next call. */
export interface NutsTransition extends ChainPoint {
  /** Mean of min(1, exp(H0 - H)) over all leapfrogs: what dual averaging steers. */
  readonly acceptStat: number;
  /** Number of doublings that gave a valid subtree. */
  readonly depth: number;
  /** Gradient evaluations. */
  readonly leapfrogs: number;
  /** Whether the energy rose by more than 1000 somewhere on the trajectory. */
  readonly divergent: boolean;
  /** H of the chosen point with its own momentum: what E-BFMI looks at. */
  readonly energy: number;
}

/** One transition of a fixed density. Not reentrant: one kernel serves one chain. */
export type NutsKernel = (
  start: ChainPoint,
  inverseMetric: Float64Array,
  stepSize: number,
  source: RandomSource,
) => NutsTransition;

/**
 * The No-U-Turn sampler exactly as Stan runs it: multinomial weights, biased progressive choice between the trajectory
 * and each new subtree, three U-turn checks at every join, divergence beyond an energy error of 1000.
 *
 * Draws from the source come in Stan's order: `dimension` normals for the momentum; then for each doubling one uniform
 * for the direction (forward above 0.5), the uniforms of the subtree, and one for taking the subtree's point unless the
 * subtree outweighs the trajectory.
 *
 * @param density log density on [dimension]
 * @param maxDepth at most this many doublings, so at most 2^maxDepth - 1 leapfrogs; at least 1
 * @returns a kernel with its own buffers, about 7 vectors of [dimension] for each depth reached
 * @see Hoffman and Gelman 2014 (JMLR 15); Betancourt 2017 (arXiv 1701.02434) A.3; Stan's base_nuts.hpp
 */
export function nuts(density: FlatDensity, maxDepth: number): NutsKernel {
  const { dimension } = density;
  const ends: Trajectory = {
    forward: phasePoint(dimension),
    backward: phasePoint(dimension),
    first: treeEnd(dimension),
    last: treeEnd(dimension),
    inner: treeEnd(dimension),
    momentumSum: new Float64Array(dimension),
  };
  let sample = proposal(dimension);
  const fresh: Subtree = subtree(dimension);
  const halves: Subtree[] = [];

  return (start, inverseMetric, stepSize, source) => {
    refresh(ends.forward, start, inverseMetric, source);
    const initialEnergy = energy(ends.forward, inverseMetric);
    begin(ends, sample, initialEnergy, inverseMetric);
    const growth: Growth = {
      density,
      inverseMetric,
      source,
      initialEnergy,
      halves,
      leapfrogs: 0,
      acceptSum: 0,
      divergent: false,
    };
    let logWeight = 0; // of the starting point, relative to its own energy
    let depth = 0;
    while (depth < maxDepth) {
      const ahead = source.uniform() > 0.5;
      const grown = growSubtree(
        fresh,
        ahead ? ends.forward : ends.backward,
        depth,
        ahead ? stepSize : -stepSize,
        growth,
      );
      if (!grown) break;
      depth++;
      if (fresh.logWeight > logWeight || source.uniform() < Math.exp(fresh.logWeight - logWeight))
        [sample, fresh.proposal] = [fresh.proposal, sample];
      logWeight = logAddExp(logWeight, fresh.logWeight);
      if (!extend(ends, fresh, ahead)) break;
    }
    return {
      position: sample.position,
      logDensity: sample.logDensity,
      gradient: sample.gradient,
      acceptStat: growth.acceptSum / growth.leapfrogs,
      depth,
      leapfrogs: growth.leapfrogs,
      divergent: growth.divergent,
      energy: sample.energy,
    };
  };
}

/** The whole trajectory so far. */
interface Trajectory {
  /** Where integration goes on in either direction. */
  readonly forward: PhasePoint;
  readonly backward: PhasePoint;
  /** Its ends in time. */
  first: TreeEnd;
  last: TreeEnd;
  /** The end at which the last subtree was joined. */
  inner: TreeEnd;
  /** rho, [dimension] */
  readonly momentumSum: Float64Array;
}

/** A trajectory of the one point `ends.forward`, which is also the first sample. */
function begin(ends: Trajectory, sample: Proposal, initialEnergy: number, inverseMetric: Float64Array): void {
  const { forward, backward, first, last, momentumSum } = ends;
  backward.position.set(forward.position);
  backward.gradient.set(forward.gradient);
  backward.momentum.set(forward.momentum);
  backward.logDensity = forward.logDensity;
  sample.position.set(forward.position);
  sample.gradient.set(forward.gradient);
  sample.logDensity = forward.logDensity;
  sample.energy = initialEnergy;
  momentumSum.set(forward.momentum);
  for (let i = 0; i < momentumSum.length; i++) {
    first.momentum[i] = last.momentum[i] = forward.momentum[i];
    first.velocity[i] = last.velocity[i] = inverseMetric[i] * forward.momentum[i];
  }
}

/** Joins a new subtree to the trajectory; returns whether the result may be doubled again. */
function extend(ends: Trajectory, fresh: Subtree, ahead: boolean): boolean {
  const { momentumSum, inner } = ends;
  // The subtree's outer end becomes the trajectory's; buffers change hands in a ring.
  let persist: boolean;
  if (ahead) {
    [ends.inner, ends.last, fresh.last] = [ends.last, fresh.last, inner];
    persist = joinPersists(ends.first, ends.inner, fresh.first, ends.last, momentumSum, fresh.momentumSum);
  } else {
    [ends.inner, ends.first, fresh.last] = [ends.first, fresh.last, inner];
    persist = joinPersists(ends.first, fresh.first, ends.inner, ends.last, fresh.momentumSum, momentumSum);
  }
  for (let i = 0; i < momentumSum.length; i++) momentumSum[i] += fresh.momentumSum[i];
  return persist;
}
