import {
  type Tensor,
  abs,
  add,
  div,
  einsum,
  equal,
  exp,
  greater,
  less,
  lessEqual,
  log,
  logSoftmax,
  matmul,
  maximum,
  mean,
  moveAxis,
  mul,
  notEqual,
  oneHot,
  relu,
  rsqrt,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  takeAlongAxis,
  tensor,
  variance,
  where,
} from "../../../src/index.js";
import type { Keywords, Mapping, Operation } from "./mapping.js";
import { asVector, leading, pNorm, reduced } from "./torch.js";

type Optional = Tensor | null | undefined;
const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);
const loss =
  (f: (x: Tensor, y: Tensor, kwargs: Keywords) => Tensor): Operation =>
  (x, [y], kwargs) =>
    reduced(f(x, y, kwargs), kwargs.reduction);
const times = (x: Tensor, weight: Optional): Tensor => (weight === null || weight === undefined ? x : mul(x, weight));
const plus = (x: Tensor, bias: Optional): Tensor => (bias === null || bias === undefined ? x : add(x, bias));
/** A vector over the channels, axis 1. */
const perChannel = (v: Optional, x: Tensor): Optional =>
  v === null || v === undefined ? v : v.reshape(x.shape.map((_, i) => (i === 1 ? v.size : 1)));
/** Not below `low`; the derivative at the bound is that of x. */
const atLeast = (x: Tensor, low: number): Tensor => where(less(x, low), low, x);
/** The value of the second, the derivative of the first. */
const valueOf = (x: Tensor, value: Tensor): Tensor => add(x, stopGradient(sub(value, x)));

/** x with mean 0 and variance 1 over `axes`; its mean and its reciprocal deviation. */
const standardized = (x: Tensor, axes: number[], epsilon: number): [y: Tensor, centre: Tensor, scale: Tensor] => {
  const centre = mean(x, axes, { keepDims: true });
  const scale = rsqrt(add(variance(x, axes, { keepDims: true }), epsilon));
  return [mul(sub(x, centre), scale), centre, scale];
};
const layerNorm = (x: Tensor, shape: number[], weight: Optional, bias: Optional, epsilon: number): Tensor[] => {
  const [y, ...rest] = standardized(x, range(shape.length, x.ndim - shape.length), epsilon);
  return [plus(times(y, weight), bias), ...rest];
};
const batchNorm = (
  x: Tensor,
  [running, spread, weight, bias]: readonly Optional[],
  training: boolean,
  epsilon: number,
): Tensor[] => {
  const affine = (y: Tensor): Tensor => plus(times(y, perChannel(weight, x)), perChannel(bias, x));
  if (training) {
    const [y, centre, scale] = standardized(
      x,
      range(x.ndim).filter((a) => a !== 1),
      epsilon,
    );
    return [affine(y), centre.reshape([centre.size]), scale.reshape([scale.size])];
  }
  const channels = x.ndim < 2 ? x : undefined;
  const [m, v] = [running, spread].map((t) => (channels ? (t as Tensor) : (perChannel(t, x) as Tensor)));
  const empty = tensor(new Float64Array(0), { shape: [0], dtype: "f64" });
  return [affine(mul(sub(x, m), rsqrt(add(v, epsilon)))), empty, empty];
};

