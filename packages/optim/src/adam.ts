import { type DType, type Tensor, expm1, log, tensor, zerosLike } from "@cotangent/core";
import { checkLike } from "./checkTrees.js";
import { type Hyperparameter, type Schedule, cast, checked, checkedSchedule, ranges, valueAt } from "./hyper.js";
import { type Optimizer, type ParamsLike, mapLike, optimizer } from "./optimizer.js";
import { safeSqrt } from "./safeSqrt.js";

export interface AdamOptions {
  /** A number, a scalar tensor, or a function of the step such as `cosine(1e-3, 1000)`. */
  readonly learningRate: Hyperparameter | Schedule;
  /** Decay of the mean of the gradients, 0 to below 1. Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** Decay of the mean of their squares, 0 to below 1. Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** Added to the root, so that nothing is divided by 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
}
export interface AdamState {
  /** Steps taken, i32. */
  readonly count: Tensor;
  /** m and v, the running means of the gradients and of their squares, like the parameters. */
  readonly mean: ParamsLike;
  readonly square: ParamsLike;
}
type AdamName = "learningRate" | "beta1" | "beta2" | "epsilon";

/**
 * Adam: steps of about the learning rate in each coordinate, whatever the scale of the gradients.
 *
 * m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p - learningRate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
 *
 * ```ts
 * const optimizer = adam({ learningRate: 1e-3 });
 * ```
 *
 * @throws RangeError for hyperparameters outside their range or NaN
 * @see Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv 1412.6980, algorithm 1
 */
export function adam(options: AdamOptions): Optimizer<AdamState, AdamName> {
  return withDecay("adam", options, undefined);
}

export interface AdamWOptions extends AdamOptions {
  /** The share of each parameter that is taken away per unit of learning rate. Default 0.01. */
  readonly weightDecay?: Hyperparameter;
}

/**
 * Adam with decoupled weight decay: besides Adam's step, p <- p - learningRate weightDecay p.
 *
 * ```ts
 * const optimizer = adamw({ learningRate: 1e-3, weightDecay: 0.01 });
 * ```
 *
 * @throws RangeError for hyperparameters outside their range or NaN
 * @see Loshchilov and Hutter (2019), Decoupled weight decay regularization, arXiv 1711.05101
 */
export function adamw(options: AdamWOptions): Optimizer<AdamState, AdamName | "weightDecay"> {
  return withDecay("adamw", options, checked("adamw", "weightDecay", options.weightDecay ?? 0.01, ranges.weightDecay));
}

function withDecay(
  name: string,
  options: AdamOptions,
  weightDecay: Hyperparameter | undefined,
): Optimizer<AdamState, AdamName | "weightDecay"> {
  const learningRate = checkedSchedule(name, "learningRate", options.learningRate, ranges.learningRate);
  const defaults = {
    beta1: checked(name, "beta1", options.beta1 ?? 0.9, ranges.decayRate),
    beta2: checked(name, "beta2", options.beta2 ?? 0.999, ranges.decayRate),
    epsilon: checked(name, "epsilon", options.epsilon ?? 1e-8, ranges.positive),
  };
  const of = `${name}.update`;
  return optimizer({
    name,
    hyperparameters: [
      "learningRate",
      "beta1",
      "beta2",
      "epsilon",
      ...(weightDecay === undefined ? [] : ["weightDecay" as const]),
    ],
    init: (params) => ({
      count: tensor(0, { dtype: "i32" }),
      mean: mapLike(zerosLike, params) as ParamsLike,
      square: mapLike(zerosLike, params) as ParamsLike,
    }),
    update({ updates, params, state, hyper }) {
      checkLike(of, "state.mean", state.mean, params);
      checkLike(of, "state.square", state.square, params);
      const rate = valueAt(
        of,
        "learningRate",
        learningRate,
        hyper?.learningRate,
        ranges.learningRate,
        state.count,
        params,
      );
      const beta1 = checked(of, "beta1", hyper?.beta1 ?? defaults.beta1, ranges.decayRate);
      const beta2 = checked(of, "beta2", hyper?.beta2 ?? defaults.beta2, ranges.decayRate);
      const epsilon = checked(of, "epsilon", hyper?.epsilon ?? defaults.epsilon, ranges.positive);
      const decay =
        weightDecay === undefined
          ? undefined
          : checked(of, "weightDecay", hyper?.weightDecay ?? weightDecay, ranges.weightDecay);
      const count = state.count.add(1);
      const mean = mapLike((m, g) => average(m, g, beta1), state.mean, updates);
      const square = mapLike((v, g) => average(v, g.square(), beta2), state.square, updates);
      const step = mapLike(
        (p, m, v) => {
          const [first, second] = [correction(beta1, count, p.dtype), correction(beta2, count, p.dtype)];
          const size = safeSqrt(v.div(second)).add(cast(epsilon, p.dtype));
          const adaptive = m.div(first).div(size);
          const whole = decay === undefined ? adaptive : adaptive.add(p.mul(cast(decay, p.dtype)));
          return whole.mul(cast(rate, p.dtype)).neg();
        },
        params,
        mean,
        square,
      );
      return { updates: step, state: { count, mean, square } };
    },
  });
}

const average = (old: Tensor, value: Tensor, beta: Hyperparameter): Tensor => {
  const b = cast(beta, old.dtype);
  return old.mul(b).add(value.mul(typeof b === "number" ? 1 - b : b.neg().add(1)));
};

/** 1 - beta^t as -expm1(t log beta): 1 - 0.999 would lose four digits of an f32. */
function correction(beta: Hyperparameter, count: Tensor, dtype: DType): Tensor {
  const t = count.astype(dtype);
  if (typeof beta === "number") return expm1(t.mul(Math.log(beta))).neg();
  return expm1(t.mul(log(beta.astype(dtype)))).neg();
}
