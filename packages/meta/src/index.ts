/** Differentiating through optimisation: inner problems, MAML, Sinkhorn, linear assignment and PermOptim. */
export { type Adjoint, type Inner, type InnerOptions, type InnerResult, type Unroll, inner, unroll } from "./inner.js";
export { type Maml, type Tasks, maml } from "./maml.js";
export { metaGrad } from "./metaGrad.js";
export { type SinkhornOptions, sinkhorn } from "./sinkhorn.js";
export { type Assignment, linearAssignment } from "./linearAssignment.js";
export { permutationCost, permutationCostGradient } from "./permutationCost.js";
export {
  type PermOptim,
  type PermOptimOptions,
  type PermOptimParams,
  type PermOptimResult,
  nearestPermutations,
  permOptim,
} from "./permOptim.js";
