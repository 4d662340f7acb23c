import { reshape } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import {
  dynamicSlice as dynamicSliceRaw,
  dynamicUpdateSlice as dynamicUpdateSliceRaw,
} from "../primitives/dynamicSlice.js";
import { concat } from "../primitives/shape.js";
import { isFloat } from "../tensor/dtype.js";
import { type Shape, checkShape, describe } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { tensor } from "./creation.js";
import { checkTensor } from "./promote.js";

/** Where a window begins: an i32 vector with an entry an axis, or an array of numbers and integer scalars. */
export type Starts = Tensor | readonly (number | Tensor)[];

function startVector(name: string, x: Tensor, starts: Starts): Tensor {
  const list = starts instanceof Tensor ? [starts] : starts;
  if (starts instanceof Tensor ? starts.ndim !== 1 || starts.size !== x.ndim : list.length !== x.ndim)
    throw new RangeError(`${name}: got ${list.length} starts for ${describe(x)}, expected one for each axis.`);
  const entries = list.map((s) => {
    if (typeof s === "number" && !Number.isInteger(s))
      throw new RangeError(`${name}: a start is ${s}, expected integers.`);
    if (s instanceof Tensor && (isFloat(s.dtype) || s.dtype === "bool" || (s !== starts && s.size !== 1)))
      throw new TypeError(`${name}: a start is ${describe(s)}, expected an i32 scalar.`);
    return s instanceof Tensor ? convert(s, "i32") : tensor(Int32Array.of(s));
  });
  return starts instanceof Tensor
    ? entries[0]
    : concat(
        entries.map((s) => reshape(s, [1])),
        0,
      );
}

/**
 * The window of x of the given sizes that begins at `starts`, which may be traced. As in lax, a window that would reach outside is moved
 * inside; negative starts do not count from the end.
 */
export function dynamicSlice(x: Tensor, starts: Starts, sizes: Shape): Tensor {
  checkTensor("dynamicSlice", "x", x);
  checkShape("dynamicSlice", sizes);
  if (sizes.length !== x.ndim || sizes.some((n, i) => n > x.shape[i]))
    throw new RangeError(`dynamicSlice: sizes are [${sizes.join(", ")}], expected at most those of ${describe(x)}.`);
  return x.ndim === 0 ? x : dynamicSliceRaw(x, startVector("dynamicSlice", x, starts), [...sizes], 0);
}

/** x with `update` (same rank, no axis longer) written into the window that begins at `starts`: see dynamicSlice. */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, starts: Starts): Tensor {
  checkTensor("dynamicUpdateSlice", "x", x);
  checkTensor("dynamicUpdateSlice", "update", update);
  if (update.ndim !== x.ndim || update.shape.some((n, i) => n > x.shape[i]) || update.dtype !== x.dtype)
    throw new RangeError(
      `dynamicUpdateSlice: the update is ${describe(update)}, expected ${x.dtype} of the rank of ${describe(x)}, no axis longer.`,
    );
  if (x.ndim === 0) return update;
  return dynamicUpdateSliceRaw(x, update, startVector("dynamicUpdateSlice", x, starts), 0);
}
