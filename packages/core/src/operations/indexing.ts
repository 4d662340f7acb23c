import { gather as gatherRaw, scatterAdd as scatterAddRaw } from "../primitives/indexing.js";
import { moveAxis, reshape, transpose } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import { slice as sliceRaw } from "../primitives/shape.js";
import { argsort as argsortRaw } from "../primitives/sort.js";
import { iota } from "../primitives/iota.js";
import { Tracer } from "../graph/tracer.js";
import { type DType, isFloat } from "../tensor/dtype.js";
import { describe, normalizeAxis, range, sameShape, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, equal, less, sub, where } from "./arithmetic.js";
import { checkDType } from "./creation.js";
import { checkTensor } from "./promote.js";
import { flip } from "./shape.js";

/** One entry an axis: a position, a range `[from, to]` or `[from, to, step]` (null leaves an end open), or null for all. */
export type SliceSpec = number | null | readonly [from: number | null, to: number | null, step?: number];

/**
 * Basic indexing, like NumPy's x[1, 2:5, :]. A number drops its axis; negative positions count from the end; ranges are
 * clamped to the tensor as in NumPy; a position outside is an error.
 *
 * @example x.at(0)                   // first row
 * @example x.at(null, [1, -1])       // all rows, all columns but the first and the last
 */
export function at(x: Tensor, ...spec: SliceSpec[]): Tensor {
  if (spec.length > x.ndim)
    throw new RangeError(
      `at: ${spec.length} indices for ${describe(x)}, which has ${x.ndim} axes. Give at most one an axis.`,
    );
  const start: number[] = [];
  const limit: number[] = [];
  const step: number[] = [];
  const dropped: number[] = [];
  x.shape.forEach((n, axis) => {
    const s = spec[axis] ?? null;
    if (typeof s === "number") {
      if (!Number.isInteger(s) || s < -n || s >= n)
        throw new RangeError(
          `at: index ${s} is out of range for axis ${axis} of ${describe(x)}, which has ${n} entries.`,
        );
      const i = s < 0 ? s + n : s;
      start.push(i);
      limit.push(i + 1);
      step.push(1);
      dropped.push(axis);
      return;
    }
    if (s !== null && !Array.isArray(s))
      throw new TypeError(
        `at: the index of axis ${axis} is ${typeof s}, expected an integer, [from, to] or null. Use take for a tensor of indices.`,
      );
    const [from, to, by = 1] = s ?? [null, null, 1];
    if (![from, to].every((i) => i === null || i === undefined || Number.isInteger(i)))
      throw new RangeError(
        `at: the range on axis ${axis} is [${from}, ${to}], expected integers or null for an open end.`,
      );
    if (!Number.isInteger(by) || by < 1)
      throw new RangeError(
        `at: step ${by} on axis ${axis}, expected a positive integer. Use flip for the other direction.`,
      );
    const wrap = (i: number): number => Math.min(n, Math.max(0, i < 0 ? i + n : i));
    const a = from === null || from === undefined ? 0 : wrap(from);
    start.push(a);
    limit.push(Math.max(a, to === null || to === undefined ? n : wrap(to)));
    step.push(by);
  });
  const cut = sliceRaw(x, start, limit, step);
  return reshape(cut, without(cut.shape, dropped));
}

function checkIndices(name: string, indices: Tensor, size: number): Tensor {
  checkTensor(name, "indices", indices);
  if (indices.dtype !== "i32" && indices.dtype !== "u32")
    throw new TypeError(`${name}: indices are ${describe(indices)}, expected i32. Cast them with astype("i32").`);
  // Compiled code clamps; where the values are known an index outside is an error.
  if (!(indices instanceof Tracer))
    for (const i of indices.storage)
      if (i < -size || i >= size)
        throw new RangeError(
          `${name}: index ${i} is out of range for an axis of ${size} entries (negative ones count from the end).`,
        );
  const signed = convert(indices, "i32");
  return where(less(signed, 0), add(signed, size), signed);
}

/**
 * Entries of x at `indices` along `axis`: the result has the shape of the indices in place of that axis.
 * Eager indices outside are an error; compiled ones are clamped.
 */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const a = normalizeAxis("take", axis, x.ndim);
  const wrapped = checkIndices("take", indices, x.shape[a]);
  const y = gatherRaw(moveAxis(x, a, 0), wrapped, 0);
  // The index axes stand in front: they go where the axis was.
  const k = indices.ndim;
  return transpose(y, [...range(a, k), ...range(k), ...range(y.ndim - k - a, k + a)]);
}

/** For each position, the entry of x along `axis` that `indices` (same rank, same other sizes) names. */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  const a = normalizeAxis("takeAlongAxis", axis, x.ndim);
  checkTensor("takeAlongAxis", "indices", indices);
  if (indices.ndim !== x.ndim || !sameShape(without(indices.shape, [a]), without(x.shape, [a])))
    throw new RangeError(
      `takeAlongAxis: x is ${describe(x)} and indices ${describe(indices)}, expected equal sizes except along axis ${a}.`,
    );
  const wrapped = checkIndices("takeAlongAxis", indices, x.shape[a]);
  const last = x.ndim - 1;
  const y = gatherRaw(moveAxis(x, a, last), moveAxis(wrapped, a, last), last);
  return moveAxis(y, last, a);
}

/** x with `updates` added at `indices` along axis 0; repeated indices accumulate. Indices outside are dropped when compiled. */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  if (x.ndim === 0) throw new RangeError(`scatterAdd: x is ${describe(x)}, expected at least one axis.`);
  checkTensor("scatterAdd", "indices", indices);
  checkTensor("scatterAdd", "updates", updates);
  const expected = [...indices.shape, ...x.shape.slice(1)];
  if (!sameShape(updates.shape, expected) || updates.dtype !== x.dtype)
    throw new RangeError(
      `scatterAdd: updates are ${describe(updates)}, expected ${x.dtype}[${expected.join(", ")}]: the shape of the indices, then that of a row of x.`,
    );
  return scatterAddRaw(x, checkIndices("scatterAdd", indices, x.shape[0]), updates, 0);
}

/** The i32 order that sorts x along `axis`: equal elements keep their order; NaN counts as the largest. */
export function argsort(x: Tensor, axis = -1, options: { readonly descending?: boolean } = {}): Tensor {
  const a = normalizeAxis("argsort", axis, x.ndim);
  if (options.descending !== true) return moveAxis(argsortRaw(moveAxis(x, a, x.ndim - 1)), x.ndim - 1, a);
  // Reversed before and after, so that ties keep their order.
  return sub(x.shape[a] - 1, flip(argsort(flip(x, a), a), a));
}
/** x sorted along `axis`, ascending unless told otherwise. */
export function sort(x: Tensor, axis = -1, options: { readonly descending?: boolean } = {}): Tensor {
  return takeAlongAxis(x, argsort(x, axis, options), axis);
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
