import type { Lowering, ViewAxis } from "../../graph/primitive.js";
import { viewAxis } from "../../graph/primitive.js";
import { type Shape, stridesOf } from "../../tensor/shape.js";

/** Which element of a value is read at a point of a kernel's iteration space: one coordinate for each axis of the value. */
export type Access = readonly ViewAxis[];

/** A position in memory as a function of the point: offset + sum of coefficient * coordinate. */
export interface Affine {
  readonly offset: number;
  readonly coefficients: readonly number[];
}

/** The shape that loops run over: axes of size 1 need none. */
export const squeezed = (shape: Shape): Shape => shape.filter((n) => n !== 1);

/** Each axis by the loop of its own, in the squeezed space of the same shape. */
export function identityAccess(shape: Shape): Access {
  let loop = 0;
  return shape.map((n) => (n === 1 ? { start: 0, terms: [] } : viewAxis(loop++)));
}

export const accessKey = (at: Access): string =>
  at.map((v) => [v.start, ...v.terms.map((t) => `${t.axis}*${t.step}`)].join()).join(";");

/** The access of an operation's input, given that of its output. */
export function through(l: Lowering, at: Access): Access {
  const axes = l.kind === "view" || l.kind === "alias" ? l.axes : undefined;
  if (axes === undefined) return at;
  return axes.map(({ start, terms }): ViewAxis => ({
    start: terms.reduce((sum, { axis, step }) => sum + step * at[axis].start, start),
    terms: terms.flatMap(({ axis, step }) => at[axis].terms.map((t) => ({ axis: t.axis, step: step * t.step }))),
  }));
}

/** Where a row-major value of this shape is read, in a space of `rank` axes. */
export function affineOf(shape: Shape, at: Access, rank: number): Affine {
  const strides = stridesOf(shape);
  const coefficients = new Array<number>(rank).fill(0);
  let offset = 0;
  at.forEach(({ start, terms }, k) => {
    offset += start * strides[k];
    if (shape[k] !== 1) for (const { axis, step } of terms) coefficients[axis] += step * strides[k];
  });
  return { offset, coefficients };
}

/** One loop of a kernel: an axis of the space, or neighbouring axes walked through as one. */
export interface Loop {
  readonly size: number;
  readonly reduced: boolean;
  /** Outermost first. */
  readonly axes: readonly number[];
}

/** Rows shorter than this are folded together with their neighbours. */
const ROW = 512;

/**
 * The loops over axes `from` ... `to` - 1. Neighbours that are kept merge when every access steps over the inner one without a gap.
 * Neighbours that are reduced merge when their rows are short, whatever is read: how a sum is cut into rows and blocks fixes its
 * bits, so it depends on the shape alone.
 */
export function loopsOf(
  space: Shape,
  reduced: readonly number[],
  accesses: readonly Affine[],
  from: number = 0,
  to: number = space.length,
): Loop[] {
  const loops: Loop[] = [];
  for (let axis = from; axis < to; axis++) {
    const size = space[axis];
    const before = loops[loops.length - 1] as Loop | undefined;
    const isReduced = reduced.includes(axis);
    if (before !== undefined && before.reduced === isReduced && isReduced && rowsMerge(space, reduced, axis)) {
      loops[loops.length - 1] = { size: before.size * size, reduced: true, axes: [...before.axes, axis] };
    } else if (
      before !== undefined &&
      !before.reduced &&
      !isReduced &&
      accesses.every((a) => isContiguous(a, [before.axes[before.axes.length - 1], axis], space))
    ) {
      loops[loops.length - 1] = { size: before.size * size, reduced: false, axes: [...before.axes, axis] };
    } else loops.push({ size, reduced: isReduced, axes: [axis] });
  }
  return loops;
}

/** Whether reduced axis `axis` is folded into the row of the one before it: what follows it in its run is short. */
function rowsMerge(space: Shape, reduced: readonly number[], axis: number): boolean {
  let row = 1;
  for (let k = axis; k < space.length && reduced.includes(k); k++) row *= space[k];
  return row < ROW;
}

/** Whether an access walks through these neighbouring axes without a gap. */
export const isContiguous = (a: Affine, axes: readonly number[], space: Shape): boolean =>
  axes.slice(1).every((axis, i) => a.coefficients[axes[i]] === a.coefficients[axis] * space[axis]);
