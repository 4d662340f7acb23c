import { reshape as reshapeRaw, transpose } from "../primitives/basis.js";
import { lowerMask, tril as trilRaw } from "../primitives/linalg.js";
import { pad as padRaw, slice as sliceRaw } from "../primitives/shape.js";
import { describe, normalizeAxes, normalizeAxis, range, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { logicalNot, where } from "./arithmetic.js";
import { full } from "./creation.js";
import { sum } from "./reduction.js";
import { checkTensor } from "./promote.js";

/** The lower triangle of the last two axes; `offset` moves the diagonal up. */
export function tril(x: Tensor, offset = 0): Tensor {
  checkTensor("tril", "x", x);
  return trilRaw(matrix("tril", x, offset), -offset);
}
/** The upper triangle of the last two axes; `offset` moves the diagonal up. */
export function triu(x: Tensor, offset = 0): Tensor {
  checkTensor("triu", "x", x);
  const keep = logicalNot(lowerMask(matrix("triu", x, offset), 1 - offset));
  return where(keep, x, full([], 0, x.dtype));
}

export interface DiagonalOptions {
  /** How far above the main diagonal (default 0; negative: below). */
  readonly offset?: number;
  /** The axes of rows and columns; the last two by default. */
  readonly axis1?: number;
  readonly axis2?: number;
}
/** The diagonal of two axes (default the last two), as a new last axis. */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkTensor("diagonal", "x", x);
  const { offset = 0, axis1 = -2, axis2 = -1 } = options;
  matrix("diagonal", x, offset);
  normalizeAxes("diagonal", [axis1, axis2], x.ndim);
  const [a, b] = [normalizeAxis("diagonal", axis1, x.ndim), normalizeAxis("diagonal", axis2, x.ndim)];
  const batch = without(range(x.ndim), [a, b]);
  const m = transpose(x, [...batch, a, b]);
  const lead = batch.map((i) => x.shape[i]);
  const [row, column] = [Math.max(0, -offset), Math.max(0, offset)];
  const n = Math.max(0, Math.min(x.shape[a] - row, x.shape[b] - column));
  const none = lead.map(() => 0);
  const from = n === 0 ? [0, 0] : [row, column];
  const square = sliceRaw(m, [...none, ...from], [...lead, from[0] + n, from[1] + n]);
  // In a row-major matrix the diagonal is every (n + 1)-th element.
  const rows = reshapeRaw(square, [...lead, n * n]);
  return sliceRaw(rows, [...none, 0], rows.shape, [...lead.map(() => 1), n + 1]);
}
/** Matrices of zeros with the last axis of x on their diagonal, as the last two axes unless told otherwise. */
export function diagEmbed(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkTensor("diagEmbed", "x", x);
  const { offset = 0, axis1 = -2, axis2 = -1 } = options;
  const n = x.shape[normalizeAxis("diagEmbed", -1, x.ndim)];
  whole("diagEmbed", offset);
  normalizeAxes("diagEmbed", [axis1, axis2], x.ndim + 1);
  const [a, b] = [axis1, axis2].map((axis) => normalizeAxis("diagEmbed", axis, x.ndim + 1));
  const size = n + Math.abs(offset);
  const lead = x.shape.slice(0, -1);
  const none = lead.map(() => 0);
  // The elements are size + 1 apart in the row-major matrix.
  const low = Math.max(0, -offset) * size + Math.max(0, offset);
  const spread = n === 0 ? 0 : (n - 1) * (size + 1) + 1;
  const rows =
    n === 0
      ? full([...lead, size * size], 0, x.dtype)
      : padRaw(x, 0, [...none, low], [...none, size * size - low - spread], [...none, size]);
  const y = reshapeRaw(rows, [...lead, size, size]);
  const order = range(lead.length);
  const [first, second] = a < b ? [a, b] : [b, a];
  order.splice(first, 0, lead.length + (a < b ? 0 : 1));
  order.splice(second, 0, lead.length + (a < b ? 1 : 0));
  return transpose(y, order);
}
/** As NumPy's diag: the square matrix with a vector on its diagonal, or the diagonal of a matrix. Batches: diagEmbed and diagonal. */
export function diag(x: Tensor, offset = 0): Tensor {
  checkTensor("diag", "x", x);
  whole("diag", offset);
  if (x.ndim !== 1 && x.ndim !== 2)
    throw new RangeError(
      `diag: got ${describe(x)}, expected a vector or a matrix. Use diagEmbed or diagonal for batches.`,
    );
  return x.ndim === 1 ? diagEmbed(x, { offset }) : diagonal(x, { offset });
}
/** The sum of the diagonal of two axes (default the last two). */
export function trace(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkTensor("trace", "x", x);
  return sum(diagonal(matrix("trace", x, options.offset ?? 0), options), -1);
}

function matrix(name: string, x: Tensor, offset: number): Tensor {
  whole(name, offset);
  if (x.ndim < 2) throw new RangeError(`${name}: got ${describe(x)}, expected at least two axes.`);
  return x;
}
function whole(name: string, offset: number): void {
  if (!Number.isInteger(offset)) throw new RangeError(`${name}: offset is ${offset}, expected an integer.`);
}
