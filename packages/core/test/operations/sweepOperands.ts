import * as api from "../../src/index.js";
import { type Tensor, tensor } from "../../src/index.js";
import { type DType, isFloat } from "../../src/tensor/dtype.js";
import type { Domain, ResultDType, Row } from "./sweepTable.js";

/** Numbers without pattern, different for every operand. */
const noise = (i: number, seed: number): number => (Math.sin(i * 12.9898 + seed * 78.233 + 1) * 43758.5453) % 1;

export function operand(domain: Domain, shape: readonly number[], dtype: DType, seed: number): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const fill = (f: (i: number) => number, to: DType = dtype): Tensor =>
    tensor(
      Float64Array.from({ length: n }, (_, i) => f(i)),
      { shape, dtype: "f64" },
    ).astype(to);
  const at = (i: number): number => Math.abs(noise(i, seed));
  if (domain === "index") return fill((i) => (i * 7 + seed) % 3, "i32");
  if (domain === "mask") return fill((i) => (i + seed) % 2, "bool");
  if (domain === "spd" || domain === "square") {
    const k = shape[0];
    const m = fill((i) => noise(i, seed) + (i % (k + 1) === 0 ? 1.5 : 0), "f64");
    return (
      domain === "square" ? m : m.matmul(m.T).add(api.eye(k, k, "f64").mul(tensor([1, 2, 3], { dtype: "f64" })))
    ).astype(dtype);
  }
  if (!isFloat(dtype))
    return fill((i) =>
      domain === "any" && dtype === "i32"
        ? Math.floor(at(i) * 7) - 3
        : domain === "any"
          ? Math.floor(at(i) * 5)
          : 1 + Math.floor(at(i) * 3),
    );
  // Distances from whole and half numbers keep away from kinks and steps.
  if (domain === "any") return fill((i) => noise(i, seed) * 2.2);
  return fill((i) => (domain === "unit" ? 0.1 + 0.8 * at(i) : 0.4 + 1.5 * at(i)));
}
export const operandsOf = (row: Row, dtype: DType, seed: number): Tensor[] =>
  row.operands.map(([domain, ...shape], k) => operand(domain, shape, dtype, seed * 10 + k));
const outputs = (y: unknown): Tensor[] => api.tree.leaves(y);
/** The operation, with its outputs as a list. */
export const all =
  (row: Row) =>
  (...xs: Tensor[]): Tensor[] =>
    outputs(row.call(...xs));
export const resultOf = (rule: ResultDType, dtype: DType): DType =>
  rule === "bool" || rule === "i32"
    ? rule
    : rule === "float" && !isFloat(dtype)
      ? "f32"
      : rule === "count" && dtype === "bool"
        ? "i32"
        : dtype;
