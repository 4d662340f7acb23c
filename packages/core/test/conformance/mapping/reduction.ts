import {
  type Tensor,
  argmax,
  argsort,
  corrcoef,
  cov,
  cumargmax,
  cumargmin,
  cumlogsumexp,
  cummax,
  cummin,
  cumprod,
  cumsum,
  cumulativeTrapezoid,
  diff,
  div,
  equal,
  flip,
  floor,
  gradient,
  isNaN,
  logSoftmax,
  logaddexp,
  logicalNot,
  logsumexp,
  maximum,
  moveAxis,
  mul,
  nanquantile,
  quantile,
  softmax,
  softmin,
  squeeze,
  std,
  sub,
  sum,
  takeAlongAxis,
  trapezoid,
  variance,
  where,
} from "../../../src/index.js";
import type { Mapping, Operation } from "./mapping.js";
import { asVector, axesOf, cast, leading, pNorm, reductionOf } from "./torch.js";

type Axes = number | number[] | undefined;
type Options = { keepDims: boolean };
const reduction =
  (f: (x: Tensor, axes: Axes, options: Options) => Tensor): Operation =>
  (x, args, kwargs) => {
    const { axes, options } = reductionOf(x, args, kwargs);
    return f(cast(x, kwargs.dtype), axes, options);
  };
/** dim, unbiased, keepdim by position (or unbiased alone), or by name. */
const spread = (
  x: Tensor,
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
): { axes: Axes; options: Options & { ddof: number } } => {
  const alone = typeof args[0] === "boolean";
  const dim = alone ? undefined : (args[0] ?? kwargs.dim);
  const unbiased = (alone ? args[0] : args[1]) ?? kwargs.unbiased ?? true;
  const correction = (kwargs.correction ?? (unbiased === false ? 0 : 1)) as number;
  return { axes: axesOf(x, dim), options: { ddof: correction, keepDims: (args[2] ?? kwargs.keepdim) === true } };
};

/** Entries of x at positions that `indices` (with a last axis of 1 in place of `dim`) names, and these positions. */
const picked = (x: Tensor, indices: Tensor, dim: number, keepDims: boolean): Tensor[] =>
  [takeAlongAxis(x, indices, dim), indices].map((y) => (keepDims ? y : squeeze(y, dim)));
const withIndices =
  (indices: (x: Tensor, dim: number) => Tensor): Operation =>
  (x, args, kwargs) => {
    const dim = args[0] ?? kwargs.dim ?? -1;
    const keep = (args[1] ?? kwargs.keepdim) === true;
    if (x.ndim > 0) return picked(x, indices(x, dim), dim, keep);
    const row = x.reshape([1]);
    return picked(row, indices(row, 0), 0, false);
  };
const extremum =
  (largest: boolean) =>
  (x: Tensor, dim: number): Tensor =>
    largest ? argmax(x, dim, { keepDims: true }) : x.argmin(dim, { keepDims: true });
/** The lower of two middle elements; NaN are last in the order. */
const middle = (x: Tensor, dim: number): Tensor => {
  const count = sum(logicalNot(isNaN(x)), dim, { keepDims: true });
  const at = maximum(floor(div(sub(count, 1), 2)), 0).astype("i32");
  return takeAlongAxis(argsort(x, dim), at, dim);
};
const middleOrNaN = (x: Tensor, dim: number): Tensor =>
  where(isNaN(x).any(dim, { keepDims: true }), argmax(isNaN(x), dim, { keepDims: true }), middle(x, dim));
/** The last place of the smallest of the most frequent values. */
const mostFrequent = (x: Tensor, dim: number): Tensor => {
  const row = moveAxis(x, dim, -1);
  const counts = sum(equal(row.expandDims(-1), row.expandDims(-2)), -1);
  const candidates = where(equal(counts, counts.max(-1, { keepDims: true })), row, Infinity);
  const last = sub(row.shape[row.ndim - 1] - 1, flip(candidates, -1).argmin(-1, { keepDims: true }));
  return moveAxis(last, -1, dim);
};

const running =
  (f: (x: Tensor, dim: number) => Tensor): Operation =>
  (x, [dim], kwargs) =>
    asVector(cast(x, kwargs.dtype), (y) => f(y, dim ?? kwargs.dim));
const runningWithIndices =
  (value: (x: Tensor, dim: number) => Tensor, index: (x: Tensor, dim: number) => Tensor): Operation =>
  (x, [dim], kwargs) =>
    [value, index].map((f) => asVector(x, (y) => f(y, dim ?? kwargs.dim)));

