import { bind, bind1 } from "../graph/trace.js";
import { like, reshape } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert, stopGradient } from "../primitives/conversion.js";
import { eighPrimitive } from "../primitives/eigh.js";
import { lowerMask, matrixTranspose } from "../primitives/linalg.js";
import { luPrimitive, luSolvePrimitive, pinvPrimitive, substitute, takeRows } from "../primitives/lu.js";
import { epsilon } from "../primitives/matrixKernel.js";
import { reduceMax } from "../primitives/reduce.js";
import { slice } from "../primitives/shape.js";
import { diagonalOf, reciprocalOrZero } from "../primitives/svd.js";
import { broadcastShapes, describe, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, div, greater, less, mul, notEqual, square as squared, sub, where } from "./arithmetic.js";
import { full } from "./creation.js";
import { type LuFactors, svd } from "./decompositions.js";
import { abs, log, sign } from "./elementary.js";
import { identity, matmul, matrices, square } from "./linalg.js";
import { type MatrixOrder, matrixNorm } from "./norms.js";
import { type TensorLike, broadcastTo, checkTensor, promote } from "./promote.js";
import { all, prod, sum } from "./reduction.js";
import { expandDims, squeeze } from "./shape.js";

/* Linear systems, determinants, inverses and pseudo-inverses. Compiled and eager, a singular matrix gives infinities and NaN. */

/** Calls `run` with a and b [..., n, m] of one batch; a vector b is one column. */
function withColumns(name: string, a: Tensor, b: Tensor, run: (a: Tensor, b: Tensor) => Tensor): Tensor {
  checkTensor(name, "b", b);
  const [x, y] = promote(name, [matrices(name, a), b]);
  if (y.ndim === 1) return squeeze(withColumns(name, x, expandDims(y, -1), run), -1);
  const rows = x.shape[x.ndim - 2];
  const batch = y.ndim < 2 ? undefined : broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (batch === undefined || y.shape[y.ndim - 2] !== rows)
    throw new RangeError(
      `${name}: a is ${describe(x)} and b ${describe(y)}, expected b of shape [..., ${rows}, m] with batch axes that broadcast. Give stacked vectors a last axis with expandDims.`,
    );
  const to = (t: Tensor): Tensor => broadcastTo(t, [...batch, ...t.shape.slice(-2)]);
  return run(to(x), to(y));
}
/** a^-1 b with the factors of a kept for the derivatives. */
function factored(a: Tensor, b: Tensor): Tensor {
  const [packed, , rows] = bind(luPrimitive, [stopGradient(a)], { complete: false });
  return bind1(luSolvePrimitive, [a, packed, rows, b], { transposed: false });
}

/**
 * x with a x = b, by LU with partial pivoting: a [..., n, n], b [..., n, m], or [n] for one vector; batch axes broadcast.
 *
 * @throws when shapes do not fit.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  return withColumns("solve", square("solve", a), b, factored);
}
/** x with a x = b, or a^T x = b if `transposed`, from the factors of `a` (see `luFactor`); derivatives go to the factors. */
export function luSolve(
  factors: Pick<LuFactors, "lu" | "permutation">,
  b: Tensor,
  options: { readonly transposed?: boolean } = {},
): Tensor {
  checkTensor("luSolve", "factors.permutation", (factors as typeof factors | undefined)?.permutation);
  const n = square("luSolve", factors.lu).ndim - 2;
  return withColumns("luSolve", factors.lu, b, (packed, y) =>
    substitute(
      packed,
      broadcastTo(factors.permutation, [...packed.shape.slice(0, -2), factors.permutation.shape[n]]),
      y,
      options.transposed ?? false,
    ),
  );
}
/** The inverse of x [..., n, n]. To solve a system use `solve`: it is faster and more accurate. */
export function inv(x: Tensor): Tensor {
  const t = square("inv", x);
  return factored(t, identity(t));
}

