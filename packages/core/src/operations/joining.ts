import { broadcastAxis, reshape as reshapeRaw } from "../primitives/basis.js";
import { concat as concatRaw, slice as sliceRaw } from "../primitives/shape.js";
import { isKnown } from "../graph/tracer.js";
import { describe, describeShape, inserted, normalizeAxis, range, sameShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { tensor } from "./creation.js";
import { gatherAlong } from "./indexing.js";
import { checkChoice, checkTensor, promote } from "./promote.js";
import { cumsum } from "./cumulative.js";
import { atLeast1d, atLeast2d, atLeast3d, broadcastTo, expandDims, flatten } from "./shape.js";
import { searchsorted } from "./sorting.js";
import { arange } from "./creation.js";
import { minimum } from "./arithmetic.js";

function checkInputs(name: string, inputs: readonly Tensor[]): void {
  if (!Array.isArray(inputs)) throw new TypeError(`${name}: got ${typeof inputs}, expected an array of tensors.`);
  if (inputs.length === 0) throw new RangeError(`${name}: got no tensors, expected at least one.`);
  inputs.forEach((x, i) => checkTensor(name, `input ${i}`, x));
}
/** Joins tensors along an existing axis. */
export function concat(inputs: readonly Tensor[], axis = 0): Tensor {
  checkInputs("concat", inputs);
  const promoted = promote("concat", inputs);
  const [first] = promoted;
  if (first.ndim === 0) throw new RangeError("concat: got scalars, which have no axis to join along. Use stack.");
  const a = normalizeAxis("concat", axis, first.ndim);
  for (const x of promoted)
    if (x.ndim !== first.ndim || x.shape.some((n, i) => i !== a && n !== first.shape[i]))
      throw new RangeError(
        `concat: shapes ${promoted.map((t) => describeShape(t.shape)).join(", ")} differ in more than axis ${a}. Reshape or slice them.`,
      );
  return concatRaw(promoted, a);
}
/** Joins tensors of one shape along a new axis. */
export function stack(inputs: readonly Tensor[], axis = 0): Tensor {
  checkInputs("stack", inputs);
  const [first] = inputs;
  const a = normalizeAxis("stack", axis, first.ndim + 1);
  for (const x of inputs)
    if (!sameShape(x.shape, first.shape))
      throw new RangeError(
        `stack: shapes ${inputs.map((t) => describeShape(t.shape)).join(", ")} differ. Stack needs equal shapes.`,
      );
  return concat(
    inputs.map((x) => expandDims(x, a)),
    a,
  );
}
/** Joins along axis 1; vectors and scalars along axis 0. */
export function hstack(inputs: readonly Tensor[]): Tensor {
  checkInputs("hstack", inputs);
  const all = inputs.map(atLeast1d);
  return concat(all, all[0].ndim === 1 ? 0 : 1);
}
/** Joins along axis 0; vectors are rows. */
export function vstack(inputs: readonly Tensor[]): Tensor {
  checkInputs("vstack", inputs);
  return concat(inputs.map(atLeast2d));
}
/** Joins along axis 2; a vector of n counts as [1, n, 1], a matrix as [n, m, 1]. */
export function dstack(inputs: readonly Tensor[]): Tensor {
  checkInputs("dstack", inputs);
  return concat(inputs.map(atLeast3d), 2);
}
/** Joins along axis 1; vectors are columns. */
export function columnStack(inputs: readonly Tensor[]): Tensor {
  checkInputs("columnStack", inputs);
  return concat(
    inputs.map((x) => (x.ndim < 2 ? reshapeRaw(x, [x.size, 1]) : x)),
    1,
  );
}

/** Cuts an axis into equal parts (a number) or at the given positions. @throws when the parts do not divide it: see arraySplit. */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor("split", "x", x);
  checkParts("split", parts);
  const a = normalizeAxis("split", axis, x.ndim);
  const n = x.shape[a];
  if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || n % parts !== 0))
    throw new RangeError(
      `split: axis ${a} of ${describe(x)} has ${n} entries, which ${parts} equal parts do not divide. Give positions, or use arraySplit.`,
    );
  if (typeof parts !== "number" && [0, ...parts, n].some((p, i, all) => !Number.isInteger(p) || p < (all[i - 1] ?? 0)))
    throw new RangeError(
      `split: positions are [${parts.join(", ")}], expected ascending integers from 0 to ${n}, the size of axis ${a} of ${describe(x)}.`,
    );
  return cutAt(x, typeof parts === "number" ? range(parts + 1).map((i) => (i * n) / parts) : [0, ...parts, n], a);
}
/**
 * As split, but `parts` need not divide the axis: the first ones are one longer. Positions are those of slices, as in NumPy: negative
 * ones count from the end and none is out of range.
 */
