import {
  type Tensor,
  atLeast1d,
  atLeast2d,
  atLeast3d,
  broadcastArrays,
  columnStack,
  concat,
  dstack,
  einsum,
  full,
  hstack,
  isTensor,
  meshgrid,
  roll,
  stack,
  tensor,
  tensordot,
  trace,
  vander,
  vstack,
  zerosLike,
} from "../../../src/index.js";
import type { Mapping, Operation, Skips } from "./mapping.js";

/* Layout: the other library's names and conventions as one expression of ours each. */

const identity: Operation = (x) => x;
/** An axis of a tensor that counts a scalar as a vector of one. */
const axisOf = (x: Tensor, dim: number): number => (dim < 0 ? dim + Math.max(1, x.ndim) : dim);
/** Sizes given as one list or one by one. */
const list = (args: readonly unknown[]): number[] => args.flat(2) as number[];
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const integers = (values: readonly number[], shape?: readonly number[]): Tensor =>
  tensor(Int32Array.from(values), shape === undefined ? {} : { shape });
const known = (x: Tensor | readonly number[]): number[] => (isTensor(x) ? Array.from(x.storage) : [...x]);
/** f on each of the inputs, where a list of them is given. */
const each =
  (f: (x: Tensor) => Tensor): Operation =>
  (x) =>
    Array.isArray(x) ? x.map(f) : f(x);
/** Cuts of `size` entries, the last one shorter; or of the given sizes. */
const pieces = (x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] => {
  const n = x.shape[axisOf(x, dim)];
  if (typeof sizes === "number") {
    const count = Math.max(1, Math.ceil(n / Math.max(1, sizes)));
    return x.arraySplit(
      range(count - 1).map((i) => (i + 1) * sizes),
      dim,
    );
  }
  return x.split(
    range(sizes.length - 1).map((i) => sizes.slice(0, i + 1).reduce((a, b) => a + b, 0)),
    dim,
  );
};
/** Widths are listed from the last axis, [before, after] each. */
const widths = (x: Tensor, given: readonly number[]): [number, number][] =>
  x.shape.map((_, a) => {
    const i = 2 * (x.ndim - 1 - a);
    return i < given.length ? [given[i], given[i + 1]] : [0, 0];
  });
const padModes = { constant: "constant", replicate: "edge", reflect: "reflect", circular: "wrap" } as const;
const padded: Operation = (x, [given, mode = "constant", value], kwargs) =>
  x.pad(widths(x, given), {
    mode: padModes[(kwargs.mode ?? mode) as keyof typeof padModes],
    value: kwargs.value ?? value ?? 0,
  });
const square: Operation = (x) => (x.ndim === 0 ? x : x.swapAxes(-2, -1));
/** One axis cut into axes of these sizes. */
const unflattened = (x: Tensor, dim: number, sizes: readonly number[]): Tensor => {
  const a = axisOf(x, dim);
  const rest = sizes.filter((n) => n !== -1).reduce((n, m) => n * m, 1);
  return x.reshape([
    ...x.shape.slice(0, a),
    ...sizes.map((n) => (n === -1 ? x.shape[a] / rest : n)),
    ...x.shape.slice(a + 1),
  ]);
};
/** All ways to choose r positions of n, in order. */
const choices = (n: number, r: number, again: boolean, from = 0): number[][] =>
  r === 0
    ? [[]]
    : range(n)
        .slice(from)
        .flatMap((i) => choices(n, r - 1, again, again ? i : i + 1).map((c) => [i, ...c]));
/** Rolled by half of each axis, forwards or back. */
const shifted = (x: Tensor, dims: number | readonly number[] | null | undefined, direction: 1 | -1): Tensor => {
  const axes = dims === null || dims === undefined ? range(x.ndim) : [dims].flat();
  const by = axes.map((a) => direction * Math.floor(x.shape[axisOf(x, a)] / 2));
  return axes.length === 0 ? x : roll(x, by, axes);
};
const asType =
  (dtype: "f64" | "f32" | "i32" | "bool"): Operation =>
  (x) =>
    x.astype(dtype);

