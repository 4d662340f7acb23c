import { reshape } from "../primitives/basis.js";
import { concat, slice } from "../primitives/shape.js";
import { describe } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, leafPaths, unflatten } from "../tensor/tree.js";
import { vmap } from "../transforms/vmap.js";
import { scan } from "./loops.js";

export interface MapOptions {
  /** How many slices are computed at once, by vmap. Default: one at a time. */
  readonly batchSize?: number;
}

/**
 * map : (x -> y, [x]) -> [y]. Applies a function to each slice along axis 0, one after the other: the memory of one slice (or of
 * `batchSize` slices), where `vmap` needs that of all.
 *
 * @param xs a tree of tensors that share axis 0.
 * @returns the outputs, stacked along a new axis 0.
 * @throws RangeError when sizes along axis 0 differ, or batchSize is no positive integer.
 * @example map((row: Tensor) => row.sort(), matrix, { batchSize: 16 })
 */
export function map<X, Y>(f: (x: X) => Y, xs: X, options: MapOptions = {}): Y {
  if (typeof f !== "function") throw new TypeError(`map: got ${typeof f}, expected a function to map.`);
  const { leaves, structure } = flatten(xs, "map: xs");
  const size = leaves[0]?.shape[0];
  leaves.forEach((x, i) => {
    if (x.ndim === 0 || x.shape[0] !== size)
      throw new RangeError(
        `map: xs leaf ${leafPaths(structure)[i] || "0"} is ${describe(x)}, expected an axis 0 to map over, of the size that all leaves share.`,
      );
  });
  if (size === undefined) throw new RangeError("map: xs has no leaves, so there is nothing to map over.");
  const { batchSize = 1 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`map: batchSize is ${batchSize}, expected a positive integer.`);
  const each = (g: (x: X) => Y, slices: X): Y => scan((_: undefined, x: X) => [undefined, g(x)], undefined, slices)[1];
  if (batchSize === 1) return each(f, xs);

  const together = vmap(f) as (x: X) => Y;
  const batches = Math.floor(size / batchSize);
  const whole = batches * batchSize;
  const part = (from: number, to: number): Tensor[] =>
    leaves.map((x) => slice(x, [from, ...x.shape.slice(1).map(() => 0)], [to, ...x.shape.slice(1)]));
  const rest = (): Y => together(unflatten<X>(structure, part(whole, size)));
  if (batches === 0) return rest();
  const grouped = part(0, whole).map((x) => reshape(x, [batches, batchSize, ...x.shape.slice(1)]));
  const out = flatten(each(together, unflatten<X>(structure, grouped)), "map: the output");
  const flat = out.leaves.map((y) => reshape(y, [whole, ...y.shape.slice(2)]));
  if (whole === size) return unflatten<Y>(out.structure, flat);
  const last = flatten(rest(), "map: the output").leaves;
  return unflatten<Y>(
    out.structure,
    flat.map((y, i) => concat([y, last[i]], 0)),
  );
}
