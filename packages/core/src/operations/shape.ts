import { moveAxis as moveAxisRaw, reshape as reshapeRaw, transpose as transposeRaw } from "../primitives/basis.js";
import { concat as concatRaw, flip as flipRaw, slice as sliceRaw } from "../primitives/shape.js";
import {
  type Shape,
  broadcastShapes as jointShape,
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
import { broadcastTo as broadcastToRaw, checkTensor } from "./promote.js";

/** The same elements in another shape; one entry may be -1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor("reshape", "x", x);
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
  checkTensor("flatten", "x", x);
  return reshapeRaw(x, [x.size]);
}

/** All elements in one axis, as flatten: NumPy's other name. */
export function ravel(x: Tensor): Tensor {
  checkTensor("ravel", "x", x);
  return flatten(x);
}

/** Axes in the order given; without an order, reversed. */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  checkTensor("transpose", "x", x);
  if (axes !== undefined && !Array.isArray(axes))
    throw new TypeError(`transpose: axes are ${typeof axes}, expected an array such as [1, 0].`);
  const order = axes === undefined ? range(x.ndim).reverse() : axes.map((a) => normalizeAxis("transpose", a, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== order.length)
    throw new RangeError(
      `transpose: axes are [${order.join(", ")}], expected each of the ${x.ndim} axes of ${describe(x)} exactly once.`,
    );
  return transposeRaw(x, order);
}
/** Moves one axis, or several, to other positions; the others keep their order. */
export function moveAxis(x: Tensor, from: Axes, to: Axes): Tensor {
  checkTensor("moveAxis", "x", x);
  const list = (axes: Axes): number[] => [axes].flat().map((a) => normalizeAxis("moveAxis", a, x.ndim));
  const [source, target] = [list(from), list(to)];
  if (source.length === 1 && target.length === 1) return moveAxisRaw(x, source[0], target[0]);
  if (source.length !== target.length || [source, target].some((l) => new Set(l).size !== l.length))
    throw new RangeError(
      `moveAxis: moves axes [${source.join(", ")}] to [${target.join(", ")}], expected as many targets as sources, each once.`,
    );
  const order = range(x.ndim).filter((a) => !source.includes(a));
  for (const t of [...target].sort((i, j) => i - j)) order.splice(t, 0, source[target.indexOf(t)]);
  return transposeRaw(x, order);
}
/** Exchanges two axes. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  checkTensor("swapAxes", "x", x);
  const [i, j] = [normalizeAxis("swapAxes", a, x.ndim), normalizeAxis("swapAxes", b, x.ndim)];
  return transposeRaw(
    x,
    range(x.ndim).map((k) => (k === i ? j : k === j ? i : k)),
  );
}
/** Drops axes of size 1 (default: all of them). */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  checkTensor("squeeze", "x", x);
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
/** Adds axes of size 1 at these positions of the result. */
export function expandDims(x: Tensor, axes: Axes): Tensor {
  checkTensor("expandDims", "x", x);
  const list = normalizeAxes("expandDims", axes, x.ndim + [axes].flat().length);
  return reshapeRaw(
    x,
    list.reduce<readonly number[]>((shape, a) => inserted(shape, a, 1), x.shape),
  );
}
/** x with at least one axis: a scalar becomes [1]. */
export function atLeast1d(x: Tensor): Tensor {
  checkTensor("atLeast1d", "x", x);
  return x.ndim > 0 ? x : reshapeRaw(x, [1]);
}
/** x with at least two axes: a vector becomes one row. */
export function atLeast2d(x: Tensor): Tensor {
  checkTensor("atLeast2d", "x", x);
  return x.ndim > 1 ? x : reshapeRaw(x, [1, x.size]);
}
/** x with at least three axes: a vector of n becomes [1, n, 1], a matrix [n, m, 1]. */
export function atLeast3d(x: Tensor): Tensor {
  checkTensor("atLeast3d", "x", x);
  return x.ndim > 2 ? x : reshapeRaw(x, x.ndim === 2 ? [...x.shape, 1] : [1, x.size, 1]);
}
/** Stretches axes of size 1 and adds leading axes. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor("broadcastTo", "x", x);
  checkShape("broadcastTo", shape);
  const joint = jointShape(x.shape, shape);
  if (joint === undefined || !sameShape(joint, shape))
    throw new RangeError(
      `broadcastTo: ${describe(x)} does not broadcast to ${describeShape(shape)}. Sizes must be equal or 1.`,
    );
  return broadcastToRaw(x, [...shape]);
}
/** Reverses the order along `axes` (default all). */
export function flip(x: Tensor, axes?: Axes): Tensor {
  checkTensor("flip", "x", x);
  return flipRaw(x, normalizeAxes("flip", axes, x.ndim));
}

/** The shape that all of these broadcast to under NumPy's rule. @throws when there is none. */
export function broadcastShapes(...shapes: Shape[]): Shape {
  shapes.forEach((shape) => checkShape("broadcastShapes", shape));
  return common("broadcastShapes", shapes);
}
function common(name: string, shapes: readonly Shape[]): Shape {
  return shapes.reduce<Shape>((joint, shape) => {
    const next = jointShape(joint, shape);
    if (next === undefined)
      throw new RangeError(
        `${name}: ${shapes.map(describeShape).join(", ")} do not broadcast. Sizes must be equal or 1, counted from the last axis.`,
      );
    return next;
  }, []);
}
/** The tensors stretched to their common shape; each keeps its dtype. */
export function broadcastArrays(...inputs: Tensor[]): Tensor[] {
  inputs.forEach((x, i) => checkTensor("broadcastArrays", `input ${i}`, x));
  const shape = common(
    "broadcastArrays",
    inputs.map((x) => x.shape),
  );
  return inputs.map((x) => broadcastToRaw(x, shape));
}

/**
 * Entries moved on by `shift` places, those pushed out at the end coming in at the start. Without axes x is rolled as if flat; several axes
 * take a shift each, or share one.
 */
export function roll(x: Tensor, shift: number | readonly number[], axes?: Axes): Tensor {
  checkTensor("roll", "x", x);
  if (axes === undefined) return reshapeRaw(roll(flatten(x), shift, 0), x.shape);
  const list = [axes].flat().map((a) => normalizeAxis("roll", a, x.ndim));
  const shifts = [shift].flat();
  const count = Math.max(list.length, shifts.length);
  if (![...shifts, 0].every(Number.isInteger) || [list, shifts].some((l) => l.length !== count && l.length !== 1))
    throw new RangeError(
      `roll: shifts are [${shifts.join(", ")}] for axes [${list.join(", ")}], expected one integer, or one an axis.`,
    );
  return range(count).reduce((y, k) => rolled(y, shifts[k % shifts.length], list[k % list.length]), x);
}
function rolled(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axis];
  const by = n === 0 ? 0 : ((shift % n) + n) % n;
  if (by === 0) return x;
  const cut = (from: number, to: number): Tensor =>
    sliceRaw(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.map((m, i) => (i === axis ? to : m)),
    );
  return concatRaw([cut(n - by, n), cut(0, n - by)], axis);
}
/** Turned by k quarter turns in the plane of two axes, from the first towards the second. */
export function rot90(x: Tensor, k = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  checkTensor("rot90", "x", x);
  const [a, b] = Array.isArray(axes) ? axes.map((axis) => normalizeAxis("rot90", axis, x.ndim)) : [];
  if (!Number.isInteger(k) || axes.length !== 2 || a === b)
    throw new RangeError(
      `rot90: k is ${String(k)} and axes ${JSON.stringify(axes)}, expected an integer and two different axes.`,
    );
  const turns = ((k % 4) + 4) % 4;
  if (turns === 2) return flipRaw(x, [a, b]);
  if (turns === 1) return swapAxes(flipRaw(x, [b]), a, b);
  return turns === 3 ? flipRaw(swapAxes(x, a, b), [b]) : x;
}
