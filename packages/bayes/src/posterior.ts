import { type Tensor, jit, tree, vmap } from "@cotangent/core";
import type { Chains } from "./diagnostics/chains.js";
import { ebfmi } from "./diagnostics/ebfmi.js";
import { essMean } from "./diagnostics/ess.js";
import { mcseMean } from "./diagnostics/mcse.js";
import { meanOf } from "./diagnostics/moments.js";
import { type SummaryTable, summarize } from "./diagnostics/table.js";
import type { Chain } from "./sampler/chain.js";

/** Draws from a posterior, with what is needed to trust them. */
export interface Posterior<R> {
  /** Every leaf of what the model recorded, with two axes in front: [chain, draw, ...shape]. */
  readonly draws: R;
  /** The chains as the sampler made them: unconstrained draws, statistics of each transition, adapted metric. */
  readonly chains: readonly Chain[];
  /** Divergent transitions after warm-up, in all chains. */
  readonly divergences: number;
  /** Mean, sd, MCSE, quantiles, effective sample sizes and R-hat of each element; prints as a table. */
  summary(): SummaryTable;
  /** What to worry about, in plain words. */
  diagnose(): string;
  /** Posterior mean of a scalar function of one draw, with its Monte Carlo standard error. */
  expectation(g: (draw: R) => Tensor): Expectation;
}

export interface Expectation {
  readonly mean: number;
  readonly mcse: number;
  readonly ess: number;
}

export function posteriorOf<R>(draws: R, chains: readonly Chain[], maxDepth: number): Posterior<R> {
  const divergences = chains.reduce((n, { statistics }) => n + statistics.divergent.reduce((a, b) => a + b, 0), 0);
  let table: SummaryTable | undefined;
  const summary = (): SummaryTable => (table ??= summarize(quantities(draws)));
  return {
    draws,
    chains,
    divergences,
    summary,
    diagnose: () => diagnosis(summary(), chains, divergences, maxDepth),
    expectation(g) {
      const [count, length] = tree.leaves(draws)[0].shape;
      const rows = tree.map((x) => x.reshape([count * length, ...x.shape.slice(2)]), draws);
      const mapped = vmap(g as (draw: unknown) => Tensor) as (rows: unknown) => Tensor;
      const values = Float64Array.from((jit(mapped, { device: "cpu" })(rows) as Tensor).storage);
      const byChain = Array.from({ length: count }, (_, c) => values.slice(c * length, (c + 1) * length));
      return { mean: meanOf(values), mcse: mcseMean(byChain), ess: essMean(byChain) };
    },
  };
}

/** Each scalar element of the draws, named as `theta[3]`. */
function quantities(draws: unknown): { name: string; chains: Chains }[] {
  return tree.entries(draws).flatMap(([path, leaf]) => {
    const [count, length, ...shape] = leaf.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    return Array.from({ length: size }, (_, element) => ({
      name: path + indices(element, shape),
      chains: Array.from({ length: count }, (_c, c) =>
        Float64Array.from({ length }, (_d, d) => leaf.storage[(c * length + d) * size + element]),
      ),
    }));
  });
}

function indices(element: number, shape: readonly number[]): string {
  if (shape.length === 0) return "";
  const at: number[] = [];
  for (let axis = shape.length - 1, rest = element; axis >= 0; axis--) {
    at.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `[${at.join(", ")}]`;
}

function diagnosis(table: SummaryTable, chains: readonly Chain[], divergences: number, maxDepth: number): string {
  const worries: string[] = [];
  const total = chains.reduce((n, c) => n + c.statistics.depth.length, 0);
  if (divergences > 0)
    worries.push(
      `${divergences} of ${total} transitions diverged: some region is too curved for the step size, and the draws miss it. Write hierarchical parameters with nonCentered: true, or raise targetAccept to 0.95.`,
    );
  const deepest = chains.reduce((n, c) => n + c.statistics.depth.filter((d) => d >= maxDepth).length, 0);
  if (deepest > 0)
    worries.push(
      `${deepest} of ${total} trajectories were cut at depth ${maxDepth}: sampling is slow. Bring parameters to similar scales, or raise maxDepth.`,
    );
  const finite = table.rows.filter((row) => Number.isFinite(row.rhat));
  const mixed = finite.toSorted((a, b) => b.rhat - a.rhat)[0];
  if (mixed !== undefined && mixed.rhat > 1.01)
    worries.push(
      `${mixed.name} has R-hat ${mixed.rhat.toFixed(3)}, more than 1.01: the chains do not agree yet. Run longer, or look for several modes.`,
    );
  const least = Math.min(...finite.map((row) => Math.min(row.essBulk, row.essTail)));
  if (least < 100 * chains.length) {
    const row = finite.find((r) => Math.min(r.essBulk, r.essTail) === least);
    worries.push(
      `${row?.name} has an effective sample size of ${least.toFixed(0)}, fewer than 100 for each chain: its figures are rough. Take more samples.`,
    );
  }
  const energies = ebfmi(chains.map((c) => c.statistics.energy));
  const low = Math.min(...energies);
  if (low < 0.3)
    worries.push(
      `The energy mixes slowly (E-BFMI ${low.toFixed(2)}, less than 0.3): tails may be missed. Reparametrise heavy-tailed parameters.`,
    );
  return worries.length === 0 ? "Nothing to worry about." : worries.join("\n");
}
