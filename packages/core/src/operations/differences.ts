import { like, reshape } from "../primitives/basis.js";
import { gather } from "../primitives/indexing.js";
import { slice } from "../primitives/shape.js";
import { describe, normalizeAxes, normalizeAxis } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { add, clip, div, equal, greater, less, mul, neg, notEqual, sub, where } from "./arithmetic.js";
import { zeros } from "./creation.js";
import { cumsum } from "./cumulative.js";
import { type TensorLike, checkTensor, promote, toFloat, toTensor } from "./promote.js";
import { type Axes, sum } from "./reduction.js";
import { concat } from "./joining.js";
import { searchsorted } from "./sorting.js";

/* Differences, derivatives and integrals of samples along an axis. */

/** Entries from ... to along `axis`; negative ends count from behind. */
function part(x: Tensor, axis: number, from: number, to: number): Tensor {
  const n = x.shape[axis];
  const end = (k: number): number => Math.min(n, Math.max(0, k < 0 ? k + n : k));
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? end(from) : 0)),
    x.shape.map((m, i) => (i === axis ? Math.max(end(from), end(to)) : m)),
  );
}
const from = (x: Tensor, axis: number, start: number): Tensor => part(x, axis, start, x.shape[axis]);
const until = (x: Tensor, axis: number, stop: number): Tensor => part(x, axis, 0, Math.max(0, x.shape[axis] + stop));
/** A vector laid along `axis` of a tensor of `rank` axes. */
const along = (x: Tensor, axis: number, rank: number): Tensor =>
  reshape(
    x,
    Array.from({ length: rank }, (_, i) => (i === axis ? x.size : 1)),
  );

/** x[k + 1] - x[k] along `axis` (default the last), `n` times; `prepend` and `append` are joined to x first (unless n is 0). */
export function diff(
  x: Tensor,
  n = 1,
  axis = -1,
  options: { readonly prepend?: Tensor; readonly append?: Tensor } = {},
): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`diff: n is ${n}, expected a non-negative integer.`);
  const t = toTensor("diff", x);
  const a = normalizeAxis("diff", axis, t.ndim);
  if (n === 0) return t;
  const { prepend, append } = options;
  const parts = [prepend, t, append].filter((p) => p !== undefined);
  let y = parts.length === 1 ? t : concat(parts, a);
  for (let k = 0; k < n; k++) {
    const [right, left] = [from(y, a, 1), until(y, a, -1)];
    y = y.dtype === "bool" ? notEqual(right, left) : sub(right, left);
  }
  return y;
}

export interface TrapezoidOptions {
  /** Where the samples lie: a vector along the axis, or one that broadcasts against y. */
  readonly x?: Tensor;
  /** Their distance where `x` is not given; default 1. */
  readonly dx?: TensorLike;
  /** Default the last. */
  readonly axis?: number;
}
/** The areas of the trapezoids between neighbouring samples. */
function trapezoids(
  name: string,
  y: Tensor,
  { x, dx = 1, axis = -1 }: TrapezoidOptions,
): [areas: Tensor, axis: number] {
  const t = toFloat(name, y);
  const rank = Math.max(t.ndim, x?.ndim ?? 0);
  const a = normalizeAxis(name, axis, rank);
  const f = t.ndim === rank ? t : reshape(t, [...Array.from({ length: rank - t.ndim }, () => 1), ...t.shape]);
  const means = mul(add(from(f, a, 1), until(f, a, -1)), 0.5);
  if (x === undefined) return [mul(means, dx), a];
  const widths = x.ndim === 1 ? along(diff(x), a, rank) : diff(x, 1, a - rank);
  return [mul(means, widths), a];
}
/** Integral along an axis by the trapezoidal rule. */
export function trapezoid(y: Tensor, options: TrapezoidOptions = {}): Tensor {
  const [areas, axis] = trapezoids("trapezoid", y, options);
  return sum(areas, axis);
}
/** Running integral along an axis by the trapezoidal rule: one entry less than y, or, given `initial`, as many, the first being it. */
export function cumulativeTrapezoid(y: Tensor, options: TrapezoidOptions & { readonly initial?: number } = {}): Tensor {
  const [areas, axis] = trapezoids("cumulativeTrapezoid", y, options);
  const total = cumsum(areas, axis);
  if (options.initial === undefined) return total;
  const first = zeros(
    total.shape.map((n, i) => (i === axis ? 1 : n)),
    total.dtype,
  );
  return concat([add(first, options.initial), total], axis);
}

export interface GradientOptions {
  /** Default all; an array of derivatives is returned unless this is one number. */
  readonly axis?: Axes;
  /** Order of the one-sided differences at both ends; default 1. */
  readonly edgeOrder?: 1 | 2;
}
type Spacing = number | Tensor;
/**
 * Derivatives of samples by second-order central differences, one-sided at the ends, as numpy.gradient. `spacing` (default 1) is a distance or a
 * vector of positions, for all axes or one for each.
 */
