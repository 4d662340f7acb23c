import { like, mul as mulRaw } from "../primitives/basis.js";
import { choose } from "../primitives/comparison.js";
import { describe, normalizeAxes, normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { equal, logicalAnd, notEqual, pow, sub, where } from "./arithmetic.js";
import { svdvals } from "./decompositions.js";
import { abs, sqrt } from "./elementary.js";
import { checkTensor, toFloat } from "./promote.js";
import { type Axes, type ReductionOptions, any, max, min, sum } from "./reduction.js";
import { expandDims, moveAxis, reshape } from "./shape.js";

/* Norms of vectors and matrices. Where they have a kink at 0, the derivative there is 0, not NaN. */

/** "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity: see `matrixNorm`. */
export type MatrixOrder = number | "fro" | "nuc";

/**
 * Length of vectors over `axes` (default all): (sum |x|^ord)^(1/ord) for any number `ord` (default 2), the largest |x| for Infinity, the
 * smallest for -Infinity, and the count of non-zeros for 0.
 */
export function vectorNorm(
  x: Tensor,
  options: ReductionOptions & { readonly ord?: number; readonly axes?: Axes } = {},
): Tensor {
  return measured("vectorNorm", x, options);
}
function measured(
  name: string,
  x: Tensor,
  options: ReductionOptions & { readonly ord?: number; readonly axes?: Axes },
): Tensor {
  const t = toFloat(name, x);
  const { ord = 2 } = options;
  const axes = normalizeAxes(name, options.axes, t.ndim);
  if (typeof ord !== "number" || Number.isNaN(ord))
    throw new RangeError(`${name}: ord is ${String(ord)}, expected a number. Use matrixNorm for "fro" and "nuc".`);
  if (ord === 1) return sum(abs(t), axes, options);
  if (ord === Infinity) return max(abs(t), axes, options);
  if (ord === -Infinity) return min(abs(t), axes, options);
  const given = notEqual(t, 0);
  if (ord === 0) return sum(where(given, like(t, 1), 0), axes, options);
  if (ord === 2) {
    const squares = sum(mulRaw(t, t), axes, options);
    const some = notEqual(squares, 0);
    return where(some, sqrt(where(some, squares, 1)), 0);
  }
  const total = sum(where(given, pow(where(given, abs(t), 1), ord), 0), axes, options);
  // A zero to a negative power is infinite, which makes the norm 0.
  const positive = notEqual(total, 0);
  const some = ord > 0 ? positive : logicalAnd(positive, choose("not", any(equal(t, 0), axes, options)));
  return where(some, pow(where(some, total, 1), 1 / ord), 0);
}

/**
 * Norm of the matrices in two axes (default the last two): "fro" (default) the root of the sum of squares, "nuc" the sum of singular values, 2 and
 * -2 the largest and smallest of them, 1 and -1 the largest and smallest sum of |x| over a column, Infinity and -Infinity over a row.
 */
export function matrixNorm(
  x: Tensor,
  options: ReductionOptions & { readonly ord?: MatrixOrder; readonly axes?: readonly [number, number] } = {},
): Tensor {
  const t = toFloat("matrixNorm", x);
  const { ord = "fro", axes = [-2, -1], keepDims = false } = options;
  normalizeAxes("matrixNorm", axes, t.ndim);
  const [row, column] = axes.map((a) => normalizeAxis("matrixNorm", a, t.ndim));
  if (axes.length !== 2)
    throw new RangeError(
      `matrixNorm: axes are [${axes.join(", ")}] of ${describe(t)}, expected two. Use vectorNorm for others.`,
    );
  const finish = (y: Tensor): Tensor =>
    keepDims
      ? reshape(
          y,
          t.shape.map((n, i) => (i === row || i === column ? 1 : n)),
        )
      : y;
  if (ord === "fro") return vectorNorm(t, { axes, keepDims });
  if (Math.abs(Number(ord)) === 1 || Math.abs(Number(ord)) === Infinity) {
    const across = Math.abs(Number(ord)) === 1;
    const sums = sum(abs(t), across ? row : column, { keepDims: true });
    return finish((Number(ord) > 0 ? max : min)(sums, [row, column]));
  }
  if (ord !== "nuc" && ord !== 2 && ord !== -2)
    throw new RangeError(
      `matrixNorm: ord is ${String(ord)}, expected "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity.`,
    );
  const front = moveAxis(moveAxis(t, row, 0), column > row ? column : column + 1, 1);
  const s = svdvals(moveAxis(moveAxis(front, 0, -1), 0, -1));
  return finish((ord === "nuc" ? sum : ord === 2 ? max : min)(s, -1));
}

/**
 * Length of vectors over `axes` (default all) as `vectorNorm`; "fro" and "nuc" are norms of the matrices in the last two axes, or in the
 * two that `axes` names.
 */
export function norm(
  x: Tensor,
  options: ReductionOptions & { readonly ord?: number | "fro" | "nuc"; readonly axes?: Axes } = {},
): Tensor {
  const { ord, axes, keepDims } = options;
  checkTensor("norm", "x", x);
  if (ord !== "fro" && ord !== "nuc") return measured("norm", x, { ...options, ord: ord ?? 2 });
  const [row, column] = normalizeAxes("norm", axes ?? [-2, -1], x.ndim);
  return matrixNorm(x, { ord, axes: [row, column], keepDims: keepDims ?? false });
}

/** Distances [..., n, m] between the rows of x [..., n, d] and those of y [..., m, d], in the norm `ord` of `vectorNorm`. */
export function cdist(x: Tensor, y: Tensor, ord = 2): Tensor {
  checkTensor("cdist", "x", x);
  checkTensor("cdist", "y", y);
  if (x.ndim < 2 || y.ndim < 2)
    throw new RangeError(
      `cdist: got ${describe(x)} and ${describe(y)}, expected rows of vectors, [..., n, d] and [..., m, d].`,
    );
  return measured("cdist", sub(expandDims(x, -2), expandDims(y, -3)), { ord, axes: -1 });
}
