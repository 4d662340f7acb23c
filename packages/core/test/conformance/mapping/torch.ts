import { type Tensor, abs, equal, max, min, norm, notEqual, pow, sum, where } from "../../../src/index.js";
import type { Arguments, Keywords, Value } from "./mapping.js";

/* How PyTorch's calls name what ours name otherwise: arguments of reductions, scalars that have an axis 0, dtypes. */

/** `dim` as our axes: none or an empty list is all of them; a scalar lets itself be reduced along axis 0. */
export const axesOf = (x: Tensor, dim: Value): number | number[] | undefined =>
  x.ndim === 0 ? [] : dim === null || dim === undefined || (Array.isArray(dim) && dim.length === 0) ? undefined : dim;

/** dim and keepdim, given by position or by name. */
export const reductionOf = (
  x: Tensor,
  args: Arguments,
  kwargs: Keywords,
): { axes: number | number[] | undefined; options: { keepDims: boolean } } => ({
  axes: axesOf(x, args[0] ?? kwargs.dim),
  options: { keepDims: (args[1] ?? kwargs.keepdim) === true },
});

/** A scalar is taken for a vector of one where an axis is named. */
export const asVector = (x: Tensor, f: (x: Tensor) => Tensor): Tensor =>
  x.ndim === 0 ? f(x.reshape([1])).reshape([]) : f(x);

const dtypes: Record<string, "f32" | "f64" | "i32" | "bool"> = {
  "torch.float64": "f64",
  "torch.float32": "f32",
  "torch.int64": "i32",
  "torch.int32": "i32",
  "torch.bool": "bool",
};
export const cast = (x: Tensor, dtype: Value): Tensor => (dtype in dtypes ? x.astype(dtypes[dtype]) : x);

/** (sum |x|^p)^(1/p) with its limits p = 0 (a count) and infinity; derivative 0 where the norm is 0. */
export function pNorm(x: Tensor, p: number, axes?: number | number[], options: { keepDims?: boolean } = {}): Tensor {
  if (p === 0) return where(equal(x, 0), 0, x.mul(0).add(1)).sum(axes, options);
  if (p === Infinity) return max(abs(x), axes, options);
  if (p === -Infinity) return min(abs(x), axes, options);
  if (p === 1) return sum(abs(x), axes, options);
  if (p === 2) return norm(x, { ...options, ...(axes === undefined ? {} : { axes }) });
  const some = notEqual(x, 0);
  const powers = where(some, pow(abs(where(some, x, 1)), p), p > 0 ? 0 : Infinity);
  const total = sum(powers, axes, options);
  const positive = notEqual(total, 0);
  return where(positive, pow(where(positive, total, 1), 1 / p), 0);
}

/** The last step of a loss. */
export const reduced = (x: Tensor, reduction: Value): Tensor =>
  reduction === "none" ? x : reduction === "sum" ? x.sum() : x.mean();

/** Gradients were recorded for the first float tensors only. */
export const leading = ({ gradients }: { gradients: number }): number[] =>
  Array.from({ length: gradients }, (_, i) => i);
