import { gather as gatherRaw } from "../primitives/indexing.js";
import { moveAxis, reshape, transpose } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import { flip, slice } from "../primitives/shape.js";
import { iota } from "../primitives/iota.js";
import { type DType, isFloat } from "../tensor/dtype.js";
import { type Shape, broadcastShapes, describe, normalizeAxis, range, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, clip, equal, floorDivide, greaterEqual, less, logicalAnd, mul, sub, where } from "./arithmetic.js";
import { checkDType } from "./creation.js";
import { type IndexSpec, linearPositions, lookupRows, resolveIndex, wrapIndices } from "./indexExpression.js";
import { broadcastTo, checkChoice, checkTensor } from "./promote.js";

/**
 * Indexing as NumPy's x[1, 2:5, :]. A position drops its axis; negative ones count from the end; ranges are clamped to the tensor, and
 * run backwards with a negative step. Integer tensors broadcast against each other and look entries up; a bool tensor of known values stands for
 * the positions where it is true. Their axes come where they were, or first if ranges stand between them.
 *
 * @throws where a position outside is known; in compiled code indices in tensors are clamped.
 * @example x.at(0)                          // first row
 * @example x.at(null, [1, -1])              // all rows, all columns but the first and the last
 * @example x.at("...", [null, null, -1])    // last axis reversed
 * @example x.at(tensor([0, 2], { dtype: "i32" }))
 */
export function at(x: Tensor, ...spec: IndexSpec[]): Tensor {
  checkTensor("at", "x", x);
  const index = resolveIndex("at", x, spec);
  const cut = flip(slice(x, index.start, index.limit, index.step), index.flipped);
  if (index.lookup === undefined) return reshape(cut, index.shape);
  const sizes = index.advanced.map((a) => cut.shape[a.axis]);
  const indices = index.advanced.map((a) => a.indices);
  const positions = linearPositions(indices, sizes, index.lookup, "clamp");
  const y = gatherRaw(lookupRows(cut, index), positions, 0);
  // The lookup's axes stand in front: the kept ones before them come first.
  const { before } = index;
  const k = index.lookup.length;
  return reshape(
    transpose(y, [...range(before, k), ...range(k), ...range(y.ndim - k - before, k + before)]),
    index.shape,
  );
}

/** Internal: the entries at i32 indices that are in range, the axes of the indices in place of `axis`. */
export function gatherAlong(x: Tensor, indices: Tensor, axis: number): Tensor {
  const y = gatherRaw(moveAxis(x, axis, 0), indices, 0);
  // The index axes stand in front: they go where the axis was.
  const k = indices.ndim;
  return transpose(y, [...range(axis, k), ...range(k), ...range(y.ndim - k - axis, k + axis)]);
}

export interface TakeOptions {
  /**
   * What an index outside reads. "error" (default): negative ones count from the end, others throw, or are clamped in compiled code.
   * "clip": the nearest entry. "wrap": modulo the size. "fill": `fillValue` (negative ones down to -size count from the end).
   */
  readonly mode?: "error" | "clip" | "wrap" | "fill";
  /** For "fill"; NaN for floats and 0 for others by default. */
  readonly fillValue?: number;
}

/** Entries of x at `indices` along `axis`: the result has the shape of the indices in place of that axis. */
export function take(x: Tensor, indices: Tensor, axis = 0, options: TakeOptions = {}): Tensor {
  checkTensor("take", "x", x);
  const a = normalizeAxis("take", axis, x.ndim);
  checkTensor("take", "indices", indices);
  const n = x.shape[a];
  if (options.mode === undefined || options.mode === "error") return gatherAlong(x, wrapIndices("take", indices, n), a);
  checkChoice("take", "mode", options.mode, ["error", "clip", "wrap", "fill"]);
  if (isFloat(indices.dtype)) wrapIndices("take", indices, n);
  const i = convert(indices, "i32");
  if (options.mode === "clip") return gatherAlong(x, clip(i, 0, n - 1), a);
  if (options.mode === "wrap") return gatherAlong(x, sub(i, mul(floorDivide(i, n), n)), a);
  const wrapped = where(less(i, 0), add(i, n), i);
  const inside = logicalAnd(greaterEqual(wrapped, 0), less(wrapped, n));
  const y = gatherAlong(x, clip(wrapped, 0, n - 1), a);
  const mask = reshape(inside, [...inside.shape, ...y.shape.slice(a + i.ndim).map(() => 1)]);
  return where(mask, y, options.fillValue ?? (isFloat(x.dtype) ? NaN : 0));
}

/** The two shapes as they broadcast against each other except along `axis`. */
export function alongShapes(name: string, x: Tensor, indices: Tensor, axis: number): [x: Shape, indices: Shape] {
  checkTensor(name, "indices", indices);
  const joint =
    x.ndim === indices.ndim ? broadcastShapes(without(x.shape, [axis]), without(indices.shape, [axis])) : undefined;
  if (joint === undefined)
    throw new RangeError(
      `${name}: x is ${describe(x)} and indices ${describe(indices)}, expected sizes that broadcast except along axis ${axis}.`,
    );
  return [joint.toSpliced(axis, 0, x.shape[axis]), joint.toSpliced(axis, 0, indices.shape[axis])];
}

/** For each position, the entry of x along `axis` that `indices` (same rank; the other sizes broadcast) names. */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  checkTensor("takeAlongAxis", "x", x);
  const a = normalizeAxis("takeAlongAxis", axis, x.ndim);
  const [shape, places] = alongShapes("takeAlongAxis", x, indices, a);
  const wrapped = broadcastTo(wrapIndices("takeAlongAxis", indices, x.shape[a]), places);
  const last = x.ndim - 1;
  const y = gatherRaw(moveAxis(broadcastTo(x, shape), a, last), moveAxis(wrapped, a, last), last);
  return moveAxis(y, last, a);
}

/** 1 at the position that each index names, along a new last axis of size `classes`; all zeros for an index outside. */
export function oneHot(indices: Tensor, classes: number, dtype: DType = "f32"): Tensor {
  checkDType("oneHot", dtype);
  checkTensor("oneHot", "indices", indices);
  if (!Number.isInteger(classes) || classes < 0)
    throw new RangeError(`oneHot: classes is ${classes}, expected a non-negative integer.`);
  if (isFloat(indices.dtype) || indices.dtype === "bool")
    throw new TypeError(`oneHot: indices are ${describe(indices)}, expected i32. Cast them with astype("i32").`);
  const shape = [...indices.shape, classes];
  const classOf = iota(indices.dtype, shape, shape.length - 1);
  return convert(equal(reshape(indices, [...indices.shape, 1]), classOf), dtype);
}

/** Iterating unrolls axis 0, which is static: `const [a, b] = pair`. */
export function* rows(x: Tensor): Generator<Tensor, void, undefined> {
  if (x.ndim === 0)
    throw new TypeError(`iteration: got the scalar ${describe(x)}, expected a tensor with an axis to iterate over.`);
  for (let i = 0; i < x.shape[0]; i++) yield at(x, i);
}
