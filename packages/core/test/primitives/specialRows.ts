import type { Row } from "./table.js";

const unary = (primitive: string, low: number, high: number): Row => ({
  primitive,
  inputs: [{ shape: [2, 7], values: [low, high] }],
  varies: [0],
});

export const specialRows: readonly Row[] = [
  unary("gamma", 0.7, 4),
  unary("gamma", -1.8, -1.2),
  unary("erfcx", -1.5, 1.5),
  unary("ndtr", -3, 3),
  unary("logNdtr", -4, 3),
  unary("ndtri", 0.05, 0.95),
  unary("i0e", 0.5, 6),
  unary("i0e", -6, -0.5),
  unary("i1e", 0.5, 6),
  unary("i1e", -6, -0.5),
  unary("log1pMinus", -0.6, 3),
];
