import { bind1 } from "../graph/trace.js";
import { reshape, sum, transpose } from "../primitives/basis.js";
import { argExtremumPrimitive, reduceMax } from "../primitives/reduce.js";
import { windows } from "../primitives/windows.js";
import { isFloat } from "../tensor/dtype.js";
import { type Shape, checkShape, describe, describeShape, range, sameShape, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, div } from "./arithmetic.js";
import { tensor, zeros } from "./creation.js";
import { gatherAlong } from "./indexing.js";
import { pad } from "./padding.js";
import { checkTensor, toFloat } from "./promote.js";
import { resample } from "./resample.js";
import { putAlongAxis } from "./scatter.js";
import type { Ranked } from "./sorting.js";
import { type PerAxis, type Span, type WindowOptions, perAxis, spans, widthsOf, windowParams } from "./spatial.js";

/*
 * Pooling over the last axes of x; all axes before them are batch and channels. A list of sizes says how many axes; one number stands for
 * all axes after the first two, [batch, channels, ...spatial].
 */

export interface PoolOptions extends WindowOptions {
  /** Also windows that only begin within x and its padding. Default false. */
  readonly ceilMode?: boolean;
}
export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as entries. Default true. */
  readonly countIncludePad?: boolean;
  /** What the sums are divided by, in place of the count. */
  readonly divisor?: number;
}

/** Mean of each window. Integers give f32. */
export function avgPool(x: Tensor, size: PerAxis, options: AvgPoolOptions = {}): Tensor {
  const t = toFloat("avgPool", x);
  const { list, cut } = cutWindows("avgPool", t, size, options, 0);
  const total = sum(cut, range(list.length));
  const { divisor, countIncludePad = true } = options;
  if (divisor !== undefined) return div(total, divisor);
  const counts = list.map((s) => {
    const [from, to] = countIncludePad ? [-s.low, s.length + s.high] : [0, s.length];
    return range(s.count).map((o) => taps(s, o).filter((i) => i >= from && i < to).length);
  });
  return div(total, tensor(outerProduct(counts), { shape: list.map((s) => s.count), dtype: t.dtype }));
}

/** Largest entry of each window, NaN if any is; padding never wins. Ties share the derivative. */
export function maxPool(x: Tensor, size: PerAxis, options: PoolOptions = {}): Tensor {
  checkTensor("maxPool", "x", x);
  const { list, cut } = cutWindows("maxPool", x, size, options, lowest(x));
  return reduceMax(cut, range(list.length));
}

/** `maxPool`, and where each first largest entry is: its i32 position among the flattened pooled axes of x, as `maxUnpool` takes it. */
export function maxPoolWithIndices(x: Tensor, size: PerAxis, options: PoolOptions = {}): Ranked {
  checkTensor("maxPoolWithIndices", "x", x);
  const { list, cut } = cutWindows("maxPoolWithIndices", x, size, options, lowest(x));
  return largest(
    cut,
    list.map((s) => ({ length: s.length, rows: range(s.count).map((o) => taps(s, o)) })),
  );
}

/**
 * Zeros of spatial sizes `shape` with `values` put at the positions that `maxPoolWithIndices` gave; where a position is repeated the last
 * value stays.
 */
export function maxUnpool(values: Tensor, indices: Tensor, shape: Shape): Tensor {
  checkTensor("maxUnpool", "values", values);
  checkTensor("maxUnpool", "indices", indices);
  checkShape("maxUnpool", shape);
  if (!sameShape(values.shape, indices.shape) || shape.length > values.ndim)
    throw new RangeError(
      `maxUnpool: values are ${describe(values)}, indices ${describe(indices)} and the sizes ${describeShape(shape)}, expected values and indices of one shape and at most as many sizes as axes.`,
    );
  const lead = values.shape.slice(0, values.ndim - shape.length);
  const flat = [...lead, sizeOf(values.shape.slice(lead.length))];
  const empty = zeros([...lead, sizeOf(shape)], values.dtype);
  return reshape(putAlongAxis(empty, reshape(indices, flat), reshape(values, flat)), [...lead, ...shape]);
}

/** Mean over windows that divide each axis into `size` parts as evenly as can be; null leaves an axis as it is. */
export function adaptiveAvgPool(x: Tensor, size: number | readonly (number | null)[]): Tensor {
  const t = toFloat("adaptiveAvgPool", x);
  return partsOf("adaptiveAvgPool", t, size).reduce(
    (y, { axis, rows, identity }) =>
      identity
        ? y
        : resample(
            y,
            axis,
            rows.map((at) => at.map((i) => [i, 1 / at.length] as const)),
          ),
    t,
  );
}
/** Largest entry of windows that divide each axis into `size` parts as evenly as can be; null leaves an axis as it is. */
export function adaptiveMaxPool(x: Tensor, size: number | readonly (number | null)[]): Tensor {
  const parts = partsOf("adaptiveMaxPool", x, size);
  return reduceMax(cutParts(x, parts), range(parts.length));
}
/** `adaptiveMaxPool`, and where each first largest entry is, as in `maxPoolWithIndices`. */
export function adaptiveMaxPoolWithIndices(x: Tensor, size: number | readonly (number | null)[]): Ranked {
  const parts = partsOf("adaptiveMaxPoolWithIndices", x, size);
  return largest(cutParts(x, parts), parts);
}

/** Positions along its axis that window `o` reads, those in the padding included. */
const taps = (s: Span, o: number): number[] => range(s.size).map((k) => o * s.stride - s.low + k * s.dilation);

