import type { FlatDensity } from "./density.js";
import { type ChainPoint, type PhasePoint, energy, leapfrog } from "./phase.js";
import type { RandomSource } from "./source.js";
import { type TreeEnd, joinPersists, treeEnd } from "./uturn.js";

/** A rise of energy beyond this is a divergence (Stan's max_deltaH). One-sided: falling energy never diverges. */
export const divergenceThreshold = 1000;

/** log(exp(a) + exp(b)) */
export function logAddExp(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/** A point that may become the next one of the chain. Mutable: the sampler reuses proposals. */
export interface Proposal extends ChainPoint {
  logDensity: number;
  /** H with the momentum that the trajectory had there. */
  energy: number;
}

export const proposal = (dimension: number): Proposal => ({
  position: new Float64Array(dimension),
  gradient: new Float64Array(dimension),
  logDensity: Number.NaN,
  energy: Number.NaN,
});

/** A piece of trajectory; first and last in the order in which it was integrated. */
export interface Subtree {
  first: TreeEnd;
  last: TreeEnd;
  /** rho: the sum of the momenta of all its points, [dimension]. */
  readonly momentumSum: Float64Array;
  /** The point chosen from it, with probability proportional to exp(-H). */
  proposal: Proposal;
  /** log of the sum of exp(H0 - H) over its points. */
  logWeight: number;
}

export const subtree = (dimension: number): Subtree => ({
  first: treeEnd(dimension),
  last: treeEnd(dimension),
  momentumSum: new Float64Array(dimension),
  proposal: proposal(dimension),
  logWeight: Number.NEGATIVE_INFINITY,
});

/** What one transition shares among all its subtrees. */
export interface Growth {
  readonly density: FlatDensity;
  readonly inverseMetric: Float64Array;
  readonly source: RandomSource;
  /** H0: energy of the starting point; all weights are relative to it. */
  readonly initialEnergy: number;
  /** Scratch second halves by depth, made on demand and kept for later transitions. */
  readonly halves: Subtree[];
  leapfrogs: number;
  /** Sum of min(1, exp(H0 - H)) over all leapfrogs, those of rejected subtrees included. */
  acceptSum: number;
  divergent: boolean;
}

/**
 * Integrates `front` by 2^depth leapfrogs and describes that piece of trajectory in `tree`.
 *
 * The choice of the proposal inside is plain multinomial; only the transition prefers the newer half (Betancourt 2017,
 * arXiv 1701.02434, A.3).
 *
 * @param front the end to go on from; moved
 * @param step step size, negative for backward in time
 * @returns false if the piece diverged or turned; `tree` is then unfinished and must not be used
 */
export function growSubtree(tree: Subtree, front: PhasePoint, depth: number, step: number, growth: Growth): boolean {
  if (depth === 0) return leaf(tree, front, step, growth);
  // The first half grows in place, the second in the scratch tree of this depth, which lower depths do not touch.
  if (!growSubtree(tree, front, depth - 1, step, growth)) return false;
  const second = (growth.halves[depth] ??= subtree(front.position.length));
  if (!growSubtree(second, front, depth - 1, step, growth)) return false;

  const logWeight = logAddExp(tree.logWeight, second.logWeight);
  if (second.logWeight > logWeight || growth.source.uniform() < Math.exp(second.logWeight - logWeight))
    [tree.proposal, second.proposal] = [second.proposal, tree.proposal];
  tree.logWeight = logWeight;

  const sum = tree.momentumSum;
  const persist = joinPersists(tree.first, tree.last, second.first, second.last, sum, second.momentumSum);
  for (let i = 0; i < sum.length; i++) sum[i] += second.momentumSum[i];
  [tree.last, second.last] = [second.last, tree.last];
  return persist;
}

/** One leapfrog: a subtree of a single point. */
function leaf(tree: Subtree, front: PhasePoint, step: number, growth: Growth): boolean {
  const { inverseMetric } = growth;
  leapfrog(front, growth.density, inverseMetric, step);
  growth.leapfrogs++;
  const h = energy(front, inverseMetric);
  const fall = growth.initialEnergy - h;
  if (-fall > divergenceThreshold) growth.divergent = true;
  growth.acceptSum += fall > 0 ? 1 : Math.exp(fall);

  const { position, gradient, momentum } = front;
  const { first, last, momentumSum, proposal: chosen } = tree;
  // One loop instead of seven copies: for the few coordinates of most models the calls would cost more than the work.
  for (let i = 0; i < momentum.length; i++) {
    const p = momentum[i];
    const v = inverseMetric[i] * p;
    first.momentum[i] = p;
    last.momentum[i] = p;
    momentumSum[i] = p;
    first.velocity[i] = v;
    last.velocity[i] = v;
    chosen.position[i] = position[i];
    chosen.gradient[i] = gradient[i];
  }
  chosen.logDensity = front.logDensity;
  chosen.energy = h;
  tree.logWeight = fall;
  return !growth.divergent;
}
