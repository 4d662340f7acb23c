/*
 * The elementary and special functions: built from exact IEEE operations only, so that their bits agree between
 * the interpreter, scalar wasm and SIMD wasm. Each states the largest error found: for f64 at millions of random
 * arguments, many near thresholds and zeros, against 113-bit arithmetic and MPFR; for f32 at every 13th float (pow and atan2: 30 million
 * random pairs) against double precision. The operations counted are those of
 * the kernel language, comparisons and selections included.
 */
export type { Block, MathFunction } from "./block.js";
export { i0e, i1e } from "./bessel.js";
export { erf, erfc, erfcx, logNdtr, ndtr } from "./errorFunction.js";
export { exp, exp2, expm1 } from "./exponential.js";
export { digamma, gamma, lgamma } from "./gamma.js";
export { cosh, sinh, tanh } from "./hyperbolic.js";
export { erfinv, ndtri } from "./inverseErrorFunction.js";
export { acosh, asinh, atanh } from "./inverseHyperbolic.js";
export { acos, asin, atan, atan2 } from "./inverseTrigonometric.js";
export { log, log1p, log1pMinus } from "./logarithm.js";
export { log10, log2 } from "./logarithmBases.js";
export { sigmoid, softplus } from "./logistic.js";
export { pow } from "./power.js";
export { cbrt, hypot } from "./roots.js";
export { cos, sin, tan } from "./trigonometric.js";
