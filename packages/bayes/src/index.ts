/** Distributions, a typed model language, NUTS and its diagnostics. */
export * from "./constraints/index.js";
export * from "./distributions/index.js";
export {
  type BoundModel,
  type LogDensity,
  type Model,
  type ModelOptions,
  type ModelScope,
  type ParamOptions,
  type Unconstrained,
  model,
} from "./model.js";
export type { Expectation, Posterior } from "./posterior.js";
export { type SampleOptions, sample } from "./sample.js";
export { flatDensity } from "./flatDensity.js";
export { ebfmi } from "./diagnostics/ebfmi.js";
export { essBulk, essMean, essQuantile, essSd, essTail } from "./diagnostics/ess.js";
export { mcseMean, mcseQuantile, mcseSd } from "./diagnostics/mcse.js";
export { rhat } from "./diagnostics/rhat.js";
export { type SummaryRow, type SummaryTable, summarize } from "./diagnostics/table.js";
export { type Chain, type ChainProgress, type DrawStatistics, runChain } from "./sampler/chain.js";
export type { FlatDensity } from "./sampler/density.js";
export type { ChainOptions } from "./sampler/options.js";
export type { RandomSource } from "./sampler/source.js";
export { threefrySource } from "./sampler/threefrySource.js";
