import { compile, tree, valueAndGrad } from "@cotangent/core";
import { type Explanation, explain } from "@cotangent/core/debug";
import { type Data, type Parameters, type Posterior, parametersOf } from "./posterior.js";
import { type Goal, goals } from "./goals.js";

/** One posterior: the cost of a value and gradient, and of which kernels it consists. */
export interface PosteriorRow extends Goal {
  readonly name: string;
  /** Microseconds a call: the lowest of all batches, and their lowest decile. */
  readonly minimum: number;
  readonly decile: number;
  readonly kernelRuns: number;
  /** Runs of kernels whose loops take more than 64 rounds. */
  readonly largeRuns: number;
  /** Over the captured input that is read most often. */
  readonly passes: number;
  readonly met: boolean;
  /** Stan's time over ours. */
  readonly ratio: number;
}

const LARGE = 64;

/** Times `valueAndGrad` of the log density near the origin, bound to typed arrays, and explains it. */
export function measurePosterior(posterior: Posterior, data: Data, budgetMs: number): PosteriorRow {
  const { name } = posterior;
  const point = pointOf(posterior);
  const f = valueAndGrad(posterior.logDensity(data));
  const { inputs, outputs, run } = compile(f, point).bind();
  tree.leaves(point).forEach((leaf, i) => inputs[i].set([leaf.toArray()].flat() as number[]));
  const times = batches(run, budgetMs);
  if (!Number.isFinite(outputs[0][0])) throw new Error(`${name}: the log density is ${outputs[0][0]}.`);
  const { kernelRuns, largeRuns, passes } = shapeOf(explain(f)(point));
  const goal = goals[name];
  const decile = times[Math.floor(times.length / 10)];
  return {
    name,
    minimum: times[0],
    decile,
    kernelRuns,
    largeRuns,
    passes,
    ...goal,
    met: decile <= goal.target,
    ratio: goal.stan / decile,
  };
}

/** Stan's vector with small numbers that differ. */
const pointOf = (posterior: Posterior): Parameters =>
  parametersOf(
    posterior,
    Float64Array.from({ length: 100 }, (_, i) => Math.sin(i + 1) / 10),
  );

/** Microseconds a call in batches of about half a millisecond, sorted. */
function batches(run: () => void, budgetMs: number): number[] {
  const time = (calls: number): number => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    return ((performance.now() - start) * 1000) / calls;
  };
  // Twice, since the engine compiles the module again while it runs.
  time(200);
  const calls = Math.max(1, Math.round(500 / time(200)));
  const times: number[] = [];
  for (const start = performance.now(); performance.now() - start < budgetMs;) times.push(time(calls));
  return times.sort((a, b) => a - b);
}

function shapeOf({ runs, kernels, inputs }: Explanation): Pick<PosteriorRow, "kernelRuns" | "largeRuns" | "passes"> {
  const large = kernels.filter((k) => k.loops.reduce((a, b) => a * b, 1) > LARGE);
  return {
    kernelRuns: runs,
    largeRuns: large.reduce((sum, k) => sum + k.runs, 0),
    passes: Math.max(0, ...inputs.filter((x) => x.captured).map((x) => x.passes)),
  };
}
