import { moveAxis as moveAxisRaw, reshape as reshapeRaw, transpose as transposeRaw } from "../primitives/basis.js";
import { flip as flipRaw, concat as concatRaw, pad as padRaw, slice as sliceRaw } from "../primitives/shape.js";
import { lowerMask, tril as trilRaw } from "../primitives/linalg.js";
import {
  type Shape,
  broadcastShapes,
  checkShape,
  describe,
  describeShape,
  inserted,
  normalizeAxes,
  normalizeAxis,
  range,
  sameShape,
  sizeOf,
} from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Axes } from "./reduction.js";
import { logicalNot, where } from "./arithmetic.js";
import { eye, full } from "./creation.js";
import { broadcastTo as broadcastToRaw, checkTensor, fits, promote } from "./promote.js";

/** The same elements in another shape; one entry may be -1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (!Array.isArray(shape))
    throw new TypeError(`reshape: the shape is ${typeof shape}, expected an array of sizes such as [2, -1].`);
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((n) => n !== -1));
  const whole = open < 0 ? [...shape] : shape.map((n, i) => (i === open ? x.size / known : n));
  if (
    shape.filter((n) => n === -1).length > 1 ||
    whole.some((n) => !Number.isInteger(n) || n < 0) ||
    sizeOf(whole) !== x.size
  )
    throw new RangeError(
      `reshape: cannot give ${x.size} elements of shape ${describeShape(x.shape)} the shape ${describeShape(shape)}. The products of the sizes must agree.`,
    );
  return reshapeRaw(x, whole);
}
/** All elements in one axis. */
export function flatten(x: Tensor): Tensor {
  return reshapeRaw(x, [x.size]);
}

/** Axes in the order given; without an order, reversed. */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  if (axes !== undefined && !Array.isArray(axes))
    throw new TypeError(`transpose: axes are ${typeof axes}, expected an array such as [1, 0].`);
  const order = axes === undefined ? range(x.ndim).reverse() : axes.map((a) => normalizeAxis("transpose", a, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== order.length)
    throw new RangeError(
      `transpose: axes are [${order.join(", ")}], expected each of the ${x.ndim} axes of ${describe(x)} exactly once.`,
    );
  return transposeRaw(x, order);
}
/** Moves one axis to another position; the others keep their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  return moveAxisRaw(x, normalizeAxis("moveAxis", from, x.ndim), normalizeAxis("moveAxis", to, x.ndim));
}
/** Exchanges two axes. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  const [i, j] = [normalizeAxis("swapAxes", a, x.ndim), normalizeAxis("swapAxes", b, x.ndim)];
  return transposeRaw(
    x,
    range(x.ndim).map((k) => (k === i ? j : k === j ? i : k)),
  );
}
/** Drops axes of size 1 (default: all of them). */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const list =
    axes === undefined ? range(x.ndim).filter((i) => x.shape[i] === 1) : normalizeAxes("squeeze", axes, x.ndim);
  for (const a of list)
    if (x.shape[a] !== 1)
      throw new RangeError(`squeeze: axis ${a} of ${describe(x)} has size ${x.shape[a]}, expected 1.`);
  return reshapeRaw(
    x,
    x.shape.filter((_, i) => !list.includes(i)),
  );
}
/** Adds an axis of size 1 at `axis`. */
export function expandDims(x: Tensor, axis: number): Tensor {
  return reshapeRaw(x, inserted(x.shape, normalizeAxis("expandDims", axis, x.ndim + 1), 1));
}
/** Stretches axes of size 1 and adds leading axes. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkShape("broadcastTo", shape);
  const joint = broadcastShapes(x.shape, shape);
  if (joint === undefined || !sameShape(joint, shape))
    throw new RangeError(
      `broadcastTo: ${describe(x)} does not broadcast to ${describeShape(shape)}. Sizes must be equal or 1.`,
    );
  return broadcastToRaw(x, [...shape]);
}
/** Reverses the order along `axes` (default all). */
export function flip(x: Tensor, axes?: Axes): Tensor {
  return flipRaw(x, normalizeAxes("flip", axes, x.ndim));
}

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
/** Cuts an axis into equal parts (a number) or at the given positions. */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  const a = normalizeAxis("split", axis, x.ndim);
  const n = x.shape[a];
  if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || n % parts !== 0))
    throw new RangeError(
      `split: axis ${a} of ${describe(x)} has ${n} entries, which ${parts} equal parts do not divide. Give positions instead.`,
    );
  if (typeof parts !== "number" && [0, ...parts, n].some((p, i, all) => !Number.isInteger(p) || p < (all[i - 1] ?? 0)))
    throw new RangeError(
      `split: positions are [${parts.join(", ")}], expected ascending integers from 0 to ${n}, the size of axis ${a} of ${describe(x)}.`,
    );
  const cuts = typeof parts === "number" ? range(parts + 1).map((i) => (i * n) / parts) : [0, ...parts, n];
  return cuts.slice(1).map((to, i) => {
    const start = x.shape.map((_, k) => (k === a ? cuts[i] : 0));
    const limit = x.shape.map((m, k) => (k === a ? to : m));
    return sliceRaw(x, start, limit);
  });
}
/** Adds `value` around: `widths` is [before, after] for each axis. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (widths.length !== x.ndim || widths.flat().some((w) => !Number.isInteger(w) || w < 0))
    throw new RangeError(
      `pad: widths are ${JSON.stringify(widths)} for ${describe(x)}, expected [before, after] for each of its axes.`,
    );
  if (x.dtype !== "f32" && x.dtype !== "f64" && (!Number.isInteger(value) || !fits(value, x.dtype)))
    throw new RangeError(`pad: the value ${value} does not fit ${describe(x)}. Cast it with astype first.`);
  return padRaw(
    x,
    value,
    widths.map(([low]) => low),
    widths.map(([, high]) => high),
  );
}
/** The lower triangle of the last two axes; `offset` moves the diagonal up. */
export function tril(x: Tensor, offset = 0): Tensor {
  return trilRaw(matrix("tril", x, offset), -offset);
}
/** The upper triangle of the last two axes; `offset` moves the diagonal up. */
export function triu(x: Tensor, offset = 0): Tensor {
  const keep = logicalNot(lowerMask(matrix("triu", x, offset), 1 - offset));
  return where(keep, x, zero(x));
}
/** The diagonal of the last two axes. */
export function diagonal(x: Tensor): Tensor {
  const n = Math.min(...matrix("diagonal", x).shape.slice(-2));
  const square = sliceRaw(
    x,
    x.shape.map(() => 0),
    [...x.shape.slice(0, -2), n, n],
  );
  // In a row-major matrix the diagonal is every (n + 1)-th element.
  const rows = reshapeRaw(square, [...x.shape.slice(0, -2), n * n]);
  const steps = rows.shape.map((_, i) => (i === rows.ndim - 1 ? n + 1 : 1));
  return sliceRaw(
    rows,
    rows.shape.map(() => 0),
    rows.shape,
    steps,
  );
}
/** A square matrix with the last axis on its diagonal. */
export function diag(x: Tensor): Tensor {
  const n = x.shape[normalizeAxis("diag", -1, x.ndim)];
  return where(eye(n, n, "bool"), expandDims(x, -1), zero(x));
}
const zero = (x: Tensor): Tensor => full([], 0, x.dtype);
function matrix(name: string, x: Tensor, offset = 0): Tensor {
  if (!Number.isInteger(offset)) throw new RangeError(`${name}: offset is ${offset}, expected an integer.`);
  if (x.ndim < 2) throw new RangeError(`${name}: got ${describe(x)}, expected at least two axes.`);
  return x;
}