/** Minus the weighted log probability of each target, and the weight of each; ignored targets weigh nothing. */
const negativeLogLikelihood = (
  logProbabilities: Tensor,
  target: Tensor,
  { weight, ignore_index = -100, reduction = "mean" }: Keywords,
): Tensor => {
  const axis = logProbabilities.ndim === target.ndim ? 0 : logProbabilities.ndim === 1 ? 0 : 1;
  const ignored = equal(target, ignore_index);
  const known = where(ignored, 0, target);
  const classes = logProbabilities.shape[axis];
  const hot = moveAxis(oneHot(known, classes, "f64"), -1, axis);
  const along = logProbabilities.shape.map((_, i) => (i === axis ? classes : 1));
  const share = times(hot, weight === null || weight === undefined ? weight : weight.reshape(along));
  const used = where(ignored.expandDims(axis), 0, share);
  const losses = sum(where(equal(used, 0), 0, mul(used, logProbabilities)), axis).neg();
  if (reduction !== "mean") return reduced(losses, reduction);
  return div(sum(losses), sum(used));
};
const crossEntropy: Operation = (x: Tensor, [target]: Tensor[], kwargs) => {
  const axis = x.ndim === 1 ? 0 : 1;
  const logProbabilities = logSoftmax(x, axis);
  const { label_smoothing = 0, weight, ignore_index = -100, reduction = "mean" } = kwargs;
  const classes = x.shape[axis];
  const along = x.shape.map((_, i) => (i === axis ? classes : 1));
  const weighted = times(logProbabilities, weight ? weight.reshape(along) : null);
  if (target.dtype === "f64") {
    const smooth = add(mul(target, 1 - label_smoothing), label_smoothing / classes);
    const losses = sum(mul(smooth, weighted), axis).neg();
    return reduction === "mean" ? div(sum(losses), losses.size) : reduced(losses, reduction);
  }
  const hard = negativeLogLikelihood(logProbabilities, target, kwargs);
  if (label_smoothing === 0) return hard;
  const ignored = equal(target, ignore_index);
  const even = where(ignored, 0, sum(weighted, axis).neg());
  const hot = where(ignored.expandDims(axis), 0, moveAxis(oneHot(where(ignored, 0, target), classes, "f64"), -1, axis));
  const total = sum(times(hot, weight ? weight.reshape(along) : null));
  const spread = reduction === "mean" ? div(sum(even), total) : reduced(even, reduction);
  return add(mul(hard, 1 - label_smoothing), mul(spread, label_smoothing / classes));
};

const cosine = (x: Tensor, y: Tensor, dim: number, epsilon: number): Tensor => {
  const length = (z: Tensor): Tensor => {
    const squares = sum(square(z), dim, { keepDims: true });
    return sqrt(valueOf(squares, maximum(squares, epsilon * epsilon)));
  };
  return sum(mul(div(x, length(x)), div(y, length(y))), dim);
};
const distance = (x: Tensor, y: Tensor, p: number, epsilon: number, keepDims = false): Tensor =>
  pNorm(add(sub(x, y), epsilon), p, -1, { keepDims });
const huber = (d: Tensor, delta: number): Tensor =>
  where(lessEqual(abs(d), delta), mul(square(d), 0.5), mul(sub(abs(d), 0.5 * delta), delta));

