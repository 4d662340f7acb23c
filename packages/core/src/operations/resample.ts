import { moveAxis } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, mul } from "./arithmetic.js";
import { tensor } from "./creation.js";
import { gatherAlong } from "./indexing.js";
import { sum } from "./reduction.js";

/** What an entry of the result is made of: entries of the input with their weights. */
export type Taps = readonly (readonly [position: number, weight: number])[];

/** More taps than this are a product with a matrix, or where that were too large, a sum over all of them at once. */
const FEW = 4;
const LARGE = 2 ** 20;

/** Every entry along `axis` of the result as a weighted sum of entries of x along that axis. */
export function resample(x: Tensor, axis: number, rows: readonly Taps[]): Tensor {
  const most = rows.reduce((n, taps) => Math.max(n, taps.length), 1);
  const n = x.shape[axis];
  if (most > FEW && rows.length * n > LARGE) {
    const [at, weights] = [new Int32Array(rows.length * most), new Float64Array(rows.length * most)];
    rows.forEach((taps, i) => {
      taps.forEach(([k, w], t) => {
        at[i * most + t] = k;
        weights[i * most + t] = w;
      });
    });
    const shape = [rows.length, most];
    const behind = x.shape.slice(axis + 1).map(() => 1);
    const read = gatherAlong(x, tensor(at, { shape }), axis);
    return sum(mul(read, tensor(weights, { shape: [...shape, ...behind], dtype: x.dtype })), axis + 1);
  }
  if (most > FEW) {
    const matrix = new Float64Array(rows.length * n);
    rows.forEach((taps, i) => {
      for (const [k, w] of taps) matrix[i * n + k] += w;
    });
    const weights = tensor(matrix, { shape: [rows.length, n], dtype: x.dtype });
    const y = dot(x, weights, { contractA: [axis], contractB: [1], batchA: [], batchB: [] });
    return moveAxis(y, x.ndim - 1, axis);
  }
  let total: Tensor | undefined;
  for (let t = 0; t < most; t++) {
    const at = gatherAlong(x, tensor(Int32Array.from(rows, (taps) => taps.at(t)?.[0] ?? 0)), axis);
    const column = Float64Array.from(rows, (taps) => taps.at(t)?.[1] ?? 0);
    const along = x.shape.slice(axis).map((_, i) => (i === 0 ? rows.length : 1));
    const term = column.every((w) => w === 1) ? at : mul(at, tensor(column, { shape: along, dtype: x.dtype }));
    total = total === undefined ? term : add(total, term);
  }
  return total as Tensor;
}
