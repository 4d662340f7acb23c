/**
 * Operations as functions, without installing anything: what a bundler can pick from. The root module adds the methods and the
 * backend that runs them.
 */
export * from "./methods.js";
export { where } from "./arithmetic.js";
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  conv1d,
  conv2d,
  conv3d,
  convTranspose,
} from "./convolution.js";
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
// Not a method: a tracer has a trace of its own.
export { type DiagonalOptions, trace } from "./diagonal.js";
export type { Starts } from "./dynamicSlice.js";
export { einsum } from "./einsum.js";
export type { IndexSpec } from "./indexExpression.js";
export type { TakeOptions } from "./indexing.js";
export { columnStack, concat, dstack, hstack, meshgrid, stack, vstack } from "./joining.js";
export { type CumulativeOptions, linearRecurrence } from "./cumulative.js";
export { type GradientOptions, type TrapezoidOptions, gradient, interp } from "./differences.js";
export type { CloseOptions } from "./floatingPoint.js";
export type { CovarianceOptions, QuantileMethod, QuantileOptions } from "./statistics.js";
export { type LuFactors, householderProduct, luFactor, luUnpack, pivotsToPermutation } from "./decompositions.js";
export { type TriangularOptions, choleskyInverse, choleskySolve, solvePositive, triangularSolve } from "./linalg.js";
export { multiDot, tensorinv, tensorsolve } from "./matrixFunctions.js";
export { type MatrixOrder, cdist } from "./norms.js";
export { type LeastSquares, conditionNumber, lstsq, luSolve } from "./solve.js";
export type { TensorLike } from "./promote.js";
export type { Axes, ReductionOptions } from "./reduction.js";
export {
  type AvgPoolOptions,
  type PoolOptions,
  adaptiveAvgPool,
  adaptiveMaxPool,
  adaptiveMaxPoolWithIndices,
  avgPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
} from "./pooling.js";
export { type GridSampleOptions, gridSample } from "./gridSample.js";
export { type ResizeOptions, resize } from "./resize.js";
export { type SlidingWindowOptions, fold, slidingWindowView, unfold } from "./slidingWindow.js";
export type { Padding, PerAxis, WindowOptions } from "./spatial.js";
export type { PadMode, PadOptions, PadWidths } from "./padding.js";
export { vander } from "./products.js";
export type { UpdateMode, UpdateOptions } from "./scatter.js";
export { type SegmentOptions, segmentMax, segmentMean, segmentMin, segmentProd, segmentSum } from "./segments.js";
export { type Histogram, type Unique, bincount, digitize, histogram, nonzero, unique } from "./sets.js";
export { broadcastArrays, broadcastShapes } from "./shape.js";
export { type Ranked, type SortOptions, lexsort, searchsorted } from "./sorting.js";
export {
  beta,
  betainc,
  betaln,
  entr,
  erfcinv,
  erfcx,
  expit,
  gamma,
  gammainc,
  gammaincc,
  gammasgn,
  i0,
  i0e,
  i1,
  i1e,
  klDiv,
  log1mexp,
  logNdtr,
  logit,
  multigammaln,
  ndtr,
  ndtri,
  polygamma,
  relEntr,
  sinc,
  xlog1py,
  xlogy,
  zeta,
} from "./special.js";
export { ravelTree } from "./tree.js";
export * as fft from "./fft.js";
export * as random from "./random/index.js";
export * as safetensors from "./safetensors.js";
export * as tree from "./tree.js";
export { stopGradient } from "../primitives/conversion.js";
