import { isKnown } from "../graph/tracer.js";
import { reshape } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import { gather } from "../primitives/indexing.js";
import { iota } from "../primitives/iota.js";
import { concat, flip, slice } from "../primitives/shape.js";
import { argsort } from "../primitives/sort.js";
import { isFloat } from "../tensor/dtype.js";
import { describe, stridesOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import {
  add,
  div,
  equal,
  floorDivide,
  greaterEqual,
  isNaN,
  less,
  logicalAnd,
  logicalNot,
  mul,
  notEqual,
  rem,
  sub,
  where,
} from "./arithmetic.js";
import { arange, full } from "./creation.js";
import { checkTensor, toFloat } from "./promote.js";
import { cumsum } from "./cumulative.js";
import { max, min, sum } from "./reduction.js";
import { largest, segmentSum } from "./segments.js";
import { searchsorted } from "./sorting.js";

export interface Unique {
  /** The different elements, ascending, NaN last and once. */
  readonly values: Tensor;
  /** Where each is first found in the flattened tensor. */
  readonly indices: Tensor;
  /** For each element of x the position of its value, in x's shape. */
  readonly inverse: Tensor;
  /** How often each is there. */
  readonly counts: Tensor;
}
/**
 * The different elements of x. In compiled code their number must be given as `size`: missing ones are filled with `fillValue` (default the
 * smallest element) and a count of 0, those too many are cut off.
 */
export function unique(x: Tensor, options: { readonly size?: number; readonly fillValue?: number } = {}): Unique {
  checkTensor("unique", "x", x);
  const flat = reshape(x, [x.size]);
  const n = x.size;
  const order = argsort(flat);
  const s = gather(flat, order, 0);
  const [left, right] = [slice(s, [0], [Math.max(0, n - 1)]), slice(s, [Math.min(1, n)], [n])];
  const differs = logicalAnd(notEqual(left, right), logicalNot(logicalAnd(isNaN(left), isNaN(right))));
  const first = n === 0 ? full([0], 0, "i32") : concat([full([1], 0, "i32"), convert(differs, "i32")], 0);
  const group = cumsum(first);
  if (options.size === undefined && !isKnown(group))
    throw new TypeError(
      `unique: ${describe(x)} is traced or on a GPU, so the number of its values is not known. Give the option size.`,
    );
  const size = options.size ?? (n === 0 ? 0 : group.storage[n - 1] + 1);
  if (!Number.isInteger(size) || size < 0 || (n === 0 && size > 0 && options.fillValue === undefined))
    throw new RangeError(`unique: size is ${size} for ${n} elements, expected a non-negative integer.`);
  const counts = segmentSum(full([n], 1, "i32"), group, { numSegments: size });
  const starts = sub(cumsum(counts), counts);
  const found = greaterEqual(counts, 1);
  const read = (from: Tensor): Tensor => (n === 0 ? full([size], 0, from.dtype) : gather(from, starts, 0));
  // What lies behind the last group reads the first one.
  const smallest = options.fillValue ?? (n === 0 ? 0 : gather(s, full([], 0, "i32"), 0));
  return {
    values: where(found, read(s), smallest),
    indices: where(found, read(order), n === 0 ? 0 : gather(order, full([], 0, "i32"), 0)),
    inverse: reshape(gather(group, argsort(order), 0), x.shape),
    counts,
  };
}

/**
 * Where x is not zero: an i32 vector of coordinates for each axis, in row-major order, as NumPy's; `x.at(...nonzero(x))` are the elements.
 * In compiled code their number must be given as `size`: missing places are filled with `fillValue` (default 0), those too many are cut off.
 */
export function nonzero(x: Tensor, options: { readonly size?: number; readonly fillValue?: number } = {}): Tensor[] {
  checkTensor("nonzero", "x", x);
  const flat = reshape(x, [x.size]);
  const holds = flat.dtype === "bool" ? flat : notEqual(flat, 0);
  if (options.size === undefined && !isKnown(holds))
    throw new TypeError(
      `nonzero: ${describe(x)} is traced or on a GPU, so the number of its places is not known. Give the option size.`,
    );
  const count = sum(holds);
  const size = options.size ?? count.item();
  if (!Number.isInteger(size) || size < 0)
    throw new RangeError(`nonzero: size is ${size}, expected a non-negative integer.`);
  // A stable sort brings the places to the front, in order.
  const order = argsort(logicalNot(holds));
  const known = Math.min(size, x.size);
  const fill = options.fillValue ?? 0;
  const found = less(iota("i32", [size], 0), count);
  const positions = concat([slice(order, [0], [known]), full([size - known], 0, "i32")], 0);
  const strides = stridesOf(x.shape);
  return x.shape.map((n, a) => where(found, rem(floorDivide(positions, strides[a]), n), fill));
}

/**
 * How often each of 0 ... length - 1 is in x, or the sum of the `weights` there. In compiled code the length must be given, and values outside
 * are left out; eager negative values are an error.
 */
export function bincount(
  x: Tensor,
  options: { readonly weights?: Tensor; readonly length?: number; readonly minLength?: number } = {},
): Tensor {
  checkTensor("bincount", "x", x);
  const { weights = full(x.shape, 1, "i32"), minLength = 0 } = options;
  if (isFloat(x.dtype)) throw new TypeError(`bincount: x is ${describe(x)}, expected i32. Cast it with astype("i32").`);
  const ids = x.dtype === "bool" ? convert(x, "i32") : x;
  if (isKnown(ids) && ids.storage.some((i) => i < 0))
    throw new RangeError("bincount: x has negative values, expected counts from 0 on.");
  if (!isKnown(ids) && options.length === undefined)
    throw new TypeError(
      `bincount: ${describe(x)} is traced or on a GPU, so its largest value is not known. Give the option length.`,
    );
  const length = options.length ?? Math.max(minLength, largest(ids) + 1);
  return segmentSum(weights, ids, { numSegments: length });
}

/** The number of the bin of each element: bins[i - 1] <= x < bins[i], or with `right` bins[i - 1] < x <= bins[i]. Bins may also descend. */
export function digitize(x: Tensor, bins: Tensor, options: { readonly right?: boolean } = {}): Tensor {
  checkTensor("digitize", "bins", bins);
  if (bins.ndim !== 1) throw new RangeError(`digitize: bins are ${describe(bins)}, expected a vector.`);
  const n = bins.size;
  const side = options.right === true ? "left" : "right";
  const up = searchsorted(bins, x, { side });
  if (n < 2) return up;
  const down = sub(n, searchsorted(flip(bins, [0]), x, { side }));
  const end = (i: number): Tensor => reshape(slice(bins, [i], [i + 1]), []);
  return where(less(end(n - 1), end(0)), down, up);
}

export interface Histogram {
  readonly counts: Tensor;
  /** One more than the counts. */
  readonly edges: Tensor;
}
/**
 * How many elements lie in each bin, its lower edge included (and of the last bin the upper one). `bins` is their number (default 10; over
 * `range`, default from the smallest to the largest element) or a vector of edges. With `density` the counts integrate to 1.
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor = 10,
  options: { readonly range?: readonly [number, number]; readonly weights?: Tensor; readonly density?: boolean } = {},
): Histogram {
  checkTensor("histogram", "x", x);
  const t = reshape(toFloat("histogram", x), [x.size]);
  const edges = bins instanceof Tensor ? bins : evenEdges(t, bins, options.range);
  const n = edges.size;
  if (edges.ndim !== 1 || n < 2)
    throw new RangeError(`histogram: edges are ${describe(edges)}, expected a vector of at least 2.`);
  const last = reshape(slice(edges, [n - 1], [n]), []);
  const bin = sub(where(equal(t, last), n - 1, searchsorted(edges, t, { side: "right" })), 1);
  const weights = reshape(options.weights ?? full(t.shape, 1, "i32"), [x.size]);
  const counts = segmentSum(weights, where(isNaN(t), -1, bin), { numSegments: n - 1 });
  if (options.density !== true) return { counts, edges };
  const widths = sub(slice(edges, [1], [n]), slice(edges, [0], [n - 1]));
  return { counts: div(div(counts, widths), sum(counts)), edges };
}
function evenEdges(x: Tensor, bins: number, given: readonly [number, number] | undefined): Tensor {
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`histogram: bins is ${bins}, expected a positive integer or edges.`);
  if (given !== undefined && !(given.length === 2 && given.every(Number.isFinite) && given[0] <= given[1]))
    throw new RangeError(`histogram: range is ${JSON.stringify(given)}, expected [low, high] with low <= high.`);
  const empty = x.size === 0;
  const [low, high] = given ?? (empty ? [0, 1] : [min(x), max(x)]);
  const [a, b] = [low, high].map((v) => (v instanceof Tensor ? v : full([], v, x.dtype)));
  // A single value gets bins of a total width of 1, as in NumPy.
  const point = convert(equal(a, b), x.dtype);
  const [from, to] = [sub(a, mul(point, 0.5)), add(b, mul(point, 0.5))];
  const steps = convert(arange(bins + 1), x.dtype);
  const line = add(from, mul(steps, div(sub(to, from), bins)));
  return where(equal(iota("i32", [bins + 1], 0), bins), to, line);
}
