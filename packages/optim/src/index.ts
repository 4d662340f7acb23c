/** Optimisers as pure, differentiable functions, with and without gradients. */
export { type AskTell, type CmaesOptions, type CmaesState, cmaes } from "./cmaes.js";
export { type MinimizeOptions, type Minimum, minimize } from "./minimize.js";
