import { isKnown } from "../graph/tracer.js";
import { add as addRaw, like, mul as mulRaw, reshape, transpose } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { type Shape, describe, describeShape, range, sizeOf, stridesOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { tensor } from "./creation.js";
import { broadcastTo } from "./promote.js";
import { broadcastShapes } from "./shape.js";

/**
 * One entry of an index: a position, a range `[from, to]` or `[from, to, step]` (null leaves an end open), null for a whole axis, "..." for
 * as many whole axes as are left, "newAxis" for an axis of size 1, an integer tensor, or a bool tensor of known values.
 */
export type IndexSpec =
  | number
  | null
  | "..."
  | "newAxis"
  | readonly [from: number | null, to: number | null, step?: number]
  | Tensor;

/** An index, worked out for a shape: a basic cut with positive steps, then reversals, then lookups by tensors. */
export interface ResolvedIndex {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly step: readonly number[];
  readonly flipped: readonly number[];
  /** Of the axes of x that stay, in order. */
  readonly kept: readonly number[];
  /** The axes of x that tensors (and, beside tensors, positions) index, with their tensors, which may be missing. */
  readonly advanced: readonly { readonly axis: number; readonly indices: Tensor | undefined }[];
  /** The broadcast shape of those tensors; undefined without them. */
  readonly lookup: Shape | undefined;
  /** How many kept axes stand before the axes of the lookup: all axes before adjacent tensors, else none (NumPy's rule). */
  readonly before: number;
  /** The result's shape, and the same without new axes. */
  readonly shape: Shape;
  readonly unexpanded: Shape;
}

export function resolveIndex(name: string, x: Tensor, spec: readonly IndexSpec[]): ResolvedIndex {
  const entries = expand(name, x, spec);
  const looksUp = entries.some((e) => e instanceof Tensor);
  const start: number[] = [];
  const limit: number[] = [];
  const step: number[] = [];
  const flipped: number[] = [];
  const kept: number[] = [];
  const advanced: { axis: number; indices: Tensor | undefined }[] = [];
  /** The result axis by axis: a kept axis, a new one, or (once) the lookup. */
  const layout: (number | "new" | "lookup")[] = [];
  let adjacent = true;
  let last: unknown;
  let axis = 0;
  for (const entry of entries) {
    if (entry === "newAxis") layout.push("new");
    else if (entry !== "...") {
      const n = x.shape[axis];
      const isLookup = entry instanceof Tensor || (looksUp && typeof entry === "number");
      if (isLookup) {
        if (!layout.includes("lookup")) layout.push("lookup");
        else if (last !== "lookup") adjacent = false;
      }
      if (entry instanceof Tensor) {
        advanced.push({ axis, indices: wrapIndices(name, entry, n) });
        cutTo(0, n, 1);
      } else if (typeof entry === "number") {
        const i = position(name, x, axis, entry);
        if (isLookup) advanced.push({ axis, indices: undefined });
        cutTo(i, i + 1, 1);
      } else {
        const range = rangeOf(name, axis, n, entry as null | readonly [number | null, number | null, number?]);
        cutTo(range.start, range.limit, range.step);
        if (range.flipped) flipped.push(axis);
        layout.push(axis);
        kept.push(axis);
      }
      axis++;
      last = isLookup ? "lookup" : entry;
      continue;
    }
    last = entry;
  }
  function cutTo(from: number, to: number, by: number): void {
    start.push(from);
    limit.push(to);
    step.push(by);
  }
  const lookup = looksUp ? broadcastShapes(...advanced.map((a) => a.indices?.shape ?? [])) : undefined;
  if (!adjacent) layout.splice(0, 0, ...layout.splice(layout.indexOf("lookup"), 1));
  const count = (a: number): number => Math.ceil((limit[a] - start[a]) / step[a]);
  const shapeOf = (items: typeof layout): number[] =>
    items.flatMap((item) => (item === "new" ? [1] : item === "lookup" ? [...(lookup as Shape)] : [count(item)]));
  return {
    start,
    limit,
    step,
    flipped,
    kept,
    advanced,
    lookup,
    before: layout.slice(0, Math.max(0, layout.indexOf("lookup"))).filter((item) => item !== "new").length,
    shape: shapeOf(layout),
    unexpanded: shapeOf(layout.filter((item) => item !== "new")),
  };
}

/** Masks become positions, and the axes that are not mentioned ranges over all. */
function expand(name: string, x: Tensor, spec: readonly IndexSpec[]): IndexSpec[] {
  const entries = spec.flatMap((e) => (e instanceof Tensor && e.dtype === "bool" ? maskPositions(name, e) : [e]));
  const rest = x.ndim - entries.filter((e) => e !== "..." && e !== "newAxis").length;
  const dots = entries.filter((e) => e === "...").length;
  if (rest < 0 || dots > 1)
    throw new RangeError(
      `${name}: ${entries.length} indices for ${describe(x)}, which has ${x.ndim} axes. Give at most one an axis, and "..." once.`,
    );
  const whole: readonly IndexSpec[] = range(rest).map(() => null);
  // The dots stay: also where they stand for no axis, they part the tensors around them.
  const out =
    dots === 1
      ? entries.flatMap((e): readonly IndexSpec[] => (e === "..." ? [e, ...whole] : [e]))
      : [...entries, ...whole];
  // A mask has as many entries as axes, and must have their sizes.
  let axis = 0;
  for (const e of spec) {
    if (e instanceof Tensor && e.dtype === "bool") {
      const sizes = x.shape.slice(axis, axis + e.ndim);
      if (e.shape.some((n, i) => n !== sizes[i]))
        throw new RangeError(
          `${name}: the mask at axis ${axis} is ${describe(e)}, expected sizes ${describeShape(sizes)} as in ${describe(x)}.`,
        );
      axis += e.ndim;
    } else axis += e === "..." ? rest : e === "newAxis" ? 0 : 1;
  }
  return out;
}

/** The positions where a mask is true: one tensor an axis. */
function maskPositions(name: string, mask: Tensor): Tensor[] {
  if (!isKnown(mask))
    throw new TypeError(
      `${name}: the mask ${describe(mask)} is traced or on a GPU, so the number of its entries is not known. Use where, or pass it in from outside.`,
    );
  if (mask.ndim === 0) throw new TypeError(`${name}: the mask is a scalar, expected at least one axis.`);
  const { storage } = mask;
  const found: number[] = [];
  for (let i = 0; i < storage.length; i++) if (storage[i] !== 0) found.push(i);
  const strides = stridesOf(mask.shape);
  return mask.shape.map((n, a) => tensor(Int32Array.from(found, (i) => Math.floor(i / strides[a]) % n)));
}

function position(name: string, x: Tensor, axis: number, i: number): number {
  const n = x.shape[axis];
  if (!Number.isInteger(i) || i < -n || i >= n)
    throw new RangeError(
      `${name}: index ${i} is out of range for axis ${axis} of ${describe(x)}, which has ${n} entries.`,
    );
  return i < 0 ? i + n : i;
}

/** A range as NumPy (CPython's slice.indices) reads it, as a cut with a positive step. */
function rangeOf(
  name: string,
  axis: number,
  n: number,
  entry: null | readonly [from: number | null, to: number | null, step?: number],
): { start: number; limit: number; step: number; flipped: boolean } {
  if (entry !== null && !Array.isArray(entry))
    throw new TypeError(
      `${name}: the index of axis ${axis} is ${typeof entry}, expected an integer, [from, to] or [from, to, step], null, "...", "newAxis" or a tensor.`,
    );
  const [from, to, by = 1] = entry ?? [null, null];
  if (![from, to].every((i) => i === null || i === undefined || Number.isInteger(i)))
    throw new RangeError(
      `${name}: the range on axis ${axis} is [${from}, ${to}], expected integers or null for an open end.`,
    );
  if (!Number.isInteger(by) || by === 0)
    throw new RangeError(`${name}: step ${by} on axis ${axis}, expected an integer other than 0.`);
  const [lowest, highest] = by > 0 ? [0, n] : [-1, n - 1];
  const bound = (i: number | null | undefined, open: number): number =>
    i === null || i === undefined ? open : Math.min(highest, Math.max(lowest, i < 0 ? i + n : i));
  const first = bound(from, by > 0 ? lowest : highest);
  const end = bound(to, by > 0 ? highest : lowest);
  const count = Math.max(0, Math.ceil((end - first) / by));
  if (by > 0) return { start: first, limit: Math.max(first, end), step: by, flipped: false };
  const start = count === 0 ? 0 : first + (count - 1) * by;
  return { start, limit: count === 0 ? 0 : first + 1, step: -by, flipped: true };
}

/**
 * Indices with negative ones counted from the end, as i32. Where the values are known an index outside is an error; compiled code clamps
 * or drops.
 */
export function wrapIndices(name: string, indices: Tensor, size: number): Tensor {
  if (indices.dtype !== "i32" && indices.dtype !== "u32")
    throw new TypeError(`${name}: indices are ${describe(indices)}, expected i32. Cast them with astype("i32").`);
  if (isKnown(indices))
    for (const i of indices.storage)
      if (i < -size || i >= size)
        throw new RangeError(
          `${name}: index ${i} is out of range for an axis of ${size} entries (negative ones count from the end).`,
        );
  const signed = convert(indices, "i32");
  return select(choose("lt", signed, like(signed, 0)), addRaw(signed, like(signed, size)), signed);
}

/**
 * The linear positions, in the row-major space of `sizes`, that tensors of indices name together. An index outside is clamped, or takes
 * its position out of the space as a whole.
 */
export function linearPositions(
  indices: readonly (Tensor | undefined)[],
  sizes: Shape,
  shape: Shape,
  outside: "clamp" | "drop",
): Tensor {
  const strides = stridesOf(sizes);
  const type = { shape, dtype: "i32" as const };
  let total = like(type, 0);
  let valid: Tensor | undefined;
  indices.forEach((given, a) => {
    if (given === undefined) return;
    let i = given;
    if (outside === "clamp" && sizes[a] > 0) i = choose("max", like(i, 0), choose("min", like(i, sizes[a] - 1), i));
    if (outside === "drop") {
      const inside = choose("and", choose("ge", i, like(i, 0)), choose("lt", i, like(i, sizes[a])));
      const all = broadcastTo(inside, shape);
      valid = valid === undefined ? all : choose("and", valid, all);
    }
    total = addRaw(total, broadcastTo(mulRaw(i, like(i, strides[a])), shape));
  });
  return valid === undefined ? total : select(valid, total, like(type, sizeOf(sizes)));
}

/** The axes that are looked up in front, as one; the kept ones behind. */
export function lookupRows(cut: Tensor, index: ResolvedIndex): Tensor {
  const axes = index.advanced.map((a) => a.axis);
  const moved = transpose(cut, [...axes, ...index.kept]);
  return reshape(moved, [sizeOf(axes.map((a) => cut.shape[a])), ...index.kept.map((a) => cut.shape[a])]);
}