/** 1 or -1 for an even or odd permutation [..., n], by counting the pairs that are out of order. */
function parity(order: Tensor, of: Tensor): Tensor {
  const axis = order.ndim - 1;
  const shape = [...order.shape, order.shape[axis]];
  const [row, column] = [broadcastTo(expandDims(order, -1), shape), broadcastTo(expandDims(order, -2), shape)];
  // Of the pairs i > j those with order[i] < order[j].
  const count = sum(choose("and", choose("lt", row, column), lowerMask({ shape, dtype: "bool" }, 1)), [-2, -1]);
  return convert(sub(1, mul(2, choose("and", count, like(count, 1)))), of.dtype);
}
/** The determinant of matrices with their LU factors. */
const pivotProduct = (packed: Tensor, rows: Tensor): Tensor => mul(parity(rows, packed), prod(diagonalOf(packed), -1));
/** Rows r ... and columns c ... of matrices, up to h x w of them. */
const block = (x: Tensor, r: number, c: number, h: number, w: number): Tensor => {
  const batch = x.shape.slice(0, -2);
  return slice(x, [...batch.map(() => 0), r, c], [...batch, r + h, c + w]);
};
/** The determinant of 1 x 1 to 3 x 3 matrices, written out. */
function expanded(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1];
  const e = (i: number, j: number): Tensor => squeeze(block(x, i, j, 1, 1), [-2, -1]);
  const two = (i: number, j: number): Tensor => sub(mul(e(n - 2, i), e(n - 1, j)), mul(e(n - 2, j), e(n - 1, i)));
  if (n === 1) return e(0, 0);
  if (n === 2) return two(0, 1);
  return add(sub(mul(e(0, 0), two(1, 2)), mul(e(0, 1), two(0, 2))), mul(e(0, 2), two(0, 1)));
}

/**
 * The determinant of x [..., n, n]; 1 where n = 0. Its derivatives, to third order, are right for singular matrices too: complete
 * pivoting puts the last, perhaps vanishing, pivots into a 3 x 3 Schur complement, whose determinant is a polynomial.
 */
export function det(x: Tensor): Tensor {
  const t = square("det", x);
  const n = t.shape[t.ndim - 1];
  const batch = t.shape.slice(0, -2);
  if (n === 0) return full(batch, 1, t.dtype);
  const [packed, , rows, columns] = bind(luPrimitive, [stopGradient(t)], { complete: true });
  const ordered = matrixTranspose(takeRows(matrixTranspose(takeRows(t, rows)), columns));
  const sign = mul(parity(rows, t), parity(columns, t));
  const k = Math.min(3, n);
  const h = n - k;
  if (h === 0) return mul(sign, expanded(ordered));
  // Pivots that are zero already here: the determinant vanishes together with its first three derivatives.
  const alive = all(notEqual(slice(diagonalOf(packed), [...batch.map(() => 0), 0], [...batch, h]), 0), -1);
  const head = block(ordered, 0, 0, h, h);
  const a = where(expandDims(expandDims(alive, -1), -1), head, identity(head));
  const [factors, , order] = bind(luPrimitive, [a], { complete: false });
  const right = bind1(luSolvePrimitive, [a, stopGradient(factors), order, block(ordered, 0, h, h, k)], {
    transposed: false,
  });
  const schur = sub(block(ordered, h, h, k, k), matmul(block(ordered, h, 0, k, h), right));
  const value = mul(sign, mul(pivotProduct(factors, order), expanded(schur)));
  return select(alive, value, like(value, 0));
}
/**
 * Sign (-1, 0 or 1) and log of the absolute value of the determinant of x [..., n, n]: in range where `det` overflows. A singular matrix gives
 * 0 and -Infinity.
 */
export function slogdet(x: Tensor): { sign: Tensor; logabsdet: Tensor } {
  const [packed, , rows] = bind(luPrimitive, [square("slogdet", x)], { complete: false });
  const diagonal = diagonalOf(packed);
  return {
    sign: mul(parity(rows, packed), prod(stopGradient(sign(diagonal)), -1)),
    logabsdet: sum(log(abs(diagonal)), -1),
  };
}
/** log of the determinant of x [..., n, n]; NaN where it is negative. */
export function logdet(x: Tensor): Tensor {
  const { sign, logabsdet } = slogdet(square("logdet", x));
  return add(logabsdet, where(less(sign, 0), NaN, 0));
}

