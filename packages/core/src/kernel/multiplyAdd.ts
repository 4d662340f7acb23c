import { type DType, isFloat } from "../tensor/dtype.js";
import { type Expression, add, mul } from "./expression.js";

type MultiplyAdd = (a: number, b: number, c: number) => number;

/** Whether the sums of products are fused, rounding a * b + c once: see `init`. */
export const fma: {
  /** For what is compiled from now on. */
  asked: boolean;
  /** For what is being lowered. */
  on: boolean;
  /** On JS numbers; present where it was found that wasm can do it. */
  exact?: Readonly<Partial<Record<DType, MultiplyAdd>>>;
} = { asked: false, on: false };

/** Calls `lower` with fused multiply-adds, or without. */
export function lowerWith<T>(fused: boolean, lower: () => T): T {
  const before = fma.on;
  fma.on = fused;
  try {
    return lower();
  } finally {
    fma.on = before;
  }
}

/** One step of a product: sum + a * b. */
export const addProduct = (sum: Expression, a: Expression, b: Expression): Expression =>
  fma.on && isFloat(sum.dtype) ? { kind: "fma", dtype: sum.dtype, a, b, c: sum } : add(sum, mul(a, b));