export const neuralMapping: Mapping = {
  "nn.functional.linear": (x, [weight, bias], kwargs) => plus(matmul(x, weight.T), bias ?? kwargs.bias),
  "nn.functional.bilinear": (x, [y, weight, bias], kwargs) =>
    plus(einsum("...i,oij,...j->...o", x, weight, y), bias ?? kwargs.bias),
  "nn.functional.layer_norm": {
    run: (x, [shape, weight, bias, epsilon], { eps = 1e-5 }) => layerNorm(x, shape, weight, bias, epsilon ?? eps)[0],
    rounding: 1e-12,
    why: "of one element the result is the bias; the recorded derivatives by x and weight are rounding times 1 / sqrt(eps)",
  },
  native_layer_norm: {
    run: (x, [shape, weight, bias, epsilon]) => layerNorm(x, shape, weight, bias, epsilon),
    rounding: 1e-11,
    why: "of one element the result is the bias; what else is recorded is rounding times 1 / sqrt(eps)",
  },
  "nn.functional.group_norm": {
    run: (x, [groups], { weight, bias, eps = 1e-5 }) => {
      const [y] = standardized(x.reshape([x.shape[0], groups, x.size / Math.max(1, x.shape[0] * groups)]), [2], eps);
      return plus(times(y.reshape(x.shape), perChannel(weight, x)), perChannel(bias, x));
    },
    varies: leading,
  },
  "nn.functional.instance_norm": {
    run: (x, _, { running_mean, running_var, weight, bias, use_input_stats = true, eps = 1e-5 }) => {
      if (!use_input_stats) return batchNorm(x, [running_mean, running_var, weight, bias], false, eps)[0];
      const [y] = standardized(x, range(x.ndim - 2, 2), eps);
      return plus(times(y, perChannel(weight, x)), perChannel(bias, x));
    },
    varies: ({ gradients }) => [0, ...range(gradients - 1, 3)],
  },
  "nn.functional.batch_norm": {
    run: (x, [m, v, weight, bias], { training = false, eps = 1e-5, ...rest }) =>
      batchNorm(x, [m, v, weight ?? rest.weight, bias ?? rest.bias], training, eps)[0],
    varies: ({ gradients }) => [0, ...range(gradients - 1, 3)],
  },
  native_batch_norm: {
    run: (x, [weight, bias, m, v, training, , epsilon]) => batchNorm(x, [m, v, weight, bias], training, epsilon),
    varies: leading,
  },
  "nn.functional.local_response_norm": (x, [size], { alpha = 1e-4, beta = 0.75, k = 1 }) => {
    const low = Math.floor(size / 2);
    const widths = x.shape.map((_: number, i: number) => (i === 1 ? [low, size - 1 - low] : [0, 0]));
    const padded = square(x).pad(widths);
    const windows = range(size).map((o) => padded.at(null, [o, o + x.shape[1]]));
    const total = windows.reduce((a: Tensor, b: Tensor) => add(a, b));
    return div(x, add(mul(total, alpha / size), k).pow(beta));
  },
  "nn.functional.feature_alpha_dropout.without_train": (x) => x,

  "nn.functional.binary_cross_entropy": {
    run: loss((x, t, { weight }) => {
      const [yes, no] = [x, sub(1, x)].map((p) => atLeast(log(p), -100));
      return times(add(mul(t, yes), mul(sub(1, t), no)), weight).neg();
    }),
    varies: leading,
  },
  "nn.functional.binary_cross_entropy_with_logits": {
    run: loss((x, t, { weight, pos_weight }) => {
      const factor = pos_weight ? add(mul(sub(pos_weight, 1), t), 1) : 1;
      return times(add(mul(sub(1, t), x), mul(softplus(x.neg()), factor)), weight);
    }),
    varies: leading,
  },
  "nn.functional.cosine_similarity": {
    run: (x, [y], { dim = 1, eps = 1e-8 }) => {
      const [a, b] = [add(x, mul(y, 0)), add(y, mul(x, 0))];
      return a.ndim === 0 ? cosine(a.reshape([1]), b.reshape([1]), 0, eps) : cosine(a, b, dim, eps);
    },
    rounding: 1e-12,
    why: "of one element the result is a sign; the recorded derivative is rounding",
  },
  "nn.functional.cosine_embedding_loss": {
    run: (x, [y, target], { margin = 0, reduction }) => {
      const length = (z: Tensor): Tensor => add(sum(square(z), -1), 1e-12);
      const cos = div(sum(mul(x, y), -1), sqrt(mul(length(x), length(y))));
      const apart = where(equal(target, -1), atLeast(sub(cos, margin), 0), 0);
      return reduced(where(equal(target, 1), sub(1, cos), mul(apart, 1)).add(mul(cos, 0)), reduction);
    },
    varies: leading,
  },
  "nn.functional.cross_entropy": { run: crossEntropy, varies: leading },
  "nn.functional.nll_loss": { run: (x, [t], kwargs) => negativeLogLikelihood(x, t, kwargs), varies: leading },
  "nn.functional.gaussian_nll_loss": {
    run: (x, [t, v], { full = false, eps = 1e-6, reduction }) => {
      const spread = v.ndim === x.ndim ? v : v.expandDims(-1);
      const safe = valueOf(spread, maximum(spread, eps));
      const values = mul(add(log(safe), div(square(sub(x, t)), safe)), 0.5);
      return reduced(full ? add(values, 0.5 * Math.log(2 * Math.PI)) : values, reduction);
    },
    varies: leading,
  },
  "nn.functional.hinge_embedding_loss": {
    run: loss((x, t, { margin = 1 }) =>
      add(where(notEqual(t, 1), atLeast(sub(margin, x), 0), 0), where(notEqual(t, -1), x, 0)),
    ),
    varies: leading,
  },
  "nn.functional.huber_loss": loss((x, t, { delta = 1 }) => huber(sub(x, t), delta)),
  "nn.functional.smooth_l1_loss": loss((x, t, { beta = 1 }) =>
    beta === 0 ? abs(sub(x, t)) : div(huber(sub(x, t), beta), beta),
  ),
  "nn.functional.l1_loss": loss((x, t) => abs(sub(x, t))),
  "nn.functional.mse_loss": loss((x, t) => square(sub(x, t))),
  "nn.functional.kl_div": (x, [t], { log_target = false, reduction = "mean" }) => {
    const positive = greater(t, 0);
    const entropy = mul(t, log(where(positive, t, 1)));
    const values = log_target ? mul(exp(t), sub(t, x)) : sub(where(positive, entropy, 0), mul(t, x));
    return reduction === "batchmean" ? div(sum(values), x.shape[0]) : reduced(values, reduction);
  },
  "nn.functional.margin_ranking_loss": {
    run: (x, [y, target], { margin = 0, reduction }) =>
      reduced(atLeast(add(mul(target.neg(), sub(x, y)), margin), 0), reduction),
    varies: leading,
  },
  "nn.functional.multi_margin_loss": {
    run: (x, [target], { p = 1, margin = 1, weight, reduction }) => {
      const rows = x.ndim === 2 ? x : x.reshape([1, x.size]);
      const at = target.reshape([rows.shape[0], 1]);
      const classes = rows.shape[1];
      const excess = relu(sub(add(rows, margin), takeAlongAxis(rows, at, 1)));
      const powers = p === 1 ? excess : square(excess);
      const weighted = weight ? mul(powers, weight.take(at.reshape([at.size])).expandDims(-1)) : powers;
      const others = where(oneHot(at.reshape([at.size]), classes, "bool"), 0, weighted);
      const losses = div(sum(others, 1), classes);
      return reduced(x.ndim === 2 ? losses : losses.reshape([]), reduction);
    },
    varies: leading,
  },
  "nn.functional.multilabel_margin_loss": (x, [target], { reduction }) => {
    const rows = x.ndim === 2 ? x : x.reshape([1, x.size]);
    const labels = target.reshape(rows.shape);
    const classes = rows.shape[1];
    // Labels count up to the first -1.
    const used = equal(less(labels, 0).astype("i32").cumsum(1), 0);
    const hot = mul(oneHot(where(used, labels, 0), classes, "i32"), used.expandDims(-1).astype("i32"));
    const isTarget = hot.any(1);
    const chosen = takeAlongAxis(rows, where(used, labels, 0), 1);
    const excess = relu(add(sub(rows.expandDims(1), chosen.expandDims(2)), 1));
    const counts = used.expandDims(2).logicalAnd(isTarget.logicalNot().expandDims(1));
    const losses = div(sum(where(counts, excess, 0), [1, 2]), classes);
    return reduced(x.ndim === 2 ? losses : losses.reshape([]), reduction);
  },
  "nn.functional.multilabel_soft_margin_loss": {
    run: (x, [t], { weight, reduction }) =>
      reduced(mean(times(add(mul(t, softplus(x.neg())), mul(sub(1, t), softplus(x))), weight), -1), reduction),
    varies: leading,
  },
  "nn.functional.normalize": {
    run: (x, _, { p = 2, dim = 1, eps = 1e-12 }) =>
      asVector(x, (y) => div(y, atLeast(pNorm(y, p, dim, { keepDims: true }), eps))),
    rounding: 1e-12,
    why: "of one element the result is its sign; the recorded derivative is rounding",
  },
  "nn.functional.pairwise_distance": (x, [y], { p = 2, eps = 1e-6, keepdim = false }) =>
    distance(x, y, p, eps, keepdim),
  "nn.functional.pdist": (x, [given], { p = 2 }) => {
    const n = x.shape[0];
    const pairs = range(n).flatMap((i) => range(n - i - 1, i + 1).map((j) => [i, j]));
    const side = (k: 0 | 1): Tensor =>
      x.take(
        tensor(
          Int32Array.from(pairs, (pair) => pair[k]),
          { shape: [pairs.length], dtype: "i32" },
        ),
      );
    return pNorm(sub(side(0), side(1)), given ?? p, -1);
  },
  "nn.functional.poisson_nll_loss": loss((x, t, { log_input = true, full = false, eps = 1e-8 }) => {
    const values = log_input ? sub(exp(x), mul(t, x)) : sub(x, mul(t, log(add(x, eps))));
    const large = greater(t, 1);
    const safe = where(large, t, 1);
    const stirling = add(sub(mul(safe, log(safe)), safe), mul(log(mul(safe, 2 * Math.PI)), 0.5));
    return full ? add(values, where(large, stirling, 0)) : values;
  }),
  "nn.functional.soft_margin_loss": {
    run: loss((x, t) => log(add(exp(mul(t, x).neg()), 1))),
    varies: leading,
  },
  "nn.functional.triplet_margin_loss": (x, [near, far], { margin = 1, p = 2, eps = 1e-6, swap = false, reduction }) => {
    const other = distance(x, far, p, eps);
    const away = swap ? other.minimum(distance(near, far, p, eps)) : other;
    return reduced(atLeast(add(sub(distance(x, near, p, eps), away), margin), 0), reduction);
  },
};
