import type { MathFunction } from "./block.js";
import { erf, erfc } from "./errorFunction.js";
import { exp, expm1 } from "./exponential.js";
import { digamma, lgamma } from "./gamma.js";
import { cosh, sinh, tanh } from "./hyperbolic.js";
import { erfinv } from "./inverseErrorFunction.js";
import { acos, asin, atan, atan2 } from "./inverseTrigonometric.js";
import { log, log1p } from "./logarithm.js";
import { sigmoid, softplus } from "./logistic.js";
import { pow } from "./power.js";
import { cos, sin, tan } from "./trigonometric.js";

export type { Block, MathFunction } from "./block.js";

/**
 * The elementary and special functions, by name: built from exact IEEE operations only, so that their bits agree between
 * the interpreter, scalar wasm and SIMD wasm.
 */
export const mathFunctions: Readonly<Record<string, MathFunction>> = {
  exp,
  expm1,
  log,
  log1p,
  pow,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  tanh,
  sigmoid,
  softplus,
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
};
