import { bind, bind1 } from "../graph/trace.js";
import { like, reshape } from "../primitives/basis.js";
import { select } from "../primitives/comparison.js";
import { dot as dotRaw } from "../primitives/dot.js";
import { eighPrimitive } from "../primitives/eigh.js";
import {
  choleskyPrimitive,
  matmul as matmulRaw,
  matrixTranspose as matrixTransposeRaw,
  triangularSolve as triangularSolveRaw,
} from "../primitives/linalg.js";
import { diagonalMask } from "../primitives/lu.js";
import { type TensorType, broadcastShapes, describe, describeShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, mul } from "./arithmetic.js";
import { broadcastTo, checkTensor, countable, promote, toFloat } from "./promote.js";

/**
 * Matrix product of the last two axes; axes before them broadcast. A vector on the left is a row, on the right a column,
 * and its axis disappears.
 *
 * @throws when the inner sizes differ.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return product("matmul", a, b);
}
function product(name: string, a: Tensor, b: Tensor): Tensor {
  const [x, y] = promote(name, [a, b]).map(countable);
  if (x.ndim === 0 || y.ndim === 0)
    throw new RangeError(
      `${name}: got ${describe(x)} and ${describe(y)}, expected at least one axis each. Use mul for scalars.`,
    );
  const inner = y.ndim === 1 ? y.shape[0] : y.shape[y.ndim - 2];
  if (x.shape[x.ndim - 1] !== inner)
    throw new RangeError(
      `${name}: inner dimensions differ, ${describeShape(x.shape)} x ${describeShape(y.shape)}. Transpose one argument, or reshape.`,
    );
  // Without batch axes on the right, the left's are rows of one large product.
  if (y.ndim <= 2)
    return dotRaw(x, y, { contractA: [x.ndim - 1], contractB: [Math.max(0, y.ndim - 2)], batchA: [], batchB: [] });
  if (x.ndim === 1) return dropAxis(matmul(reshape(x, [1, ...x.shape]), y), -2);
  const batch = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (batch === undefined)
    throw new RangeError(
      `${name}: batch axes of ${describeShape(x.shape)} and ${describeShape(y.shape)} do not broadcast. Sizes must be equal or 1.`,
    );
  return matmulRaw(broadcastTo(x, [...batch, ...x.shape.slice(-2)]), broadcastTo(y, [...batch, ...y.shape.slice(-2)]));
}
const dropAxis = (x: Tensor, axis: number): Tensor =>
  reshape(
    x,
    x.shape.filter((_, i) => i !== x.ndim + axis),
  );

/** Inner product of two vectors. */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkTensor("dot", "a", a);
  checkTensor("dot", "b", b);
  if (a.ndim !== 1 || b.ndim !== 1 || a.size !== b.size)
    throw new RangeError(
      `dot: got ${describe(a)} and ${describe(b)}, expected two vectors of one length. Use matmul for matrices.`,
    );
  return product("dot", a, b);
}
/** All products of the elements of two vectors, [n, m]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkTensor("outer", "a", a);
  checkTensor("outer", "b", b);
  if (a.ndim !== 1 || b.ndim !== 1)
    throw new RangeError(`outer: got ${describe(a)} and ${describe(b)}, expected two vectors. Flatten them first.`);
  return mul(reshape(a, [a.size, 1]), b);
}
/** The last two axes exchanged. */
export function matrixTranspose(x: Tensor): Tensor {
  checkTensor("matrixTranspose", "x", x);
  if (x.ndim < 2) throw new RangeError(`matrixTranspose: got ${describe(x)}, expected at least two axes.`);
  return matrixTransposeRaw(x);
}

/**
 * L with x = L L^T for a symmetric positive definite x [..., n, n] (it is symmetrised first); NaN when it is not. `upper` gives L^T, with
 * x = U^T U.
 */
