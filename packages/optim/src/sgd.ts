import { type Tensor, tensor, zerosLike } from "@cotangent/core";
import { type Hyperparameter, type Schedule, cast, checked, checkedSchedule, ranges, valueAt } from "./hyper.js";
import { type Optimizer, type ParamsLike, mapLike, optimizer } from "./optimizer.js";
import { checkLike } from "./checkTrees.js";

export interface SgdOptions {
  /** A number, a scalar tensor, or a function of the step such as `cosine(0.1, 1000)`. */
  readonly learningRate: Hyperparameter | Schedule;
}
export interface SgdState {
  /** Steps taken, i32. */
  readonly count: Tensor;
}

/**
 * Gradient descent: p <- p - learningRate g. "Stochastic" is the gradient, which may come from a part of the data.
 *
 * ```ts
 * const optimizer = sgd({ learningRate: 0.1 });
 * ```
 *
 * @throws RangeError for a learning rate that is negative or not finite
 */
export function sgd(options: SgdOptions): Optimizer<SgdState, "learningRate"> {
  const learningRate = checkedSchedule("sgd", "learningRate", options.learningRate, ranges.learningRate);
  return optimizer({
    name: "sgd",
    hyperparameters: ["learningRate"],
    init: () => ({ count: tensor(0, { dtype: "i32" }) }),
    update({ updates, params, state, hyper }) {
      const rate = valueAt(
        "sgd.update",
        "learningRate",
        learningRate,
        hyper?.learningRate,
        ranges.learningRate,
        state.count,
        params,
      );
      return {
        updates: mapLike((g) => g.mul(cast(rate, g.dtype)).neg(), updates),
        state: { count: state.count.add(1) },
      };
    },
  });
}

export interface MomentumOptions extends SgdOptions {
  /** How much of the velocity is kept, 0 to below 1. Default 0.9. */
  readonly momentum?: Hyperparameter;
  /** Nesterov's form: the step looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean;
}
export interface MomentumState extends SgdState {
  /** b, like the parameters. */
  readonly velocity: ParamsLike;
}

/**
 * Gradient descent with momentum: b <- momentum b + g; p <- p - learningRate b, or, in Nesterov's form,
 * p <- p - learningRate (g + momentum b).
 *
 * ```ts
 * const optimizer = momentum({ learningRate: 0.01, momentum: 0.9, nesterov: true });
 * ```
 *
 * @throws RangeError for a learning rate that is negative or not finite, or a momentum outside [0, 1)
 * @see Sutskever et al. (2013), On the importance of initialization and momentum in deep learning; PyTorch's form
 */
export function momentum(options: MomentumOptions): Optimizer<MomentumState, "learningRate" | "momentum"> {
  const learningRate = checkedSchedule("momentum", "learningRate", options.learningRate, ranges.learningRate);
  const kept = checked("momentum", "momentum", options.momentum ?? 0.9, ranges.decayRate);
  const { nesterov = false } = options;
  return optimizer({
    name: "momentum",
    hyperparameters: ["learningRate", "momentum"],
    init: (params) => ({ count: tensor(0, { dtype: "i32" }), velocity: mapLike(zerosLike, params) as ParamsLike }),
    update({ updates, params, state, hyper }) {
      const of = "momentum.update";
      checkLike(of, "state.velocity", state.velocity, params);
      const rate = valueAt(
        of,
        "learningRate",
        learningRate,
        hyper?.learningRate,
        ranges.learningRate,
        state.count,
        params,
      );
      const mu = checked(of, "momentum", hyper?.momentum ?? kept, ranges.decayRate);
      const velocity = mapLike((g, b) => b.mul(cast(mu, g.dtype)).add(g), updates, state.velocity);
      const direction = nesterov ? mapLike((g, b) => b.mul(cast(mu, g.dtype)).add(g), updates, velocity) : velocity;
      return {
        updates: mapLike((d) => d.mul(cast(rate, d.dtype)).neg(), direction),
        state: { count: state.count.add(1), velocity: velocity as ParamsLike },
      };
    },
  });
}