/** Matrix times diagonal, or the columns of x scaled. */
const scaled = (x: Tensor, d: Tensor): Tensor => mul(x, expandDims(d, -2));
interface RankOptions {
  /** Singular values up to `rtol` times the largest count as zero; max(m, n) times the machine epsilon unless given. */
  readonly rtol?: TensorLike;
}
/** Where values, a vector each, stand out of rounding. */
function significant(values: Tensor, x: Tensor, rtol: TensorLike | undefined): Tensor {
  const axis = values.ndim - 1;
  const bound = rtol ?? Math.max(...x.shape.slice(-2)) * epsilon(x.dtype);
  const cut = typeof bound === "number" || typeof bound === "boolean" ? bound : expandDims(bound, -1);
  return greater(values, mul(cut, expandDims(reduceMax(values, [axis]), -1)));
}
/** The pseudo-inverse of x, which has elements, with its singular values (or absolute eigenvalues). Without derivative. */
function inverted(x: Tensor, rtol: TensorLike | undefined, hermitian: boolean): { p: Tensor; s: Tensor; kept: Tensor } {
  let [s, left, right]: Tensor[] = [];
  if (hermitian) {
    [s, left] = bind(eighPrimitive, [x], {});
    right = left;
  } else {
    const parts = svd(x);
    [s, left, right] = [parts.s, parts.u, matrixTranspose(parts.vt)];
  }
  const size = abs(s);
  const kept = significant(size, x, rtol);
  // NaN compares as false: it must not vanish.
  const reciprocals = select(choose("or", kept, notEqual(s, s)), reciprocalOrZero(s), like(s, 0));
  return { p: matmul(scaled(right, reciprocals), matrixTranspose(left)), s: size, kept };
}

/**
 * The Moore-Penrose pseudo-inverse [..., n, m] of x [..., m, n]. `hermitian`: x is symmetric (it is symmetrised first), and its
 * eigenvalues are used. Derivatives hold where the rank does not change.
 */
export function pinv(x: Tensor, options: RankOptions & { readonly hermitian?: boolean } = {}): Tensor {
  const { rtol, hermitian = false } = options;
  const given = hermitian ? square("pinv", x) : matrices("pinv", x);
  const t = hermitian ? mul(add(given, matrixTranspose(given)), 0.5) : given;
  if (t.size === 0) return matrixTranspose(t);
  return bind1(pinvPrimitive, [t, inverted(stopGradient(t), rtol, hermitian).p], {});
}

/** How many singular values of x [..., m, n] are not zero, i32. */
export function matrixRank(x: Tensor, options: RankOptions = {}): Tensor {
  const t = stopGradient(matrices("matrixRank", x));
  if (sizeOf(t.shape.slice(-2)) === 0) return full(t.shape.slice(0, -2), 0, "i32");
  return sum(significant(svd(t).s, t, options.rtol), -1);
}

export interface LeastSquares {
  readonly x: Tensor;
  /** Squared length of the columns of b - a x. */
  readonly residuals: Tensor;
  /** i32. */
  readonly rank: Tensor;
  /** Singular values of a, descending. */
  readonly s: Tensor;
}
/**
 * The x [..., n, k] of least length among those that minimise |a x - b|, for a [..., m, n] of any rank and b [..., m, k], or [m] for one
 * vector; batch axes broadcast.
 */
export function lstsq(a: Tensor, b: Tensor, options: RankOptions = {}): LeastSquares {
  const t = matrices("lstsq", a);
  const empty = sizeOf(t.shape.slice(-2)) === 0;
  const parts = empty ? undefined : inverted(stopGradient(t), options.rtol, false);
  const p = parts === undefined ? matrixTranspose(t) : bind1(pinvPrimitive, [t, parts.p], {});
  const rest: Tensor[] = [];
  const x = withColumns("lstsq", t, b, (left, right) => {
    const solution = matmul(broadcastTo(p, [...left.shape.slice(0, -2), ...p.shape.slice(-2)]), right);
    rest.push(sum(squared(sub(right, matmul(left, solution))), -2));
    return solution;
  });
  const batch = t.shape.slice(0, -2);
  return {
    x,
    residuals: b.ndim === 1 ? squeeze(rest[0], -1) : rest[0],
    rank: parts === undefined ? full(batch, 0, "i32") : sum(parts.kept, -1),
    s: parts === undefined ? full([...batch, 0], 0, t.dtype) : svd(t).s,
  };
}

/** The condition number |x| |x^-1| of x in the norm `ord` (see `matrixNorm`); 2 (default) also of rectangular matrices. */
export function conditionNumber(x: Tensor, ord: MatrixOrder = 2): Tensor {
  const t = matrices("conditionNumber", x);
  if (ord !== 2 && ord !== -2) {
    const inverse = inv(square("conditionNumber", t));
    return mul(matrixNorm(t, { ord }), matrixNorm(inverse, { ord }));
  }
  const { s } = svd(t);
  const k = s.shape[s.ndim - 1];
  const batch = s.shape.slice(0, -1);
  if (k === 0) return full(batch, 0, t.dtype);
  const entry = (i: number): Tensor => reshape(slice(s, [...batch.map(() => 0), i], [...batch, i + 1]), batch);
  return ord === 2 ? div(entry(0), entry(k - 1)) : div(entry(k - 1), entry(0));
}
