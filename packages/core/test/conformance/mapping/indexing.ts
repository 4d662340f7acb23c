import {
  type IndexSpec,
  type Tensor,
  type UpdateMode,
  atLeast1d,
  broadcastShapes,
  bincount,
  full,
  isTensor,
  onesLike,
  searchsorted,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  stopGradient,
  tensor,
  where,
  zerosLike,
} from "../../../src/index.js";
import type { Mapping, Operation, Skips } from "./mapping.js";

/* Reading and writing by index, order, segments. A scalar counts as a vector of one. */

const axisOf = (x: Tensor, dim: number): number => (dim < 0 ? dim + Math.max(1, x.ndim) : dim);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const integers = (values: readonly number[], shape?: readonly number[]): Tensor =>
  tensor(Int32Array.from(values), shape === undefined ? {} : { shape });
const vector = (x: Tensor): Tensor => atLeast1d(x);
/** The index that is `entry` on one axis. */
const along = (dim: number, entry: IndexSpec): IndexSpec[] => [...range(dim).map(() => null), entry];
const number = (x: Tensor | number): number => (isTensor(x) ? x.item() : x);

/** Lists of positions are tensors; a flat one indexes axis 0. */
const indexOf = (given: unknown): IndexSpec[] => {
  if (isTensor(given)) return [given];
  const entries = given as (number | null | number[] | Tensor)[];
  if (entries.every((e) => typeof e === "number")) return [integers(entries as number[])];
  return entries.map((e) => (Array.isArray(e) ? integers(e.flat(9)) : e));
};

/** Positions of a strided window of the flat elements. */
const strided = (size: readonly number[], stride: readonly number[], offset: number): Tensor => {
  const positions = size.reduce<number[]>(
    (all, n, a) => all.flatMap((p) => range(n).map((i) => p + i * stride[a])),
    [offset],
  );
  return integers(positions, size);
};

type Put = (base: Tensor, mode: UpdateMode, source?: Tensor) => Tensor;
/** Writes by positions along one axis; the index may be shorter than x along the others. */
const scattered =
  (x: Tensor, dim: number, index: Tensor, source: Tensor): Put =>
  (base, mode, given = source) => {
    const i = vector(index);
    const a = axisOf(x, dim);
    const region = i.shape.map((n, b): IndexSpec => (b === a ? null : [0, n]));
    const cut = vector(given).at(...i.shape.map((n): IndexSpec => [0, n]));
    const written = vector(base)
      .at(...region)
      .putAlongAxis(i, cut, a, { mode });
    return vector(base).updateAt(region, written).reshape(x.shape);
  };
/** Writes whole slices along one axis. */
const indexed =
  (x: Tensor, dim: number, index: Tensor, source: Tensor | number): Put =>
  (base, mode, given) => {
    const value = given ?? source;
    return vector(base)
      .updateAt(along(axisOf(x, dim), vector(index)), isTensor(value) && x.ndim === 0 ? vector(value) : value, { mode })
      .reshape(x.shape);
  };
/** A reduction written over x; without `self` what is hit starts afresh. */
const reduced = (x: Tensor, put: Put, source: Tensor, reduce: string, self: boolean): Tensor => {
  const hits = put(zerosLike(x), "add", onesLike(source));
  const start = (identity: number): Tensor => (self ? x : where(hits.greater(0), identity, x));
  if (reduce === "sum") return put(start(0), "add");
  if (reduce === "prod") return put(start(1), "multiply");
  if (reduce === "amax") return put(start(-Infinity), "max");
  if (reduce === "amin") return put(start(Infinity), "min");
  return put(start(0), "add").div(self ? hits.add(1) : hits.maximum(1));
};
const scatterReduce: Operation = (x, [dim, index, source, reduce], kwargs) =>
  reduced(x, scattered(x, dim, index, source), source, kwargs.reduce ?? reduce, kwargs.include_self ?? true);

