/**
 * Operations as functions, without installing anything: what a bundler can pick from. The root module adds the methods and the
 * backend that runs them.
 */
export * from "./methods.js";
export { where } from "./arithmetic.js";
export {
  type TensorData,
  type TensorOptions,
  arange,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from "./creation.js";
export { atan2, logaddexp } from "./elementary.js";
export { type SliceSpec, scatterAdd } from "./indexing.js";
export { solvePositive, triangularSolve } from "./linalg.js";
export type { TensorLike } from "./promote.js";
export type { Axes, ReductionOptions } from "./reduction.js";
export { concat, stack } from "./shape.js";
export { ravelTree } from "./tree.js";
export * as random from "./random.js";
export * as safetensors from "./safetensors.js";
export * as tree from "./tree.js";
export { stopGradient } from "../primitives/conversion.js";
