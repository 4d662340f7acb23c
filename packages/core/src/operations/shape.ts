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
import { type Axes, sum } from "./reduction.js";
import { logicalNot, mul, where } from "./arithmetic.js";
import { eye } from "./creation.js";
import { broadcastTo as broadcastToRaw, promote } from "./promote.js";

/** The same elements in another shape; one entry may be -1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((n) => n !== -1));
  const full = open < 0 ? shape : shape.map((n, i) => (i === open ? x.size / known : n));
  if (
    shape.filter((n) => n === -1).length > 1 ||
    full.some((n) => !Number.isInteger(n) || n < 0) ||
    sizeOf(full) !== x.size
  )
    throw new RangeError(
      `reshape: cannot give ${x.size} elements of shape ${describeShape(x.shape)} the shape ${describeShape(shape)}. The products of the sizes must agree.`,
    );
  return reshapeRaw(x, full);
}
/** All elements in one axis. */
export function flatten(x: Tensor): Tensor {
  return reshapeRaw(x, [x.size]);
}

/** Axes in the order given; without an order, reversed. */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
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
  return broadcastToRaw(x, shape);
}
/** Reverses the order along `axes` (default all). */
export function flip(x: Tensor, axes?: Axes): Tensor {
  return flipRaw(x, normalizeAxes("flip", axes, x.ndim));
}

/** Joins tensors along an existing axis. */
export function concat(inputs: readonly Tensor[], axis = 0): Tensor {
  if (inputs.length === 0) throw new RangeError("concat: got no tensors, expected at least one.");
  const promoted = promote("concat", inputs);
  const [first] = promoted;
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
  if (inputs.length === 0) throw new RangeError("stack: got no tensors, expected at least one.");
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
  return padRaw(
    x,
    value,
    widths.map(([low]) => low),
    widths.map(([, high]) => high),
  );
}
/** The lower triangle of the last two axes; `offset` moves the diagonal up. */
export function tril(x: Tensor, offset = 0): Tensor {
  return trilRaw(matrix("tril", x), -offset);
}
/** The upper triangle of the last two axes; `offset` moves the diagonal up. */
export function triu(x: Tensor, offset = 0): Tensor {
  const keep = logicalNot(lowerMask(matrix("triu", x), 1 - offset));
  return where(keep, x, 0);
}
/** The diagonal of the last two axes. */
export function diagonal(x: Tensor): Tensor {
  const n = Math.min(...matrix("diagonal", x).shape.slice(-2));
  const square = sliceRaw(
    x,
    x.shape.map(() => 0),
    [...x.shape.slice(0, -2), n, n],
  );
  return sum(mul(square, eye(n, n, x.dtype)), -1);
}
/** A square matrix with the last axis on its diagonal. */
export function diag(x: Tensor): Tensor {
  const n = x.shape[normalizeAxis("diag", -1, x.ndim)];
  return mul(expandDims(x, -1), eye(n, n, x.dtype));
}
function matrix(name: string, x: Tensor): Tensor {
  if (x.ndim < 2) throw new RangeError(`${name}: got ${describe(x)}, expected at least two axes.`);
  return x;
}
