import { type Tensor, jit, ravelTree, random, tensor, tree, vmap } from "@cotangent/core";
import { flatDensity } from "./flatDensity.js";
import { type BoundModel, type Model, type Unconstrained, brokenSites } from "./model.js";
import { type Posterior, posteriorOf } from "./posterior.js";
import { type Chain, type ChainProgress, runChain } from "./sampler/chain.js";
import type { InitializationFailure } from "./sampler/initialize.js";
import type { ChainOptions } from "./sampler/options.js";
import { threefrySource } from "./sampler/threefrySource.js";

export interface SampleOptions extends Omit<ChainOptions, "initialPosition"> {
  /** Same key, same draws. */
  readonly key: number | string | Tensor;
  /** Default 4. */
  readonly chains?: number;
  /** Told a few times a second. */
  readonly onProgress?: (progress: ChainProgress & { readonly chain: number; readonly chains: number }) => void;
}

/**
 * Draws from the posterior of a model by NUTS with Stan's warm-up, in f64 on the CPU.
 *
 * @param options `data` for a model; for a plain log density of a tree, `init`: a tree whose shapes the draws have
 * @returns the draws, their statistics and diagnostics
 * @throws Error naming the sites without a finite log density if no starting point is found
 * @see Hoffman and Gelman 2014 (JMLR 15); Stan reference manual, "MCMC sampling"
 */
export async function sample<D, R>(
  model: Model<D, R>,
  options: SampleOptions & { readonly data: D },
): Promise<Posterior<R>>;
export async function sample<P>(
  logDensity: (position: P) => Tensor,
  options: SampleOptions & { readonly init: P },
): Promise<Posterior<P>>;
export async function sample(
  target: Model<unknown, unknown> | ((position: unknown) => Tensor),
  options: SampleOptions & { readonly data?: unknown; readonly init?: unknown },
): Promise<Posterior<unknown>> {
  if (typeof target === "function") {
    const init = tree.map((x) => x.astype("f64"), options.init);
    return run({ logDensity: target, origin: init, record: (p) => p, broken: () => [] }, options);
  }
  const bound: BoundModel<unknown> = target.bind(options.data);
  const { logDensity, origin, record } = bound;
  const broken = (p: unknown): string[] => brokenSites(bound, p as Unconstrained);
  return run({ logDensity, origin, record, broken } as Target, options);
}

interface Target {
  readonly logDensity: (position: unknown) => Tensor;
  readonly origin: unknown;
  readonly record: (position: unknown) => unknown;
  /** Names of what is not finite there. */
  readonly broken: (position: unknown) => string[];
}

async function run(target: Target, options: SampleOptions): Promise<Posterior<unknown>> {
  const { key: seed, chains: count = 4, onProgress, maxDepth = 10 } = options;
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`sample: option chains is ${count}, expected a whole number, 1 or more. Use 4.`);
  const key = typeof seed === "object" ? seed : random.key(seed);
  const density = flatDensity(target.logDensity, target.origin);
  const unravel = ravelTree(target.origin)[1];
  const chains: Chain[] = [];
  for (let c = 0; c < count; c++) {
    const steps = runChain(density, threefrySource(random.foldIn(key, c)), options);
    let step = steps.next();
    let last = performance.now();
    while (!step.done) {
      if (performance.now() - last > 50) {
        onProgress?.({ ...step.value, chain: c, chains: count });
        // Lets timers, input and drawing have their turn.
        await new Promise((resolve) => setTimeout(resolve, 0));
        last = performance.now();
      }
      step = steps.next();
    }
    if (step.value.kind === "initialization-failed") throw failure(step.value, target, unravel);
    chains.push(step.value);
  }
  const { dimension } = density;
  const length = chains[0].draws.length / dimension;
  const all = new Float64Array(count * length * dimension);
  chains.forEach((chain, c) => all.set(chain.draws, c * length * dimension));
  const flat = tensor(all, { shape: [count * length, dimension] });
  const record = vmap(((x: Tensor) => target.record(unravel(x))) as (x: Tensor) => Tensor);
  // Sampling is f64 throughout, and runs on the CPU wherever other programs run.
  const recorded = jit(record, { device: "cpu" })(flat) as unknown;
  const draws = tree.map((x) => x.reshape([count, length, ...x.shape.slice(1)]), recorded);
  return posteriorOf(draws, chains, maxDepth);
}

function failure(failed: InitializationFailure, target: Target, unravel: (x: Tensor) => unknown): Error {
  const position = unravel(tensor(failed.position));
  const names = failed.reason === "log-density" ? target.broken(position) : [];
  if (failed.reason === "gradient") {
    const owners = tree.entries(target.origin).flatMap(([path, leaf]) => Array.from({ length: leaf.size }, () => path));
    names.push(...new Set(failed.coordinates.map((i) => owners[i])));
  }
  const sites = names.length === 0 ? "" : ` of ${names.map((name) => `"${name}"`).join(", ")}`;
  return new Error(
    `sample: no starting point in ${failed.tries} tries, the ${failed.reason === "gradient" ? "gradient" : "log density"}${sites} is not finite. Check the data against the support of the distribution, or choose a smaller initialRadius.`,
  );
}
