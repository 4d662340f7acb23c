import type { Expression } from "../expression.js";
import type { MathFunction } from "./block.js";
export const erfinv: MathFunction = (block, x) => x as Expression;
