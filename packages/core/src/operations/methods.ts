/*
 * Every export of this module is also a method of Tensor: `f(x, ...rest)` and `x.f(...rest)` are the same. Adding a name
 * here is all it takes.
 */
export {
  add,
  clip,
  div,
  equal,
  floorDivide,
  greater,
  greaterEqual,
  isFinite,
  isInf,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  rem,
  square,
  sub,
} from "./arithmetic.js";
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softShrink,
  softSign,
  softmax,
  softmin,
  softplus,
  squareplus,
  standardize,
  swish,
  tanhShrink,
  threshold,
} from "./activations.js";
export { bitwiseAnd, bitwiseNot, bitwiseOr, bitwiseXor, leftShift, rightShift } from "./bitwise.js";
export { cumargmax, cumargmin, cumlogsumexp, cummax, cummin, cumprod, cumsum } from "./cumulative.js";
export { cumulativeTrapezoid, diff, trapezoid } from "./differences.js";
export { divmod, fmod, mod, remainder } from "./division.js";
export {
  allClose,
  copysign,
  fmax,
  fmin,
  frexp,
  heaviside,
  isClose,
  ldexp,
  nanToNum,
  signbit,
} from "./floatingPoint.js";
export { nanargmax, nanargmin, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar } from "./nanReductions.js";
export { average, corrcoef, cov, median, nanmedian, nanquantile, percentile, quantile } from "./statistics.js";
export { astype } from "./creation.js";
export {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  ceil,
  cos,
  cosh,
  deg2rad,
  digamma,
  erf,
  erfc,
  erfinv,
  exp,
  exp2,
  expm1,
  floatPower,
  floor,
  frac,
  hypot,
  lerp,
  lgamma,
  log,
  log10,
  log1p,
  log2,
  logaddexp,
  logaddexp2,
  rad2deg,
  rint,
  round,
  rsqrt,
  sign,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  trunc,
} from "./elementary.js";
export { diag, diagEmbed, diagonal, tril, triu } from "./diagonal.js";
export { dynamicSlice, dynamicUpdateSlice } from "./dynamicSlice.js";
export { at, oneHot, take, takeAlongAxis } from "./indexing.js";
export { repeat, split, arraySplit, tile, unstack } from "./joining.js";
export { lu, qr, svd, svdvals } from "./decompositions.js";
export { cholesky, dot, eigh, eigvalsh, matmul, matrixTranspose, outer } from "./linalg.js";
export { cross, expm, inner, matrixPower, vecdot } from "./matrixFunctions.js";
export { matrixNorm, norm, vectorNorm } from "./norms.js";
export { det, inv, logdet, matrixRank, pinv, slogdet, solve } from "./solve.js";
export {
  all,
  any,
  argmax,
  argmin,
  countNonzero,
  logsumexp,
  max,
  mean,
  min,
  prod,
  ptp,
  std,
  sum,
  variance,
} from "./reduction.js";
export { pad } from "./padding.js";
export { kron, tensordot } from "./products.js";
export { putAlongAxis, scatterAdd, updateAt } from "./scatter.js";
export {
  atLeast1d,
  atLeast2d,
  atLeast3d,
  broadcastTo,
  expandDims,
  flatten,
  flip,
  moveAxis,
  ravel,
  reshape,
  roll,
  rot90,
  squeeze,
  swapAxes,
  transpose,
} from "./shape.js";
export { argsort, kthValue, sort, topK } from "./sorting.js";
