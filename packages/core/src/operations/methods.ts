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
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
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
export { astype } from "./creation.js";
export {
  abs,
  acos,
  asin,
  atan,
  ceil,
  cos,
  cosh,
  digamma,
  erf,
  erfc,
  erfinv,
  exp,
  expm1,
  floor,
  gelu,
  lgamma,
  log,
  log1p,
  logSigmoid,
  relu,
  round,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  softplus,
  sqrt,
  tan,
  tanh,
  trunc,
} from "./elementary.js";
export { diag, diagEmbed, diagonal, tril, triu } from "./diagonal.js";
export { dynamicSlice, dynamicUpdateSlice } from "./dynamicSlice.js";
export { at, oneHot, take, takeAlongAxis } from "./indexing.js";
export { repeat, split, arraySplit, tile, unstack } from "./joining.js";
export { cholesky, dot, eigh, matmul, matrixTranspose, outer } from "./linalg.js";
export {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  logSoftmax,
  logsumexp,
  max,
  mean,
  min,
  norm,
  softmax,
  std,
  sum,
  variance,
} from "./reduction.js";
export { pad } from "./padding.js";
export { kron, tensordot } from "./products.js";
export { putAlongAxis, scatterAdd, updateAt } from "./scatter.js";
export { bincount, digitize, histogram, unique } from "./sets.js";
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
