import { Tensor, tensor, tree } from "@cotangent/core";
import { type LearningRate, checkRate, rateAt } from "./schedule.js";
import { type Optimizer, type Transform, optimizer } from "./transform.js";

export interface SgdOptions {
  readonly learningRate: LearningRate;
}

/** Number of updates made, i32. */
export interface CountState {
  readonly count: Tensor;
}

export const countFromZero = (): Tensor => tensor(0, { dtype: "i32" });

/** Multiplies updates by minus the learning rate: the last stage of every optimiser. */
export function scaleByLearningRate(
  learningRate: LearningRate,
  operation = "scaleByLearningRate",
): Transform<CountState> {
  if (typeof learningRate === "number") checkRate(operation, "learningRate", learningRate);
  return {
    init: () => ({ count: countFromZero() }),
    update({ updates, state, hyper }) {
      const rate = hyper?.learningRate ?? rateAt(learningRate, state.count);
      return {
        updates: tree.map((u) => u.mul(rate instanceof Tensor ? rate.astype(u.dtype) : rate).neg(), updates),
        state: { count: state.count.add(1) },
      };
    },
  };
}

/**
 * Stochastic gradient descent: p <- p - rate * g.
 *
 * @example const { params, state } = optimizer.update({ grads, params, state })
 */
export function sgd(options: SgdOptions): Optimizer<CountState> {
  return optimizer(scaleByLearningRate(options.learningRate, "sgd"));
}