export const shapeMapping: Mapping = {
  // A number is taken for a vector of one.
  "linalg.vander": (x, [given], { N = given }) =>
    vander(x.ndim === 0 ? x.reshape([1]) : x, N ?? undefined, { increasing: true }),
  H: (x) => x.transpose(),
  T: (x) => x.transpose(),
  mH: square,
  mT: square,
  t: (x) => (x.ndim < 2 ? x : x.transpose()),
  transpose: (x, [a, b]) => (x.ndim === 0 ? x : x.swapAxes(a, b)),
  swapaxes: (x, [a, b]) => (x.ndim === 0 ? x : x.swapAxes(a, b)),
  permute: (x, dims) => x.transpose(list(dims)),
  movedim: (x, [from, to]) => (x.ndim === 0 ? x : x.moveAxis(from, to)),
  atleast_1d: each(atLeast1d),
  atleast_2d: each(atLeast2d),
  atleast_3d: each(atLeast3d),
  block_diag: (x, others) => {
    const blocks = [x, ...others.flat()].map(atLeast2d);
    const total = blocks.reduce((n, b) => n + b.shape[1], 0);
    let before = 0;
    return concat(
      blocks.map((b) => {
        before += b.shape[1];
        return b.pad([
          [0, 0],
          [before - b.shape[1], total - before],
        ]);
      }),
    );
  },
  broadcast_tensors: (x, others) => broadcastArrays(x, ...others.flat()),
  broadcast_to: (x, shape) => x.broadcastTo(list(shape)),
  expand: (x, shape) => {
    const sizes = list(shape);
    return x.broadcastTo(sizes.map((n, i) => (n === -1 ? x.shape[i - sizes.length + x.ndim] : n)));
  },
  expand_as: { run: (x, [other]) => x.broadcastTo(other.shape), varies: ({ gradients }) => range(gradients) },
  cartesian_prod: (x, others) =>
    others.length === 0
      ? x
      : stack(
          meshgrid([x, ...others.flat()], { indexing: "ij" }).map((y) => y.ravel()),
          -1,
        ),
  combinations: (x, [r], kwargs) => {
    const size = kwargs.r ?? r ?? 2;
    const rows = choices(x.size, size, kwargs.with_replacement ?? false);
    return x.take(integers(rows.flat(), [rows.length, size]));
  },
  // Empty vectors join anything.
  cat: (xs: Tensor[], [dim], kwargs) => {
    const full = xs.filter((x) => x.ndim !== 1 || x.size > 0);
    return concat(full.length === 0 ? xs : full, kwargs.dim ?? dim ?? 0);
  },
  stack: (xs, [dim], kwargs) => stack(xs, kwargs.dim ?? dim ?? 0),
  hstack: (xs) => hstack(xs),
  vstack: (xs) => vstack(xs),
  dstack: (xs) => dstack(xs),
  column_stack: (xs) => columnStack(xs),
  chunk: (x, [chunks, dim], kwargs) => {
    const a = kwargs.dim ?? dim ?? 0;
    return pieces(x, Math.ceil(x.shape[axisOf(x, a)] / chunks), a);
  },
  split: (x, [sizes, dim], kwargs) => pieces(x, sizes, kwargs.dim ?? dim),
  "split.list_args": (x, [sizes, dim], kwargs) => pieces(x, sizes, kwargs.dim ?? dim),
  split_with_sizes: (x, [sizes, dim], kwargs) => pieces(x, sizes, kwargs.dim ?? dim),
  hsplit: (x, [parts]) => x.arraySplit(parts, x.ndim === 1 ? 0 : 1),
  vsplit: (x, [parts]) => x.arraySplit(parts, 0),
  dsplit: (x, [parts]) => x.arraySplit(parts, 2),
  tensor_split: (x, [parts, dim], kwargs) =>
    x.arraySplit(isTensor(parts) ? (parts.ndim === 0 ? parts.item() : known(parts)) : parts, kwargs.dim ?? dim ?? 0),
  unbind: (x, [dim], kwargs) => x.unstack(kwargs.dim ?? dim ?? 0),
  unflatten: (x, [dim, sizes], kwargs) => unflattened(x, kwargs.dim ?? dim, kwargs.sizes ?? sizes),
  flatten: (x, [start, end], kwargs) => {
    const from = axisOf(x, kwargs.start_dim ?? start ?? 0);
    const to = axisOf(x, kwargs.end_dim ?? end ?? -1);
    const size = x.shape.slice(from, to + 1).reduce((n: number, m: number) => n * m, 1);
    return x.reshape([...x.shape.slice(0, from), size, ...x.shape.slice(to + 1)]);
  },
  ravel: (x) => x.ravel(),
  reshape: (x, shape) => x.reshape(list(shape)),
  reshape_as: { run: (x, [other]) => x.reshape(other.shape), varies: ({ gradients }) => range(gradients) },
  view: (x, shape) => x.reshape(list(shape)),
  view_as: { run: (x, [other]) => x.reshape(other.shape), varies: ({ gradients }) => range(gradients) },
  squeeze: (x, [dim], kwargs) => {
    const a = kwargs.dim ?? dim;
    if (a === undefined || a === null) return x.squeeze();
    return x.ndim > 0 && x.shape[axisOf(x, a)] === 1 ? x.squeeze(a) : x;
  },
  unsqueeze: (x, [dim], kwargs) => x.expandDims(kwargs.dim ?? dim),
  clone: identity,
  contiguous: identity,
  conj: identity,
  conj_physical: identity,
  resolve_conj: identity,
  resolve_neg: identity,
  real: identity,
  double: asType("f64"),
  float: asType("f32"),
  int: asType("i32"),
  long: asType("i32"),
  bool: asType("bool"),
  fill: (x, [value], kwargs) => {
    const v = kwargs.value ?? value;
    return isTensor(v) ? v.broadcastTo(x.shape) : full(x.shape, Number(v), x.dtype);
  },
  zero_: (x) => zerosLike(x),
  constant_pad_nd: (x, [given, value], kwargs) => x.pad(widths(x, given), kwargs.value ?? value ?? 0),
  "nn.functional.pad.constant": padded,
  "nn.functional.pad.circular": padded,
  "nn.functional.pad.reflect": padded,
  "nn.functional.pad.replicate": padded,
  "nn.functional.pixel_shuffle": (x, [r], kwargs) => {
    const f = kwargs.upscale_factor ?? r;
    const lead = x.shape.slice(0, -3);
    const [c, h, w] = x.shape.slice(-3);
    const k = lead.length;
    return x
      .reshape([...lead, c / (f * f), f, f, h, w])
      .transpose([...range(k), k, k + 3, k + 1, k + 4, k + 2])
      .reshape([...lead, c / (f * f), h * f, w * f]);
  },
  "nn.functional.pixel_unshuffle": (x, [r], kwargs) => {
    const f = kwargs.downscale_factor ?? r;
    const lead = x.shape.slice(0, -3);
    const [c, h, w] = x.shape.slice(-3);
    const k = lead.length;
    return x
      .reshape([...lead, c, h / f, f, w / f, f])
      .transpose([...range(k), k, k + 2, k + 4, k + 1, k + 3])
      .reshape([...lead, c * f * f, h / f, w / f]);
  },
  diag: (x, [k], kwargs) => x.diag(kwargs.diagonal ?? k ?? 0),
  diagflat: (x, [k], kwargs) => x.flatten().diag(kwargs.offset ?? k ?? 0),
  diag_embed: (x, [k, a, b], kwargs) =>
    x.diagEmbed({ offset: kwargs.offset ?? k ?? 0, axis1: kwargs.dim1 ?? a ?? -2, axis2: kwargs.dim2 ?? b ?? -1 }),
  diagonal: (x, [k, a, b], kwargs) =>
    x.diagonal({ offset: kwargs.offset ?? k ?? 0, axis1: kwargs.dim1 ?? a ?? 0, axis2: kwargs.dim2 ?? b ?? 1 }),
  trace: (x) => trace(x),
  tril: (x, [k], kwargs) => x.tril(kwargs.diagonal ?? k ?? 0),
  triu: (x, [k], kwargs) => x.triu(kwargs.diagonal ?? k ?? 0),
  einsum: (xs, [equation]) => einsum(equation, ...xs),
  tensordot: (x, [y, dims], kwargs) => tensordot(x, y, kwargs.dims ?? dims ?? 2),
  outer: (x, [y]) => x.outer(y),
  kron: (x, [y]) => x.kron(y),
  flip: (x, [dims], kwargs) => x.flip(kwargs.dims ?? dims),
  fliplr: (x) => x.flip(1),
  flipud: (x) => x.flip(0),
  roll: (x, [shifts, dims], kwargs) => {
    const axes = kwargs.dims ?? dims;
    const flat = axes === undefined || axes === null || (Array.isArray(axes) && axes.length === 0);
    return x.ndim === 0 ? x : roll(x, kwargs.shifts ?? shifts, flat ? undefined : axes);
  },
  "fft.fftshift": (x, [dims], kwargs) => shifted(x, kwargs.dim ?? dims, 1),
  "fft.ifftshift": (x, [dims], kwargs) => shifted(x, kwargs.dim ?? dims, -1),
  rot90: (x, [k, dims], kwargs) => x.rot90(kwargs.k ?? k ?? 1, kwargs.dims ?? dims ?? [0, 1]),
  repeat: (x, sizes) => x.tile(list(sizes)),
  tile: (x, sizes, kwargs) => x.tile(list([kwargs.dims ?? sizes])),
  repeat_interleave: (x, [repeats, dim], kwargs) => {
    const axis = kwargs.dim ?? dim ?? undefined;
    const vector = axis === undefined ? x : atLeast1d(x);
    return vector.repeat(kwargs.repeats ?? repeats, axis === undefined ? {} : { axis });
  },
  "meshgrid.list_of_tensors": (xs, _, kwargs) => meshgrid(xs, { indexing: kwargs.indexing ?? "ij" }),
  "meshgrid.variadic_tensors": (x, others, kwargs) => meshgrid([x, ...others], { indexing: kwargs.indexing ?? "ij" }),
  renorm: (x, [p, dim, limit]) => {
    const axes = range(x.ndim).filter((a) => a !== axisOf(x, dim));
    const norm =
      p === 2 || p === 1 || p === Infinity
        ? x.norm({ ord: p, axes, keepDims: true })
        : x
            .abs()
            .pow(p)
            .sum(axes, { keepDims: true })
            .pow(1 / p);
    // The small number is that of the recorded library.
    const scale = full([], limit, "f64").div(norm.add(1e-7));
    const keep = norm.lessEqual(limit).astype("f64");
    return x.mul(keep.add(scale.mul(keep.neg().add(1))));
  },
};

const halfPrecision = "no half-precision dtype on the CPU";
export const shapeSkips: Skips = { half: halfPrecision, bfloat16: halfPrecision };
