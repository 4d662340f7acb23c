import type { FlatDensity } from "../src/sampler/density.js";
import type { RandomSource } from "../src/sampler/source.js";

/**
 * NUTS once more, for comparison: no buffers, no running sums, no pairwise logarithms. A trajectory is the list of its
 * states in time; every sum, weight and U-turn test is computed afresh from the list by its definition.
 */
interface State {
  readonly q: readonly number[];
  readonly p: readonly number[];
  readonly lp: number;
  readonly gradient: readonly number[];
  readonly h: number;
}

export interface ReferenceTransition {
  readonly position: readonly number[];
  readonly logDensity: number;
  readonly gradient: readonly number[];
  readonly acceptStat: number;
  readonly depth: number;
  readonly leapfrogs: number;
  readonly divergent: boolean;
  readonly energy: number;
}

export function referenceTransition(
  density: FlatDensity,
  start: readonly number[],
  inverseMetric: readonly number[],
  stepSize: number,
  maxDepth: number,
  source: RandomSource,
): ReferenceTransition {
  const stateAt = (q: readonly number[], p: (gradient: readonly number[]) => number[]): State => {
    const g = new Float64Array(q.length);
    const lp = density.evaluate(Float64Array.from(q), g);
    const momentum = p(Array.from(g));
    const h = momentum.reduce((sum, x, i) => sum + 0.5 * x * x * inverseMetric[i], -lp);
    return { q, p: momentum, lp, gradient: Array.from(g), h: Number.isNaN(h) ? Infinity : h };
  };
  const step = (from: State, direction: number): State => {
    const eps = direction * stepSize;
    const half = from.p.map((x, i) => x + (eps / 2) * from.gradient[i]);
    const q = from.q.map((x, i) => x + eps * inverseMetric[i] * half[i]);
    return stateAt(q, (g) => half.map((x, i) => x + (eps / 2) * g[i]));
  };
  const momentum = start.map((_, i) => source.normal() / Math.sqrt(inverseMetric[i]));
  const first = stateAt(start, () => momentum);

  const sharp = (s: State): number[] => s.p.map((x, i) => inverseMetric[i] * x);
  const rho = (states: readonly State[]): number[] => start.map((_, i) => states.reduce((sum, s) => sum + s.p[i], 0));
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const goesOn = (states: readonly State[]): boolean => {
    const r = rho(states);
    return dot(sharp(states[0]), r) > 0 && dot(sharp(states[states.length - 1]), r) > 0;
  };
  /** The three checks for two pieces, earlier and later in time. */
  const joins = (left: readonly State[], right: readonly State[]): boolean =>
    goesOn([...left, ...right]) && goesOn([...left, right[0]]) && goesOn([left[left.length - 1], ...right]);
  const logWeight = (states: readonly State[]): number => {
    const high = Math.max(...states.map((s) => first.h - s.h));
    return high + Math.log(states.reduce((sum, s) => sum + Math.exp(first.h - s.h - high), 0));
  };

  let divergent = false;
  let leapfrogs = 0;
  let metropolis = 0;
  /** States in the order of integration, and the one chosen; undefined if the piece is not valid. */
  const build = (from: State, depth: number, direction: number): { states: State[]; chosen: State } | undefined => {
    if (depth === 0) {
      const s = step(from, direction);
      leapfrogs += 1;
      metropolis += Math.min(1, Math.exp(first.h - s.h));
      if (s.h - first.h > 1000) {
        divergent = true;
        return undefined;
      }
      return { states: [s], chosen: s };
    }
    const a = build(from, depth - 1, direction);
    if (a === undefined) return undefined;
    const b = build(a.states[a.states.length - 1], depth - 1, direction);
    if (b === undefined) return undefined;
    const states = [...a.states, ...b.states];
    const chosen = source.uniform() < Math.exp(logWeight(b.states) - logWeight(states)) ? b.chosen : a.chosen;
    const persist = direction > 0 ? joins(a.states, b.states) : joins(b.states.toReversed(), a.states.toReversed());
    return persist ? { states, chosen } : undefined;
  };

  let trajectory: State[] = [first];
  let sample = first;
  let depth = 0;
  while (depth < maxDepth) {
    const direction = source.uniform() > 0.5 ? 1 : -1;
    const from = direction > 0 ? trajectory[trajectory.length - 1] : trajectory[0];
    const fresh = build(from, depth, direction);
    if (fresh === undefined) break;
    depth += 1;
    const odds = logWeight(fresh.states) - logWeight(trajectory);
    if (odds > 0 || source.uniform() < Math.exp(odds)) sample = fresh.chosen;
    const inTime = direction > 0 ? fresh.states : fresh.states.toReversed();
    const [left, right] = direction > 0 ? [trajectory, inTime] : [inTime, trajectory];
    trajectory = [...left, ...right];
    if (!joins(left, right)) break;
  }
  return {
    position: sample.q,
    logDensity: sample.lp,
    gradient: sample.gradient,
    acceptStat: metropolis / leapfrogs,
    depth,
    leapfrogs,
    divergent,
    energy: sample.h,
  };
}