/** Segments of given lengths (or offsets) along an axis; what is left over belongs to none. */
const segmentReduce: Operation = (x, [reduce], kwargs) => {
  const offsets: Tensor | undefined = kwargs.offsets;
  const given: Tensor = kwargs.lengths ?? offsets;
  const count = given.shape[given.ndim - 1] - (offsets === undefined ? 0 : 1);
  const a = axisOf(x, kwargs.axis ?? 0);
  const n = x.shape[a];
  const rows = x.shape.slice(0, a).reduce((p: number, q: number) => p * q, 1);
  const values = Array.from(given.storage);
  const ids = range(rows).flatMap((row) => {
    const own = values.slice(row * given.shape[given.ndim - 1], (row + 1) * given.shape[given.ndim - 1]);
    const ends =
      offsets === undefined ? own.map((_, i) => own.slice(0, i + 1).reduce((p, q) => p + q, 0)) : own.slice(1);
    const first = offsets === undefined ? 0 : own[0];
    return range(n).map((i) => {
      const segment = ends.findIndex((end) => i < end);
      return i < first || segment < 0 ? -1 : row * count + segment;
    });
  });
  const options = { numSegments: rows * count };
  const segmentIds = integers(ids, x.shape.slice(0, a + 1));
  const shape = [...x.shape.slice(0, a), count, ...x.shape.slice(a + 1)];
  const { initial } = kwargs;
  const hasInitial = initial !== undefined && initial !== null;
  if (reduce === "max") {
    const y = segmentMax(x, segmentIds, options);
    return (hasInitial ? y.maximum(initial) : y).reshape(shape);
  }
  if (reduce === "min") {
    const y = segmentMin(x, segmentIds, options);
    return (hasInitial ? y.minimum(initial) : y).reshape(shape);
  }
  if (reduce === "sum")
    return segmentSum(x, segmentIds, options)
      .add(hasInitial ? initial : 0)
      .reshape(shape);
  if (reduce === "prod")
    return segmentProd(x, segmentIds, options)
      .mul(hasInitial ? initial : 1)
      .reshape(shape);
  if (!hasInitial) return segmentMean(x, segmentIds, options).reshape(shape);
  const sizes = segmentSum(onesLike(x), segmentIds, options).maximum(1);
  return segmentSum(x, segmentIds, options).add(initial).div(sizes).reshape(shape);
};

/** Rows of a table, added, averaged or compared in bags that begin at `offsets`, or are the rows of the indices. */
const embeddingBag: Operation = (weight, [indices, given], kwargs) => {
  const { mode = "mean", per_sample_weights: scale, padding_idx: padding } = kwargs;
  const offsets: Tensor | undefined = kwargs.offsets ?? given;
  const flat = indices.ravel();
  const starts = offsets === undefined || offsets === null ? undefined : Array.from(offsets.storage);
  const bags = starts === undefined ? indices.shape[0] : starts.length - (kwargs.include_last_offset === true ? 1 : 0);
  const bagOf = (i: number): number =>
    starts === undefined
      ? Math.floor(i / indices.shape[1])
      : starts.slice(0, bags).reduce((bag, start, b) => (i >= start ? b : bag), -1);
  const skipped = padding === undefined || padding === null ? -1 : padding < 0 ? padding + weight.shape[0] : padding;
  const ids = integers(Array.from(flat.storage as Int32Array, (row, i) => (row === skipped ? -1 : bagOf(i))));
  const rows =
    scale === undefined || scale === null ? weight.take(flat) : weight.take(flat).mul(scale.ravel().expandDims(-1));
  const options = { numSegments: bags };
  const counts = segmentSum(full([flat.size, 1], 1, "f64"), ids, options);
  if (mode === "sum") return segmentSum(rows, ids, options);
  if (mode === "mean") return segmentSum(rows, ids, options).div(counts.maximum(1));
  return where(counts.greater(0), segmentMax(rows, ids, options), 0);
};