export function arraySplit(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor("arraySplit", "x", x);
  checkParts("arraySplit", parts);
  const a = normalizeAxis("arraySplit", axis, x.ndim);
  const n = x.shape[a];
  if (typeof parts !== "number") {
    const cuts = parts.map((p) => Math.min(n, Math.max(0, p < 0 ? p + n : p)));
    return [...cuts, n].map((to, i) => cutAt(x, [i === 0 ? 0 : cuts[i - 1], Math.max(to, cuts[i - 1] ?? 0)], a)[0]);
  }
  if (!Number.isInteger(parts) || parts < 1)
    throw new RangeError(`arraySplit: parts is ${parts}, expected a positive integer or positions.`);
  return cutAt(
    x,
    range(parts + 1).map((i) => i * Math.floor(n / parts) + Math.min(i, n % parts)),
    a,
  );
}
function checkParts(name: string, parts: unknown): void {
  if (typeof parts !== "number" && !Array.isArray(parts))
    throw new TypeError(`${name}: parts are ${typeof parts}, expected a number of parts or an array of positions.`);
}
const cutAt = (x: Tensor, cuts: readonly number[], axis: number): Tensor[] =>
  cuts.slice(1).map((to, i) =>
    sliceRaw(
      x,
      x.shape.map((_, k) => (k === axis ? cuts[i] : 0)),
      x.shape.map((m, k) => (k === axis ? to : m)),
    ),
  );
/** The slices along `axis`, without that axis. */
export function unstack(x: Tensor, axis = 0): Tensor[] {
  checkTensor("unstack", "x", x);
  const a = normalizeAxis("unstack", axis, x.ndim);
  return cutAt(x, range(x.shape[a] + 1), a).map((y) =>
    reshapeRaw(
      y,
      y.shape.filter((_, i) => i !== a),
    ),
  );
}

/** x repeated as a whole, `repeats` times along each axis; the shorter of shape and repeats is filled up with 1 in front. */
export function tile(x: Tensor, repeats: number | readonly number[]): Tensor {
  checkTensor("tile", "x", x);
  const given = typeof repeats === "number" ? [repeats] : repeats;
  if (!Array.isArray(given) || given.some((r) => !Number.isInteger(r) || r < 0))
    throw new RangeError(`tile: repeats are ${JSON.stringify(repeats)}, expected non-negative integers.`);
  const rank = Math.max(given.length, x.ndim);
  const fill = (list: readonly number[]): number[] => [...range(rank - list.length).map(() => 1), ...list];
  const [r, shape] = [fill(given), fill(x.shape)];
  const spread = broadcastTo(
    reshapeRaw(
      x,
      shape.flatMap((n) => [1, n]),
    ),
    shape.flatMap((n, i) => [r[i], n]),
  );
  return reshapeRaw(
    spread,
    shape.map((n, i) => n * r[i]),
  );
}

/**
 * Each entry along `axis` repeated: a number of times, or by counts, one an entry. Without an axis x is flattened first.
 * A traced tensor of counts needs `totalLength`; then too few entries are filled up with the last one and too many cut off, as in JAX.
 */
export function repeat(
  x: Tensor,
  counts: number | readonly number[] | Tensor,
  options: { readonly axis?: number; readonly totalLength?: number } = {},
): Tensor {
  checkTensor("repeat", "x", x);
  const { axis, totalLength } = options;
  const t = axis === undefined ? flatten(x) : x;
  const a = normalizeAxis("repeat", axis ?? 0, t.ndim);
  const n = t.shape[a];
  const known = counts instanceof Tensor && isKnown(counts) ? Array.from(counts.storage) : counts;
  const list = Array.isArray(known) && known.length === 1 ? range(n).map(() => (known as number[])[0]) : known;
  if (list instanceof Tensor) {
    if (totalLength === undefined || list.ndim !== 1 || list.size !== n)
      throw new RangeError(
        `repeat: counts are ${describe(list)} and traced or on a GPU, for ${n} entries: expected [${n}] and the option totalLength.`,
      );
    const source = searchsorted(cumsum(list), arange(totalLength), { side: "right" });
    return gatherAlong(t, minimum(source, n - 1), a);
  }
  if ([list].flat().some((c) => !Number.isInteger(c) || c < 0) || (typeof list !== "number" && list.length !== n))
    throw new RangeError(
      `repeat: counts are ${JSON.stringify(list)}, expected a non-negative integer, or ${n} of them, for axis ${a} of ${describe(t)}.`,
    );
  if (typeof list === "number" && totalLength === undefined)
    return reshapeRaw(broadcastAxis(t, a + 1, list), inserted(t.shape.toSpliced(a, 1), a, n * list));
  const source = (typeof list === "number" ? range(n).map(() => list) : list).flatMap((c, i) => range(c).map(() => i));
  const total = totalLength ?? source.length;
  const filled = [...source, ...range(Math.max(0, total - source.length)).map(() => n - 1)].slice(0, total);
  return gatherAlong(t, tensor(Int32Array.from(filled)), a);
}

/**
 * Coordinates of a grid: output k varies along the axis of input k. "xy" (default, as NumPy) exchanges the first two axes, "ij" does not.
 */
export function meshgrid(inputs: readonly Tensor[], options: { readonly indexing?: "xy" | "ij" } = {}): Tensor[] {
  checkInputs("meshgrid", inputs);
  checkChoice("meshgrid", "indexing", options.indexing ?? "xy", ["xy", "ij"]);
  if (inputs.some((x) => x.ndim > 1))
    throw new RangeError(`meshgrid: inputs are ${inputs.map(describe).join(", ")}, expected vectors.`);
  const swap = (k: number): number => (options.indexing !== "ij" && k < 2 && inputs.length > 1 ? 1 - k : k);
  const shape = inputs.map((_, k) => inputs[swap(k)].size);
  return inputs.map((x, k) =>
    broadcastTo(
      reshapeRaw(
        x,
        shape.map((_, i) => (i === swap(k) ? x.size : 1)),
      ),
      shape,
    ),
  );
}