const quantileOf =
  (f: typeof quantile): Operation =>
  (x, [q, dim, keepdim], kwargs) =>
    f(x, q ?? kwargs.q, axesOf(x, dim ?? kwargs.dim), {
      keepDims: (keepdim ?? kwargs.keepdim) === true,
      method: kwargs.interpolation ?? "linear",
    });
const samples = (x: Tensor | undefined, kwargs: Record<string, unknown>): object => ({
  ...((x ?? kwargs.x) ? { x: x ?? kwargs.x } : {}),
  ...(kwargs.dx === undefined ? {} : { dx: kwargs.dx }),
  axis: kwargs.dim ?? -1,
});

/** x where the mask holds (everywhere without one), else `value`. */
const only = (x: Tensor, mask: Tensor | null | undefined, value: number): Tensor =>
  mask === null || mask === undefined ? x : where(mask, x, value);
const masked =
  (value: number, f: (x: Tensor, axes: Axes, options: Options) => Tensor): Operation =>
  (x, args, kwargs) =>
    reduction(f)(only(x, kwargs.mask, value), args, { ...kwargs, dim: kwargs.dim ?? args[0] });
const maskedAlong =
  (value: number, f: (x: Tensor, dim: number) => Tensor): Operation =>
  (x, [dim], kwargs) =>
    asVector(only(cast(x, kwargs.dtype), kwargs.mask, value), (y) => f(y, dim ?? kwargs.dim));
const counted = (x: Tensor, mask: Tensor | null | undefined): Tensor => only(x.mul(0).add(1), mask, 0);
const maskedVariance = (x: Tensor, args: unknown[], kwargs: Record<string, unknown>): Tensor => {
  const mask = kwargs.mask as Tensor | null;
  const { axes, options } = spread(x, args, kwargs);
  const n = sum(counted(x, mask), axes, { keepDims: true });
  const centred = only(sub(x, div(sum(only(x, mask, 0), axes, { keepDims: true }), n)), mask, 0);
  const total = sum(mul(centred, centred), axes, options);
  return div(total, maximum(sub(sum(counted(x, mask), axes, options), options.ddof), 0));
};

