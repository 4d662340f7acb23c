import { scalar } from "../graph/record.js";
import { add as addRaw, broadcast, like, reshape, transpose } from "../primitives/basis.js";
import { choose, eq, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { dynamicSlice, dynamicUpdateSlice } from "../primitives/dynamicSlice.js";
import { gather, scatterAdd as scatterAddRaw, scatterMax, scatterMin } from "../primitives/indexing.js";
import { iota } from "../primitives/iota.js";
import { flip, pad, slice } from "../primitives/shape.js";
import { argsort } from "../primitives/sort.js";
import { isFloat } from "../tensor/dtype.js";
import { broadcastShapes, describe, describeShape, normalizeAxis, range, sameShape, sizeOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { maximum, minimum, mul } from "./arithmetic.js";
import { tensor } from "./creation.js";
import {
  type IndexSpec,
  type ResolvedIndex,
  linearPositions,
  lookupRows,
  resolveIndex,
  wrapIndices,
} from "./indexExpression.js";
import { alongShapes } from "./indexing.js";
import { type TensorLike, broadcastTo, checkTensor, fits, toTensor } from "./promote.js";

/** How an update meets what is there. "max" and "min" share the derivative among equal values. */
export type UpdateMode = "set" | "add" | "multiply" | "max" | "min";
export interface UpdateOptions {
  readonly mode?: UpdateMode;
}

const merge: Readonly<Record<UpdateMode, (old: Tensor, update: Tensor) => Tensor>> = {
  set: (_, update) => update,
  add: (old, update) => (old.dtype === "bool" ? choose("or", old, update) : addRaw(old, update)),
  multiply: mul,
  max: maximum,
  min: minimum,
};

/**
 * x with `value` written at an index: the same expressions as for `at`. The value broadcasts to the shape of `x.at(...index)`. Where an
 * index names an entry several times, all count, in order: with "set" the last one stays.
 *
 * @param index one entry or an array of them: see `at`.
 * @throws where a position outside is known; in compiled code updates outside are dropped.
 * @example x.updateAt([0, [1, 3]], 5)
 * @example x.updateAt([tensor([0, 2, 0], { dtype: "i32" })], rows, { mode: "add" })
 */
export function updateAt(
  x: Tensor,
  index: readonly IndexSpec[],
  value: TensorLike,
  options: UpdateOptions = {},
): Tensor {
  checkTensor("updateAt", "x", x);
  const mode = checkMode("updateAt", options.mode);
  if (!Array.isArray(index))
    throw new TypeError(`updateAt: the index is ${typeof index}, expected an array of entries such as [0, [1, 3]].`);
  const resolved = resolveIndex("updateAt", x, index);
  const update = checkUpdate("updateAt", x, value, resolved.shape);
  const { start, limit, step, flipped, kept, advanced, lookup } = resolved;
  const cut = slice(x, start, limit, step);
  if (lookup === undefined) return writeCut(x, merge[mode](cut, flip(reshape(update, cut.shape), flipped)), resolved);
  const turned = flip(cut, flipped);
  const rows = lookupRows(turned, resolved);
  const axes = advanced.map((a) => a.axis);
  const sizes = axes.map((a) => cut.shape[a]);
  const positions = linearPositions(
    advanced.map((a) => a.indices),
    sizes,
    lookup,
    "drop",
  );
  // The lookup's axes come first, those of the update that stood before them after.
  const plain = reshape(update, resolved.unexpanded);
  const { before } = resolved;
  const k = lookup.length;
  const order = [...range(k, before), ...range(before), ...range(plain.ndim - k - before, k + before)];
  const written = scatterRows(rows, positions, transpose(plain, order), mode);
  const moved = reshape(written, [...sizes, ...kept.map((a) => cut.shape[a])]);
  const places = [...axes, ...kept];
  const back = transpose(
    moved,
    range(x.ndim).map((a) => places.indexOf(a)),
  );
  return writeCut(x, flip(back, flipped), resolved);
}

/** x with the entries of a basic cut replaced by v, which has the cut's shape. */
function writeCut(x: Tensor, v: Tensor, { start, limit, step }: ResolvedIndex): Tensor {
  if (v.size === 0) return x;
  if (start.every((s, i) => s === 0 && limit[i] === x.shape[i] && step[i] === 1)) return v;
  if (step.every((s) => s === 1)) return dynamicUpdateSlice(x, v, tensor(Int32Array.from(start)), 0);
  const high = x.shape.map((n, i) => n - start[i] - ((v.shape[i] - 1) * step[i] + 1));
  const around = (t: Tensor): Tensor =>
    pad(
      t,
      0,
      start,
      high,
      step.map((s) => s - 1),
    );
  return select(around(like({ shape: v.shape, dtype: "bool" }, 1)), around(v), x);
}

/** x [N, R] with updates [I, R] merged in at i32 rows [I]; rows outside 0 ... N - 1 are dropped. */
function scatterRows(x: Tensor, positions: Tensor, updates: Tensor, mode: UpdateMode): Tensor {
  if (updates.size === 0) return x;
  if (mode === "add" && x.dtype !== "bool") return scatterAddRaw(x, positions, updates, 0);
  if (mode === "min") return scatterMin(x, positions, updates, 0);
  if (mode === "max" || mode === "add") return scatterMax(x, positions, updates, 0);
  const flat = reshape(positions, [positions.size]);
  const rows = reshape(updates, [flat.size, ...x.shape.slice(1)]);
  if (mode === "set" && flat.size === 1 && x.size > 0) return setRow(x, flat, rows);
  return mode === "set" ? chosen(x, flat, rows, x) : mul(x, productOfRows(x, flat, rows));
}

/** One row, of which only that one is touched. */
function setRow(x: Tensor, position: Tensor, row: Tensor): Tensor {
  const starts = pad(position, 0, [0], [x.ndim - 1]);
  const outside = choose(
    "or",
    choose("lt", position, like(position, 0)),
    choose("ge", position, like(position, x.shape[0])),
  );
  const old = dynamicSlice(x, starts, row.shape, 0);
  return dynamicUpdateSlice(x, select(broadcast(outside, row.shape, [0]), old, row), starts, 0);
}

/** The last update of each row, `otherwise` where there is none: deterministic, and each derivative goes to the update that stayed. */
function chosen(x: Tensor, positions: Tensor, updates: Tensor, otherwise: Tensor): Tensor {
  const none = like({ shape: [x.shape[0]], dtype: "i32" }, -1);
  const last = scatterMax(none, positions, iota("i32", positions.shape, 0), 0);
  const written = choose("ge", last, like(last, 0));
  const spread = reshape(written, [x.shape[0], ...x.shape.slice(1).map(() => 1)]);
  return select(broadcastTo(spread, x.shape), gather(updates, last, 0), otherwise);
}

/**
 * The product of the updates of each row, 1 where there are none. Sorted by row, a segmented scan (Hillis and Steele 1986) multiplies in
 * log2 K rounds: nothing is divided, so that derivatives of all orders are right at zeros.
 */
export function productOfRows(x: Tensor, positions: Tensor, updates: Tensor): Tensor {
  const order = argsort(positions);
  const ids = gather(positions, order, 0);
  let v = gather(updates, order, 0);
  const k = ids.size;
  for (let d = 1; d < k; d *= 2) {
    const same = eq(slice(ids, [d], [k]), slice(ids, [0], [k - d]));
    const joined = broadcastTo(reshape(pad(same, 0, [d], [0]), [k, ...v.shape.slice(1).map(() => 1)]), v.shape);
    const none = v.shape.slice(1).map(() => 0);
    const before = pad(slice(v, [0, ...none], [k - d, ...v.shape.slice(1)]), 1, [d, ...none], [0, ...none]);
    v = mul(v, select(joined, before, like(v, 1)));
  }
  return chosen(x, ids, v, like(x, 1));
}

/** x with `values` merged in, along `axis`, at the positions that takeAlongAxis reads. */
export function putAlongAxis(
  x: Tensor,
  indices: Tensor,
  values: TensorLike,
  axis = -1,
  options: UpdateOptions = {},
): Tensor {
  checkTensor("putAlongAxis", "x", x);
  const mode = checkMode("putAlongAxis", options.mode);
  const a = normalizeAxis("putAlongAxis", axis, x.ndim);
  const [whole, places] = alongShapes("putAlongAxis", x, indices, a);
  if (!sameShape(whole, x.shape))
    throw new RangeError(
      `putAlongAxis: indices are ${describe(indices)}, larger than ${describe(x)}. Broadcast x first.`,
    );
  const update = checkUpdate("putAlongAxis", x, values, places);
  const along = broadcastTo(wrapIndices("putAlongAxis", indices, x.shape[a]), places);
  const coordinates = range(x.ndim).map((b) => (b === a ? along : iota("i32", places, b)));
  const positions = linearPositions(coordinates, x.shape, places, "drop");
  return reshape(
    scatterRows(reshape(x, [x.size]), reshape(positions, [sizeOf(places)]), reshape(update, [sizeOf(places)]), mode),
    x.shape,
  );
}

/** x with `updates` added at `indices` along axis 0; repeated indices accumulate. Indices outside are dropped when compiled. */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  checkTensor("scatterAdd", "x", x);
  if (x.ndim === 0) throw new RangeError(`scatterAdd: x is ${describe(x)}, expected at least one axis.`);
  checkTensor("scatterAdd", "indices", indices);
  checkTensor("scatterAdd", "updates", updates);
  const expected = [...indices.shape, ...x.shape.slice(1)];
  if (!sameShape(updates.shape, expected) || updates.dtype !== x.dtype)
    throw new RangeError(
      `scatterAdd: updates are ${describe(updates)}, expected ${x.dtype}[${expected.join(", ")}]: the shape of the indices, then that of a row of x.`,
    );
  return scatterAddRaw(x, wrapIndices("scatterAdd", indices, x.shape[0]), updates, 0);
}

function checkMode(name: string, mode: UpdateMode = "set"): UpdateMode {
  if (!Object.hasOwn(merge, mode))
    throw new RangeError(`${name}: mode is ${String(mode)}, expected ${Object.keys(merge).join(", ")}.`);
  return mode;
}
/** The value as a tensor of x's dtype and of `shape`. */
function checkUpdate(name: string, x: Tensor, value: TensorLike, shape: readonly number[]): Tensor {
  const isNumber = !(value instanceof Tensor);
  if (isNumber && !isFloat(x.dtype) && !(Number.isInteger(Number(value)) && fits(Number(value), x.dtype)))
    throw new RangeError(`${name}: the value ${String(value)} does not fit ${describe(x)}. Cast it with astype first.`);
  const v = isNumber && typeof value === "number" ? scalar(value, x.dtype) : toTensor(name, value);
  if (v.dtype !== x.dtype && !v.weak && !isNumber)
    throw new TypeError(`${name}: the value is ${describe(v)} and x ${describe(x)}. Cast one with astype.`);
  // Leading axes of size 1 may be more than there are, as in NumPy.
  const extra = Math.max(0, v.ndim - shape.length);
  const trimmed = v.shape.slice(0, extra).every((n) => n === 1) ? reshape(v, v.shape.slice(extra)) : v;
  const joint = broadcastShapes(trimmed.shape, shape);
  if (joint === undefined || !sameShape(joint, shape))
    throw new RangeError(
      `${name}: a value of shape ${describeShape(v.shape)} does not broadcast to ${describeShape(shape)}.`,
    );
  return broadcastTo(convert(trimmed, x.dtype), shape);
}
