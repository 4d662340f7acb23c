/** Neural network layers as values, losses and a training loop. */
export { dropout } from "./dropout.js";
export { type EmbeddingParams, embedding } from "./embedding.js";
export {
  type FitData,
  type FitOptions,
  type FitProgress,
  type FitResult,
  type FitRun,
  type InputsOf,
  fit,
} from "./fit.js";
export {
  type AnyLayer,
  type BoundLayer,
  type ContextLayer,
  type ContextLayerDefinition,
  type InitOptions,
  type Layer,
  type LayerValue,
  contextLayer,
  layer,
} from "./layer.js";
export { type LayerNormOptions, type LayerNormParams, layerNorm } from "./layerNorm.js";
export { type LinearParams, linear } from "./linear.js";
export { type CrossEntropyOptions, crossEntropy, mse } from "./losses.js";
export { type BoundOf, type Children, type Module, type ParamsOf, type StateOf, module } from "./module.js";
export {
  type BoundRecurrent,
  type LstmState,
  type Recurrent,
  type RecurrentParams,
  type RecurrentRun,
  gru,
  lstm,
} from "./recurrent.js";
export type { ApplyContext, Scope } from "./scope.js";
export { gelu, relu, sigmoid, silu, softplus, tanh } from "@cotangent/core";