export const reductionMapping: Mapping = {
  amax: reduction((x, axes, options) => x.max(axes, options)),
  amin: reduction((x, axes, options) => x.min(axes, options)),
  logsumexp: reduction((x, axes, options) => logsumexp(x, axes, options)),
  mean: reduction((x, axes, options) => x.mean(axes, options)),
  nanmean: reduction((x, axes, options) => x.nanmean(axes, options)),
  nansum: reduction((x, axes, options) => x.nansum(axes, options)),
  prod: reduction((x, axes, options) => x.prod(axes, options)),
  sum: reduction((x, axes, options) => x.sum(axes, options)),
  sum_to_size: (x, args) => {
    const size: number[] = args.flat();
    const lead = x.ndim - size.length;
    const axes = x.shape.flatMap((n: number, i: number) => (i >= lead && size[i - lead] === 1 && n !== 1 ? [i] : []));
    const kept = x.sum(axes, { keepDims: true });
    return kept.sum(Array.from({ length: lead }, (_, i) => i));
  },
  std: (x, args, kwargs) => {
    const { axes, options } = spread(x, args, kwargs);
    return std(x, axes, options);
  },
  var: (x, args, kwargs) => {
    const { axes, options } = spread(x, args, kwargs);
    return variance(x, axes, options);
  },
  std_mean: (x, args, kwargs) => {
    const { axes, options } = spread(x, args, kwargs);
    return [std(x, axes, options), x.mean(axes, options)];
  },
  var_mean: (x, args, kwargs) => {
    const { axes, options } = spread(x, args, kwargs);
    return [variance(x, axes, options), x.mean(axes, options)];
  },
  "max.reduction_no_dim": (x) => x.max(),
  "min.reduction_no_dim": (x) => x.min(),
  "max.reduction_with_dim": withIndices(extremum(true)),
  "min.reduction_with_dim": withIndices(extremum(false)),
  median: (x, args, kwargs) =>
    args.length === 0 && kwargs.dim === undefined
      ? quantile(x, 0.5, undefined, { method: "lower" })
      : withIndices(middleOrNaN)(x, args, kwargs),
  nanmedian: (x, args, kwargs) =>
    args.length === 0 && kwargs.dim === undefined
      ? nanquantile(x, 0.5, undefined, { method: "lower" })
      : withIndices(middle)(x, args, kwargs),
  mode: withIndices(mostFrequent),
  quantile: { run: quantileOf(quantile), varies: leading },
  nanquantile: { run: quantileOf(nanquantile), varies: leading },

  cumsum: running((x, dim) => cumsum(x, dim)),
  cumprod: running((x, dim) => cumprod(x, dim)),
  cummax: runningWithIndices(cummax, cumargmax),
  cummin: runningWithIndices(cummin, cumargmin),
  logcumsumexp: running((x, dim) => cumlogsumexp(x, dim)),
  softmax: running((x, dim) => softmax(x, dim)),
  "softmax.with_dtype": running((x, dim) => softmax(x, dim)),
  log_softmax: running((x, dim) => logSoftmax(x, dim)),
  "log_softmax.dtype": running((x, dim) => logSoftmax(x, dim)),
  "nn.functional.softmin": running((x, dim) => softmin(x, dim)),
  "nn.functional.softmin.with_dtype": running((x, dim) => softmin(x, dim)),

  cov: {
    run: (x, _, { correction = 1, fweights, aweights }) =>
      cov(x, { ddof: correction, ...(fweights ? { fweights } : {}), ...(aweights ? { aweights } : {}) }),
    varies: leading,
    tolerance: 1e-5,
    why: "the recorded weights are f32 and were multiplied and summed so",
  },
  corrcoef: (x) => corrcoef(x),
  diff: (x, [n, dim, prepend, append], kwargs) =>
    diff(x, n ?? kwargs.n ?? 1, dim ?? kwargs.dim ?? -1, {
      ...((prepend ?? kwargs.prepend) ? { prepend: prepend ?? kwargs.prepend } : {}),
      ...((append ?? kwargs.append) ? { append: append ?? kwargs.append } : {}),
    }),
  dist: (x, [y, p = 2]) => pNorm(sub(x, y), p),
  gradient: {
    run: (x, _, { dim, spacing, edge_order = 1 }) =>
      gradient(x, spacing ?? 1, {
        ...(dim === null || dim === undefined ? {} : { axis: [dim].flat() }),
        edgeOrder: edge_order,
      }),
    varies: leading,
  },
  trapezoid: (y, [x], kwargs) => trapezoid(y, samples(x, kwargs)),
  trapz: (y, [x], kwargs) => trapezoid(y, samples(x, kwargs)),
  cumulative_trapezoid: (y, [x], kwargs) => cumulativeTrapezoid(y, samples(x, kwargs)),

  "masked.sum": masked(0, (x, axes, options) => x.sum(axes, options)),
  "masked.prod": masked(1, (x, axes, options) => x.prod(axes, options)),
  "masked.amax": masked(-Infinity, (x, axes, options) => x.max(axes, options)),
  "masked.amin": masked(Infinity, (x, axes, options) => x.min(axes, options)),
  "masked.logsumexp": masked(-Infinity, (x, axes, options) => logsumexp(x, axes, options)),
  "masked.mean": (x, args, kwargs) => {
    const { axes, options } = reductionOf(x, args, kwargs);
    return div(sum(only(x, kwargs.mask, 0), axes, options), sum(counted(x, kwargs.mask), axes, options));
  },
  "masked.median": maskedAlong(Number.NaN, (x, dim) => nanquantile(x, 0.5, dim, { method: "lower" })),
  "masked.norm": (x, [p, ...args], kwargs) => {
    const { axes, options } = reductionOf(x, args, kwargs);
    return pNorm(only(x, kwargs.mask, p < 0 ? Infinity : 0), p, axes, options);
  },
  "masked.var": maskedVariance,
  "masked.std": (x, args, kwargs) => maskedVariance(x, args, kwargs).sqrt(),
  "masked.cumsum": maskedAlong(0, (x, dim) => cumsum(x, dim)),
  "masked.cumprod": maskedAlong(1, (x, dim) => cumprod(x, dim)),
  "masked.softmax": maskedAlong(-Infinity, (x, dim) => softmax(x, dim)),
  "masked.log_softmax": maskedAlong(-Infinity, (x, dim) => logSoftmax(x, dim)),
  "masked.softmin": maskedAlong(Infinity, (x, dim) => softmin(x, dim)),
  "masked.normalize": (x, [p, dim], kwargs) => {
    const y = only(x, kwargs.mask, 0);
    return asVector(y, (z) => div(z, maximum(pNorm(z, p, dim ?? kwargs.dim, { keepDims: true }), kwargs.eps ?? 1e-12)));
  },
  "masked.logaddexp": (x, [y], { input_mask, other_mask }) =>
    logaddexp(only(x, input_mask, -Infinity), only(y, other_mask, -Infinity)),
};
