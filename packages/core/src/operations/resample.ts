import { moveAxis } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, mul } from "./arithmetic.js";
import { tensor } from "./creation.js";
import { gatherAlong } from "./indexing.js";

/** What an entry of the result is made of: entries of the input with their weights. */
export type Taps = readonly (readonly [position: number, weight: number])[];

/** More taps than this are a product with a matrix. */
const FEW = 4;

/** Every entry along `axis` of the result as a weighted sum of entries of x along that axis. */
export function resample(x: Tensor, axis: number, rows: readonly Taps[]): Tensor {
  const most = rows.reduce((n, taps) => Math.max(n, taps.length), 1);
  if (most > FEW) {
    const n = x.shape[axis];
    const matrix = new Float64Array(rows.length * n);
    rows.forEach((taps, i) => {
      for (const [k, w] of taps) matrix[i * n + k] += w;
    });
    const weights = tensor(matrix, { shape: [rows.length, n], dtype: x.dtype });
    const y = dot(x, weights, { contractA: [axis], contractB: [1], batchA: [], batchB: [] });
    return moveAxis(y, x.ndim - 1, axis);
  }
  let sum: Tensor | undefined;
  for (let t = 0; t < most; t++) {
    const at = gatherAlong(x, tensor(Int32Array.from(rows, (taps) => taps.at(t)?.[0] ?? 0)), axis);
    const column = Float64Array.from(rows, (taps) => taps.at(t)?.[1] ?? 0);
    const along = x.shape.slice(axis).map((_, i) => (i === 0 ? rows.length : 1));
    const term = column.every((w) => w === 1) ? at : mul(at, tensor(column, { shape: along, dtype: x.dtype }));
    sum = sum === undefined ? term : add(sum, term);
  }
  return sum as Tensor;
}
