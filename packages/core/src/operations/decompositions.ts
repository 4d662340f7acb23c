import { scan } from "../control/loops.js";
import { bind } from "../graph/trace.js";
import { broadcast, moveAxis, sum } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { iota } from "../primitives/iota.js";
import { matrixTranspose } from "../primitives/linalg.js";
import { luPrimitive, resized, triu, unitLower } from "../primitives/lu.js";
import { qrPrimitive } from "../primitives/qr.js";
import { svdPrimitive } from "../primitives/svd.js";
import { describe, range, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { mul, sub } from "./arithmetic.js";
import { oneHot } from "./indexing.js";
import { identity, matmul, matrices } from "./linalg.js";
import { checkTensor } from "./promote.js";
import { concat, split } from "./joining.js";
import { expandDims, squeeze } from "./shape.js";

export interface LuFactors {
  /** U on and above the diagonal, L below it (its diagonal is 1), [..., m, n]. */
  readonly lu: Tensor;
  /** The row exchanged with row j in step j, i32 [..., min(m, n)], counted from 0. */
  readonly pivots: Tensor;
  /** The order of the rows, i32 [..., m]: row i of L U is row permutation[i] of x. */
  readonly permutation: Tensor;
}
/** The packed factors of x [..., m, n] by Gaussian elimination with partial pivoting, for `luSolve`. Derivatives go through `lu`. */
export function luFactor(x: Tensor): LuFactors {
  const [lu, pivots, permutation] = bind(luPrimitive, [matrices("luFactor", x)], { complete: false });
  return { lu, pivots, permutation };
}
/** x = p l u: p a permutation [..., m, m], l unit lower triangular [..., m, k], u upper triangular [..., k, n], k = min(m, n). */
export function lu(x: Tensor): { p: Tensor; l: Tensor; u: Tensor } {
  const [packed, , permutation] = bind(luPrimitive, [matrices("lu", x)], { complete: false });
  return luUnpack(packed, permutation);
}
/** The three factors of packed ones; see `lu`. */
export function luUnpack(packed: Tensor, permutation: Tensor): { p: Tensor; l: Tensor; u: Tensor } {
  const x = matrices("luUnpack", packed);
  checkTensor("luUnpack", "permutation", permutation);
  if (permutation.dtype !== "i32")
    throw new TypeError(`luUnpack: permutation is ${describe(permutation)}, expected i32 from luFactor.`);
  const [m, n] = x.shape.slice(-2);
  const k = Math.min(m, n);
  return {
    p: matrixTranspose(oneHot(permutation, m, x.dtype)),
    l: unitLower(x, k),
    u: triu(resized(x, k, n)),
  };
}
/** The order of `size` rows that results from exchanging row j with row pivots[..., j], for j = 0, 1, ... */
export function pivotsToPermutation(pivots: Tensor, size: number): Tensor {
  checkTensor("pivotsToPermutation", "pivots", pivots);
  if (pivots.ndim === 0 || pivots.dtype !== "i32" || !Number.isInteger(size) || size < 0)
    throw new RangeError(
      `pivotsToPermutation: pivots are ${describe(pivots)} and size is ${String(size)}, expected i32 [..., k] from luFactor and the number of rows.`,
    );
  const k = pivots.ndim - 1;
  const rows = { shape: [...pivots.shape.slice(0, -1), size], dtype: "i32" } as const;
  const position = iota("i32", rows.shape, k);
  const all = (x: Tensor): Tensor => broadcast(x, rows.shape, range(k));
  const [order] = scan(
    (now: Tensor, step: { pivot: Tensor; row: Tensor }) => {
      const here = choose("eq", position, broadcast(step.row, rows.shape, []));
      const there = choose("eq", position, all(step.pivot));
      const entry = (mask: Tensor): Tensor => all(sum(select(mask, now, mul(now, 0)), [k]));
      return [select(here, entry(there), select(there, entry(here), now)), undefined];
    },
    position,
    { pivot: moveAxis(convert(pivots, "i32"), k, 0), row: iota("i32", [pivots.shape[k]], 0) },
  );
  return order;
}

/**
 * x = q r for x [..., m, n] by Householder reflections: q [..., m, k] with orthonormal columns, r [..., k, n] upper triangular,
 * k = min(m, n). `mode` "complete" gives q [..., m, m] and r [..., m, n]; that of a tall matrix has no derivative (an error).
 * Signs are LAPACK's: the diagonal of r may be negative.
 */
export function qr(x: Tensor, options: { readonly mode?: "reduced" | "complete" } = {}): { q: Tensor; r: Tensor } {
  const { mode = "reduced" } = options;
  if (mode !== "reduced" && mode !== "complete")
    throw new RangeError(`qr: mode is ${String(mode)}, expected "reduced" or "complete".`);
  const [q, r] = bind(qrPrimitive, [matrices("qr", x)], { complete: mode === "complete" });
  return { q, r };
}

/**
 * x = u diag(s) vt for x [..., m, n]: s [..., k] descending, u [..., m, k] and vt [..., k, n] orthonormal, k = min(m, n).
 * `fullMatrices` gives u [..., m, m] and vt [..., n, n]; the added columns have no derivative (an error).
 * Signs are free, and so are the vectors of equal singular values; derivatives are right for what depends on neither.
 */
export function svd(
  x: Tensor,
  options: { readonly fullMatrices?: boolean } = {},
): { u: Tensor; s: Tensor; vt: Tensor } {
  const t = matrices("svd", x);
  const [m, n] = t.shape.slice(-2);
  const [left, s, right] = bind(svdPrimitive, [m < n ? matrixTranspose(t) : t], {});
  const full = options.fullMatrices === true && m !== n ? completed(left) : left;
  return m < n ? { u: right, s, vt: matrixTranspose(full) } : { u: full, s, vt: matrixTranspose(right) };
}
/** Orthonormal columns and those that complete them to a basis: the last ones of a complete QR. */
function completed(q: Tensor): Tensor {
  const [basis] = bind(qrPrimitive, [q], { complete: true });
  return concat([q, split(basis, [q.shape[q.ndim - 1]], -1)[1]], -1);
}
/** Singular values of x [..., m, n], descending, [..., min(m, n)]. */
export function svdvals(x: Tensor): Tensor {
  return svd(matrices("svdvals", x)).s;
}

/**
 * H_1 H_2 ... H_k, its first n columns, with H_j = 1 - tau_j v_j v_j^T for the columns v of x [..., m, n] below the diagonal (1 on it, 0 above)
 * and tau [..., k], k <= n <= m: the Q of LAPACK's geqrf.
 */
export function householderProduct(x: Tensor, tau: Tensor): Tensor {
  const t = matrices("householderProduct", x);
  checkTensor("householderProduct", "tau", tau);
  const [m, n] = t.shape.slice(-2);
  const k = tau.shape[tau.ndim - 1];
  if (m < n || k > n || !sameShape(tau.shape.slice(0, -1), t.shape.slice(0, -2)))
    throw new RangeError(
      `householderProduct: x is ${describe(x)} and tau ${describe(tau)}, expected [..., m, n] and [..., k] with k <= n <= m.`,
    );
  const vectors = resized(unitLower(t, n), m, k);
  const axis = t.ndim - 1;
  const [q] = scan(
    (now: Tensor, { v, weight }: { v: Tensor; weight: Tensor }) => {
      const row = mul(expandDims(weight, -1), squeeze(matmul(expandDims(v, -2), now), -2));
      return [sub(now, mul(expandDims(v, -1), expandDims(row, -2))), undefined];
    },
    identity(t),
    { v: moveAxis(vectors, axis, 0), weight: moveAxis(convert(tau, t.dtype), axis - 1, 0) },
    { reverse: true },
  );
  return q;
}
