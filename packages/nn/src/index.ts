/** Layers as values, losses and a training loop. */
export { dropout } from "./dropout.js";
export { type EmbeddingParams, embedding } from "./embedding.js";
export { type FitData, type FitOptions, type FitProgress, type FitResult, type FitRun, fit } from "./fit.js";
export { type Context, type Layer, layer } from "./layer.js";
export { type LayerNormParams, layerNorm } from "./layerNorm.js";
export { type LinearParams, linear } from "./linear.js";
export { crossEntropy, mse } from "./losses.js";
export { type Bound, type Children, type ParamsOf, module } from "./module.js";
export { type LstmState, type Recurrent, type RecurrentParams, gru, lstm } from "./recurrent.js";
