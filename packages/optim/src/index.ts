/** Optimisers as pure, differentiable functions, with and without gradients. */
export { type AdamOptions, type AdamState, type AdamWOptions, adam, adamw } from "./adam.js";
export { type ChainPart, chain } from "./chain.js";
export { clipByGlobalNorm, globalNorm } from "./clip.js";
export { type AskTell, type CmaesOptions, type CmaesState, cmaes } from "./cmaes.js";
export { type CosineOptions, cosine } from "./cosine.js";
export type { Hyper, Hyperparameter, Schedule } from "./hyper.js";
export { type MinimizeOptions, type Minimum, minimize } from "./minimize.js";
export {
  type Optimizer,
  type OptimizerStep,
  type ParamsLike,
  type Transform,
  type TransformStep,
  optimizer,
} from "./optimizer.js";
export { type MomentumOptions, type MomentumState, type SgdOptions, type SgdState, momentum, sgd } from "./sgd.js";
