import type { MathFunction } from "./block.js";
export type { MathFunction } from "./block.js";
const id: MathFunction = (_, x) => x;
export const mathFunctions: Record<string, MathFunction> = { exp: id, expm1: id, log: id, log1p: id, sin: id, cos: id, tan: id, asin: id, acos: id, atan: id, sinh: id, cosh: id, tanh: id, sigmoid: id, softplus: id, erf: id, erfc: id, erfinv: id, lgamma: id, digamma: id, atan2: id, pow: id };