export const indexingMapping: Mapping = {
  __getitem__: (x, [index]) => x.at(...indexOf(index)),
  as_strided: (x, [size, stride, offset], kwargs) =>
    x.flatten().take(strided(size, stride, kwargs.storage_offset ?? offset ?? 0)),
  diagonal_scatter: (x, [source, offset, a, b], kwargs) => {
    const k = kwargs.offset ?? offset ?? 0;
    const axes = [kwargs.dim1 ?? a ?? 0, kwargs.dim2 ?? b ?? 1];
    const n = range(source.shape[source.ndim - 1]);
    const row = integers(n.map((i) => i + Math.max(0, -k)));
    const column = integers(n.map((i) => i + Math.max(0, k)));
    return x.moveAxis(axes, [0, 1]).updateAt([row, column], source.moveAxis(-1, 0)).moveAxis([0, 1], axes);
  },
  gather: (x, [dim, index]) => {
    const i = vector(index);
    const a = axisOf(x, dim);
    return vector(x)
      .at(...i.shape.map((n, b): IndexSpec => (b === a ? null : [0, n])))
      .takeAlongAxis(i, a)
      .reshape(index.shape);
  },
  index_add: (x, [dim, index, source], { alpha = 1 }) => indexed(x, dim, index, source)(x, "add", source.mul(alpha)),
  index_copy: (x, [dim, index, source]) => indexed(x, dim, index, source)(x, "set"),
  index_fill: (x, [dim, index, value]) => indexed(x, dim, index, value)(x, "set"),
  index_put: (x, [indices, values, accumulate], kwargs) =>
    x.updateAt(indexOf(indices), values, { mode: (kwargs.accumulate ?? accumulate) === true ? "add" : "set" }),
  index_reduce: (x, [dim, index, source, reduce], kwargs) =>
    reduced(x, indexed(x, dim, index, source), source, kwargs.reduce ?? reduce, kwargs.include_self ?? true),
  index_select: (x, [dim, index]) =>
    x.ndim === 0 ? x.reshape([1]).take(vector(index)).reshape([]) : x.take(vector(index), dim),
  masked_fill: (x, [mask, value]) => where(mask, value, x),
  masked_scatter: (x, [mask, source]) => {
    const shape = broadcastShapes(x.shape, mask.shape);
    const places = vector(mask.broadcastTo(shape));
    return vector(x.broadcastTo(shape))
      .updateAt([places], source.flatten().at([0, places.astype("i32").sum().item()]))
      .reshape(shape);
  },
  masked_select: (x, [mask]) => {
    const shape = broadcastShapes(x.shape, mask.shape);
    return x.broadcastTo(shape).flatten().at(mask.broadcastTo(shape).flatten());
  },
  narrow: (x, [dim, start, length]) => {
    const a = axisOf(x, dim);
    const from = number(start) < 0 ? number(start) + x.shape[a] : number(start);
    return x.at(...along(a, [from, from + length]));
  },
  "nn.functional.embedding": (weight, [indices, padding], kwargs) => {
    const y = weight.take(indices);
    const skipped = kwargs.padding_idx ?? padding;
    return skipped === undefined || skipped === null
      ? y
      : where(indices.equal(axisOf(weight, skipped)).expandDims(-1), stopGradient(y), y);
  },
  // The recorded gradients are those of the table.
  "nn.functional.embedding_bag": { run: embeddingBag, varies: ({ gradients }) => range(gradients) },
  put: (x, [index, source, accumulate], kwargs) =>
    x
      .flatten()
      .updateAt([index.flatten()], source.flatten(), {
        mode: (kwargs.accumulate ?? accumulate) === true ? "add" : "set",
      })
      .reshape(x.shape),
  scatter: (x, [dim, index, source, reduce], kwargs) => {
    const value = isTensor(source) ? source : full(index.shape, Number(source), x.dtype);
    const mode = kwargs.reduce ?? reduce ?? "set";
    return scattered(x, dim, index, value)(x, mode);
  },
  scatter_add: (x, [dim, index, source]) => scattered(x, dim, index, source)(x, "add"),
  "scatter_reduce.amax": scatterReduce,
  "scatter_reduce.amin": scatterReduce,
  "scatter_reduce.mean": scatterReduce,
  "scatter_reduce.prod": scatterReduce,
  "scatter_reduce.sum": scatterReduce,
  "segment_reduce.lengths": segmentReduce,
  "segment_reduce.offsets": segmentReduce,
  select: (x, [dim, i], kwargs) => x.at(...along(axisOf(x, kwargs.dim ?? dim), kwargs.index ?? i)),
  select_scatter: (x, [source, dim, i], kwargs) =>
    x.updateAt(along(axisOf(x, kwargs.dim ?? dim), kwargs.index ?? i), source),
  slice: (x, [dim, start, end, step], kwargs) =>
    x.at(
      ...along(axisOf(x, kwargs.dim ?? dim ?? 0), [
        kwargs.start ?? start ?? null,
        kwargs.end ?? end ?? null,
        kwargs.step ?? step ?? 1,
      ]),
    ),
  slice_scatter: (x, [source, dim = 0, start, end, step], kwargs) =>
    x.updateAt(
      along(axisOf(x, kwargs.dim ?? dim), [
        kwargs.start ?? start ?? null,
        kwargs.end ?? end ?? null,
        kwargs.step ?? step ?? 1,
      ]),
      source,
    ),
  take: (x, [index]) => x.flatten().take(index),
  take_along_dim: (x, [index, dim], kwargs) => {
    const axis = kwargs.dim ?? dim;
    return axis === undefined || axis === null
      ? x.flatten().takeAlongAxis(index.flatten())
      : x.takeAlongAxis(index, axis);
  },
  unfold: (x, [dim, size, step]) => {
    const v = vector(x);
    const a = axisOf(x, dim);
    const count = Math.floor((v.shape[a] - size) / step) + 1;
    const positions = range(count).flatMap((i) => range(size).map((k) => i * step + k));
    const windows = v.take(integers(positions, [count, size]), a).moveAxis(a + 1, -1);
    return x.ndim === 0 ? windows.reshape([size]) : windows;
  },

  argsort: (x, [dim, descending], kwargs) =>
    vector(x)
      .argsort(kwargs.dim ?? dim ?? -1, { descending: kwargs.descending ?? descending ?? false })
      .reshape(x.shape),
  sort: (x, [dim, descending], kwargs) => {
    const order = vector(x).argsort(kwargs.dim ?? dim ?? -1, { descending: kwargs.descending ?? descending ?? false });
    return [
      vector(x)
        .takeAlongAxis(order, kwargs.dim ?? dim ?? -1)
        .reshape(x.shape),
      order.reshape(x.shape),
    ];
  },
  msort: (x) => vector(x).sort(0).reshape(x.shape),
  topk: (x, [k, dim, largest], kwargs) => {
    const { values, indices } = vector(x).topK(kwargs.k ?? k, {
      axis: kwargs.dim ?? dim ?? -1,
      largest: kwargs.largest ?? largest ?? true,
    });
    return x.ndim === 0 ? [values.reshape([]), indices.reshape([])] : [values, indices];
  },
  kthvalue: (x, [k, dim, keepdim], kwargs) => {
    const { values, indices } = vector(x).kthValue(kwargs.k ?? k, {
      axis: kwargs.dim ?? dim ?? -1,
      keepDims: (kwargs.keepdim ?? keepdim ?? false) === true && x.ndim > 0,
    });
    return [values, indices];
  },
  searchsorted: (sorted, [values], kwargs) => {
    const order: Tensor | undefined = kwargs.sorter ?? undefined;
    const side = kwargs.side ?? (kwargs.right === true ? "right" : "left");
    return searchsorted(order === undefined ? sorted : sorted.takeAlongAxis(order), values, { side });
  },
  bucketize: (x, [boundaries], kwargs) =>
    searchsorted(boundaries, x, { side: kwargs.right === true ? "right" : "left" }),
  bincount: (x, [weights, minLength], kwargs) =>
    bincount(x, { weights: kwargs.weights ?? weights, minLength: kwargs.minlength ?? minLength ?? 0 }),
};

export const indexingSkips: Skips = {
  as_strided_scatter:
    "its gradients were recorded from uninitialised memory (values such as 2.5e-316, other ones in each run); outputs alone are no sample",
};
