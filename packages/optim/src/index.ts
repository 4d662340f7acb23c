/** Optimisers as pure, differentiable functions, with and without gradients. */
export {
  type AdamOptions,
  type AdamState,
  type AdamWOptions,
  adam,
  adamw,
  addDecayedWeights,
  scaleByAdam,
} from "./adam.js";
export { chain } from "./chain.js";
export { clipByGlobalNorm, globalNorm } from "./clip.js";
export { type AskTell, type CmaesOptions, type CmaesState, cmaes } from "./cmaes.js";
export { type MinimizeOptions, type Minimum, minimize } from "./minimize.js";
export { type MomentumOptions, momentum, trace } from "./momentum.js";
export { type CosineOptions, type LearningRate, type Schedule, cosine } from "./schedule.js";
export { type CountState, type SgdOptions, scaleByLearningRate, sgd } from "./sgd.js";
export { type Hyper, type Optimizer, type Transform, optimizer } from "./transform.js";
