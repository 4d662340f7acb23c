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

/** One iteration: the step size it used, where it ended, its acceptance statistic. */
export interface Iteration {
  readonly stepSize: number;
  readonly position: readonly number[];
  readonly acceptStat: number;
}

/**
 * Stan's warm-up and sampling written out over `referenceTransition`: each window's variance from its list of draws, dual
 * averaging from the list of acceptance statistics since its last start.
 *
 * Warm-up is chaotic (a rounding grows by about 1.8 an iteration through the step size), so each iteration is predicted
 * from the recorded ones before it and not from earlier predictions.
 */
export function referenceChain(
  density: FlatDensity,
  start: readonly number[],
  windows: readonly (readonly [first: number, last: number])[],
  warmup: number,
  recorded: readonly Iteration[],
  source: RandomSource,
): { readonly iterations: Iteration[]; readonly inverseMetric: number[] } {
  const delta = 0.8;
  let inverseMetric = start.map(() => 1);
  let q: readonly number[] = start;

  const energyChange = (eps: number): number => {
    const p = start.map((_, i) => source.normal() / Math.sqrt(inverseMetric[i]));
    const g = new Float64Array(q.length);
    const kinetic = (m: readonly number[]): number => m.reduce((sum, x, i) => sum + (x * x * inverseMetric[i]) / 2, 0);
    const before = kinetic(p) - density.evaluate(Float64Array.from(q), g);
    const half = p.map((x, i) => x + (eps / 2) * g[i]);
    const moved = q.map((x, i) => x + eps * inverseMetric[i] * half[i]);
    const lp = density.evaluate(Float64Array.from(moved), g);
    const after = kinetic(half.map((x, i) => x + (eps / 2) * g[i])) - lp;
    return Number.isNaN(after) ? -Infinity : before - after;
  };
  const search = (first: number): number => {
    let eps = first;
    if (energyChange(eps) > Math.log(0.8)) while (energyChange(eps) > Math.log(0.8)) eps *= 2;
    else while (energyChange(eps) < Math.log(0.8)) eps /= 2;
    return eps;
  };

  let mu = Math.log(10);
  let stepSize = search(1);
  let accepts: number[] = [];
  let logAverage = 0;
  const iterations: Iteration[] = [];
  for (const [n, seen] of recorded.entries()) {
    const { position, acceptStat } = referenceTransition(density, q, inverseMetric, seen.stepSize, 10, source);
    iterations.push({ stepSize, position, acceptStat });
    q = seen.position;
    if (n >= warmup) continue;
    accepts.push(seen.acceptStat);
    const m = accepts.length;
    const x = mu - ((Math.sqrt(m) / 0.05) * accepts.reduce((sum, a) => sum + (delta - a), 0)) / (m + 10);
    logAverage = m ** -0.75 * x + (1 - m ** -0.75) * logAverage;
    stepSize = Math.exp(x);
    const window = windows.find(([, last]) => last === n);
    if (window !== undefined) {
      const inside = recorded.slice(window[0], n + 1).map((iteration) => iteration.position);
      const k = inside.length;
      inverseMetric = start.map((_, i) => {
        const mean = inside.reduce((sum, d) => sum + d[i], 0) / k;
        const variance = inside.reduce((sum, d) => sum + (d[i] - mean) ** 2, 0) / (k - 1);
        return (k * variance + 5e-3) / (k + 5);
      });
      stepSize = search(stepSize);
      mu = Math.log(10 * stepSize);
      accepts = [];
      logAverage = 0;
    }
    if (n === warmup - 1 && accepts.length > 0) stepSize = Math.exp(logAverage);
  }
  return { iterations, inverseMetric };
}