const lowest = (x: Tensor): number => (isFloat(x.dtype) ? -Infinity : x.dtype === "i32" ? -(2 ** 31) : 0);

/** [...sizes, ...batch, ...positions]: the windows over x, padded with `value`. */
function cutWindows(
  name: string,
  x: Tensor,
  size: PerAxis,
  options: PoolOptions,
  value: number,
): { list: readonly Span[]; cut: Tensor } {
  checkTensor(name, "x", x);
  const rank = pooledAxes(name, x, size);
  const sizes = perAxis(name, "size", size, rank);
  const list = spans(name, x, sizes, { ...options, stride: options.stride ?? sizes }, options.ceilMode);
  const widths = list.map((s) => {
    const reached = (s.count - 1) * s.stride + (s.size - 1) * s.dilation + 1;
    return { ...s, high: Math.max(s.high, reached - s.low - s.length) };
  });
  const padded = pad(x, widthsOf(x.ndim, widths), value);
  return { list, cut: windows(padded, sizes, windowParams(list)) };
}

function pooledAxes(name: string, x: Tensor, size: number | readonly unknown[]): number {
  const rank = typeof size === "number" ? x.ndim - 2 : Array.isArray(size) ? size.length : NaN;
  if (!(rank >= 1) || rank > x.ndim)
    throw new RangeError(
      `${name}: cannot pool ${describe(x)} with ${JSON.stringify(size)}, expected [batch, channels, ...spatial] for a number, or a list of at most ${x.ndim} for the last axes.`,
    );
  return rank;
}

/** How one axis is read: the positions of each window. */
interface Rows {
  readonly length: number;
  readonly rows: readonly (readonly number[])[];
}

interface Part extends Rows {
  readonly axis: number;
  readonly identity: boolean;
}

/** Window o of an axis of n in m parts: floor(o n / m) up to ceil((o + 1) n / m). */
function partsOf(name: string, x: Tensor, size: number | readonly (number | null)[]): Part[] {
  checkTensor(name, "x", x);
  const rank = pooledAxes(name, x, size);
  const first = x.ndim - rank;
  const lengths = x.shape.slice(first);
  const wanted = typeof size === "number" ? size : size.map((m, i) => m ?? lengths[i]);
  return perAxis(name, "size", wanted, rank, 0).map((m, i): Part => {
    const n = lengths[i];
    if (n === 0 && m > 0) throw new RangeError(`${name}: axis ${first + i} of ${describe(x)} is empty.`);
    const rows = range(m).map((o) => {
      const from = Math.floor((o * n) / m);
      return range(Math.ceil(((o + 1) * n) / m) - from, from);
    });
    return { axis: first + i, length: n, rows, identity: m === n };
  });
}

/** [...sizes, ...batch, ...positions] as cutWindows gives; a shorter window repeats its last entry. */
function cutParts(x: Tensor, parts: readonly Part[]): Tensor {
  const lead = x.ndim - parts.length;
  const gathered = parts.reduceRight((y, { axis, rows }) => {
    const width = widest(rows);
    const at = rows.flatMap((row) => range(width).map((k) => row[Math.min(k, row.length - 1)]));
    return gatherAlong(y, tensor(Int32Array.from(at), { shape: [rows.length, width] }), axis);
  }, x);
  const sizes = parts.map((_, i) => lead + 2 * i + 1);
  return transpose(gathered, [...sizes, ...range(lead), ...sizes.map((a) => a - 1)]);
}
const widest = (rows: readonly (readonly number[])[]): number => Math.max(1, ...rows.map((r) => r.length));

/** The largest entry of each window of `cut`, and its position in the flattened axes that the windows were cut from. */
function largest(cut: Tensor, axes: readonly Rows[]): Ranked {
  const rank = axes.length;
  const counts = axes.map((a) => a.rows.length);
  const sizes = cut.shape.slice(0, rank);
  const flat = reshape(cut, [sizeOf(sizes), ...cut.shape.slice(rank)]);
  const first = bind1(argExtremumPrimitive, [flat], { axis: 0, largest: true });
  // positions[window, entry of the window], and the row of it that each window looks in.
  const entries = sizeOf(sizes);
  const positions = new Int32Array(sizeOf(counts) * entries);
  for (let i = 0; i < positions.length; i++) {
    let [window, entry, scale, position] = [Math.floor(i / entries), i % entries, 1, 0];
    for (let a = rank - 1; a >= 0; a--) {
      const { rows, length } = axes[a];
      const row = rows[window % counts[a]];
      const at = row[Math.min(entry % sizes[a], row.length - 1)];
      // A window of padding alone names the entry nearest to it.
      position += scale * Math.max(0, Math.min(length - 1, at));
      scale *= length;
      window = Math.floor(window / counts[a]);
      entry = Math.floor(entry / sizes[a]);
    }
    positions[i] = position;
  }
  const starts = tensor(
    Int32Array.from(range(sizeOf(counts)), (w) => w * entries),
    { shape: counts },
  );
  return {
    values: reduceMax(flat, [0]),
    indices: gatherAlong(tensor(positions), add(first, starts), 0),
  };
}

/** The products of one entry of each list, row-major. */
const outerProduct = (lists: readonly (readonly number[])[]): Float64Array =>
  Float64Array.from(lists.reduce<number[]>((all, list) => all.flatMap((a) => list.map((b) => a * b)), [1]));