export function cholesky(x: Tensor, options: { readonly upper?: boolean } = {}): Tensor {
  const l = factor("cholesky", x);
  return options.upper === true ? matrixTransposeRaw(l) : l;
}
/** x with a x = b [..., n, m] or [n], given the Cholesky factor of `a` (lower, or upper if told so). */
export function choleskySolve(factorOfA: Tensor, b: Tensor, options: { readonly upper?: boolean } = {}): Tensor {
  const lower = options.upper !== true;
  const half = solve("choleskySolve", factorOfA, b, { lower, transposed: !lower });
  return solve("choleskySolve", factorOfA, half, { lower, transposed: lower });
}
/** The inverse of a matrix, given its Cholesky factor [..., n, n]. */
export function choleskyInverse(factorOfA: Tensor, options: { readonly upper?: boolean } = {}): Tensor {
  return choleskySolve(factorOfA, identity(square("choleskyInverse", factorOfA)), options);
}
/** The identity in every matrix of a shape. */
export const identity = (x: TensorType): Tensor => {
  const zero = like(x, 0);
  return select(diagonalMask(x), like(x, 1), zero);
};
function factor(name: string, x: Tensor): Tensor {
  const t = square(name, x);
  return bind1(choleskyPrimitive, [mul(add(t, matrixTransposeRaw(t)), 0.5)], {});
}

export interface TriangularOptions {
  /** Whether `a` is lower (default) or upper triangular. The other triangle is not read. */
  readonly lower?: boolean;
  /** Solve with the transpose of `a`. */
  readonly transposed?: boolean;
  /** Take the diagonal of `a` for ones; it is not read. */
  readonly unitDiagonal?: boolean;
}
/** x with a x = b, a triangular [..., n, n], b [..., n, m] or [n]. */
export function triangularSolve(a: Tensor, b: Tensor, options: TriangularOptions = {}): Tensor {
  return solve("triangularSolve", a, b, options);
}
function solve(name: string, a: Tensor, b: Tensor, options: TriangularOptions): Tensor {
  const [given, y] = promote(name, [square(name, a), b]);
  const x = options.unitDiagonal === true ? select(diagonalMask(given), like(given, 1), given) : given;
  const p = { lower: options.lower ?? true, transposed: options.transposed ?? false };
  const n = x.shape[x.ndim - 1];
  if (y.ndim === 1 && x.ndim === 2 && y.shape[0] === n)
    return reshape(triangularSolveRaw(x, reshape(y, [n, 1]), p), [n]);
  const batch = y.ndim < 2 ? undefined : broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (batch === undefined || y.shape[y.ndim - 2] !== n)
    throw new RangeError(
      `${name}: a is ${describe(x)} and b ${describe(y)}, expected b of shape [..., ${n}, m] with batch axes that broadcast.`,
    );
  return triangularSolveRaw(broadcastTo(x, [...batch, n, n]), broadcastTo(y, [...batch, ...y.shape.slice(-2)]), p);
}

/** x with a x = b for a symmetric positive definite a, by Cholesky. */
export function solvePositive(a: Tensor, b: Tensor): Tensor {
  const l = factor("solvePositive", a);
  return solve("solvePositive", l, solve("solvePositive", l, b, {}), { transposed: true });
}

/**
 * Eigenvalues (ascending, [..., n]) and eigenvectors (columns of [..., n, n]) of a symmetric x, which is symmetrised first. Signs are free,
 * and so are the vectors of equal eigenvalues; derivatives are right for what depends on neither.
 */
export function eigh(x: Tensor): { values: Tensor; vectors: Tensor } {
  const [values, vectors] = bind(eighPrimitive, [square("eigh", x)], {});
  return { values, vectors };
}
/** Eigenvalues, ascending, of a symmetric x. */
export function eigvalsh(x: Tensor): Tensor {
  return bind(eighPrimitive, [square("eigvalsh", x)], {})[0];
}

/** Checks for matrices [..., m, n], as floats. */
export function matrices(name: string, x: Tensor): Tensor {
  checkTensor(name, "the matrix", x);
  if (x.ndim < 2) throw new RangeError(`${name}: got ${describe(x)}, expected matrices [..., m, n].`);
  return toFloat(name, x);
}
/** Checks for square matrices, as floats. */
export function square(name: string, x: Tensor): Tensor {
  checkTensor(name, "the matrix", x);
  if (x.ndim < 2 || x.shape[x.ndim - 1] !== x.shape[x.ndim - 2])
    throw new RangeError(`${name}: got ${describe(x)}, expected square matrices [..., n, n].`);
  return toFloat(name, x);
}
