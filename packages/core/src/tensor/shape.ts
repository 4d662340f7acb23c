import type { DType } from "./dtype.js";

export type Shape = readonly number[];

/**
 * What is known of a tensor before it has a value. `weak` marks a scalar that came from a JS number: it takes the dtype
 * of what it meets and never widens it.
 */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weak?: boolean;
}

export const type = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });
// Loops, not closures: every operation asks these.
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
/** As cache keys compare types: weakness counts. */
export const equalType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && (a.weak === true) === (b.weak === true) && sameShape(a.shape, b.shape);

/** Equal strings mean equal types. */
export const typeKey = (t: TensorType): string => `${t.dtype}${t.weak === true ? "w" : ""}${t.shape.join("x")}`;

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

export function range(n: number, from = 0): number[] {
  const out = new Array<number>(n);
  for (let i = 0; i < n; i++) out[i] = from + i;
  return out;
}
export const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));
export const inserted = (shape: Shape, axis: number, size: number): number[] => [
  ...shape.slice(0, axis),
  size,
  ...shape.slice(axis),
];

/** `f32[3, 4]`, as it is printed in graphs and errors. */
export const describe = (t: TensorType): string => `${t.dtype}[${t.shape.join(", ")}]`;
export const describeShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The shape that both broadcast to under NumPy's rule, or undefined. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** A negative axis counts from the end. Throws in the name of `operation` when out of range. */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new RangeError(
      `${operation}: axis ${axis} is out of range for a tensor of ${rank} dimension${rank === 1 ? "" : "s"}. ` +
        (rank === 0 ? "A scalar has no axes." : `Use an integer from ${-rank} to ${rank - 1}.`),
    );
  return axis < 0 ? axis + rank : axis;
}

/** `undefined` means every axis. The result is sorted and without duplicates. */
export function normalizeAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return range(rank);
  if (typeof axes !== "number" && !Array.isArray(axes))
    throw new TypeError(
      `${operation}: axes are ${axes === null ? "null" : typeof axes}, expected an integer or an array of integers. Leave it out for all axes.`,
    );
  const list = typeof axes === "number" ? [axes] : axes;
  const out = list.map((a) => normalizeAxis(operation, a, rank)).sort((a, b) => a - b);
  for (let i = 1; i < out.length; i++)
    if (out[i] === out[i - 1])
      throw new RangeError(`${operation}: axis ${out[i]} is given twice in [${list.join(", ")}]. Name each axis once.`);
  return out;
}

export function checkShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((d) => !Number.isSafeInteger(d) || d < 0))
    throw new RangeError(
      `${operation}: shape is ${JSON.stringify(shape)}, expected an array of non-negative integers such as [3, 4].`,
    );
  if (sizeOf(shape) > 2 ** 29)
    throw new RangeError(
      `${operation}: shape ${describeShape(shape)} has ${sizeOf(shape)} elements, more than the 2^29 a tensor can hold. Split it.`,
    );
}