export function gradient(
  x: Tensor,
  spacing: Spacing | readonly Spacing[] | undefined,
  options: GradientOptions & { readonly axis: number },
): Tensor;
export function gradient(x: Tensor, spacing?: Spacing | readonly Spacing[], options?: GradientOptions): Tensor[];
export function gradient(
  x: Tensor,
  spacing: Spacing | readonly Spacing[] = 1,
  { axis, edgeOrder = 1 }: GradientOptions = {},
): Tensor | Tensor[] {
  const t = toFloat("gradient", x);
  // Not sorted: spacings are in the order given.
  const list =
    typeof axis === "object"
      ? axis.map((a) => normalizeAxis("gradient", a, t.ndim))
      : normalizeAxes("gradient", axis, t.ndim);
  const steps = Array.isArray(spacing) ? (spacing as readonly Spacing[]) : list.map(() => spacing as Spacing);
  if (steps.length !== list.length)
    throw new RangeError(`gradient: ${steps.length} spacings for ${list.length} axes, expected one for each.`);
  const derivatives = list.map((a, i) => derivative(t, a, steps[i], edgeOrder));
  return typeof axis === "number" ? derivatives[0] : derivatives;
}

function derivative(f: Tensor, axis: number, spacing: Spacing, edgeOrder: 1 | 2): Tensor {
  if (edgeOrder !== 1 && edgeOrder !== 2)
    throw new RangeError(`gradient: edgeOrder is ${String(edgeOrder)}, expected 1 or 2.`);
  const n = f.shape[axis];
  if (n < edgeOrder + 1)
    throw new RangeError(`gradient: axis ${axis} of ${describe(f)} is too short, expected ${edgeOrder + 1} entries.`);
  const positions = spacing instanceof Tensor && spacing.ndim > 0;
  if (typeof spacing !== "number" && !(spacing instanceof Tensor))
    throw new TypeError(`gradient: the spacing is ${typeof spacing}, expected a number or a Tensor of positions.`);
  if (positions && (spacing.ndim !== 1 || spacing.size !== n))
    throw new RangeError(
      `gradient: the spacing is ${describe(spacing)}, expected a number or the ${n} positions along axis ${axis}.`,
    );
  const widths = positions ? along(diff(toFloat("gradient", spacing)), axis, f.ndim) : undefined;
  const step = typeof spacing === "number" ? like({ shape: [], dtype: f.dtype }, spacing) : spacing;
  const width = (k: number): Tensor => (widths === undefined ? step : part(widths, axis, k, k + 1 || n));
  const value = (k: number): Tensor => part(f, axis, k, k + 1 || n);
  const [left, middle, right] = [until(f, axis, -2), part(f, axis, 1, n - 1), from(f, axis, 2)];
  const inside =
    widths === undefined
      ? div(sub(right, left), mul(step, 2))
      : threePoint(left, middle, right, until(widths, axis, -1), from(widths, axis, 1));
  const ends =
    edgeOrder === 1
      ? [div(sub(value(1), value(0)), width(0)), div(sub(value(-1), value(-2)), width(-1))]
      : [
          oneSided(value(0), value(1), value(2), width(0), width(1)),
          neg(oneSided(value(-1), value(-2), value(-3), width(-1), width(-2))),
        ];
  return concat([ends[0], inside, ends[1]], axis);
}
/** The slope of the parabola through three points, in the middle one; p and q are the distances between them. */
const threePoint = (a: Tensor, b: Tensor, c: Tensor, p: Tensor, q: Tensor): Tensor =>
  div(add(mul(div(sub(b, a), p), q), mul(div(sub(c, b), q), p)), add(p, q));
/** The same, in the first one. */
const oneSided = (a: Tensor, b: Tensor, c: Tensor, p: Tensor, q: Tensor): Tensor => {
  const near = div(sub(b, a), p);
  return add(near, mul(div(sub(near, div(sub(c, b), q)), add(p, q)), p));
};

/**
 * Piecewise linear interpolation at x through the points (xp, fp), xp ascending. Outside, `left` (default fp[0]) and `right` (default the last of fp).
 * Differentiable in x, xp and fp.
 */
export function interp(
  x: TensorLike,
  xp: Tensor,
  fp: Tensor,
  options: { readonly left?: TensorLike; readonly right?: TensorLike } = {},
): Tensor {
  checkTensor("interp", "xp", xp);
  checkTensor("interp", "fp", fp);
  if (xp.ndim !== 1 || fp.ndim !== 1 || xp.size !== fp.size || xp.size === 0)
    throw new RangeError(
      `interp: xp is ${describe(xp)} and fp ${describe(fp)}, expected vectors of the same size of at least 1.`,
    );
  const n = xp.size;
  const [t, points, values] = promote("interp", [x, xp, fp]).map((y) => toFloat("interp", y));
  const at = (y: Tensor, i: Tensor): Tensor => gather(y, clip(i, 0, n - 1), 0);
  // The last point not above x, but one with a successor.
  const low = clip(sub(searchsorted(points, t, { side: "right" }), 1), 0, Math.max(0, n - 2));
  const [x0, x1] = [at(points, low), at(points, add(low, 1))];
  const [f0, f1] = [at(values, low), at(values, add(low, 1))];
  const width = sub(x1, x0);
  const flat = equal(width, 0);
  const inside = add(f0, mul(div(sub(t, x0), where(flat, 1, width)), where(flat, 0, sub(f1, f0))));
  const first = part(points, 0, 0, 1);
  const end = from(points, 0, n - 1);
  const { left = reshape(part(values, 0, 0, 1), []), right = reshape(from(values, 0, n - 1), []) } = options;
  return where(less(t, reshape(first, [])), left, where(greater(t, reshape(end, [])), right, inside));
}
