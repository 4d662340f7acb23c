import { type Tensor, tree, where, zerosLike } from "@cotangent/core";
import { chain } from "./chain.js";
import { type LearningRate, checkRate } from "./schedule.js";
import { countFromZero, scaleByLearningRate } from "./sgd.js";
import type { Optimizer, Transform } from "./transform.js";

export interface AdamOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second mean. Default 1e-8. */
  readonly epsilon?: number;
}

export interface AdamState {
  readonly count: Tensor;
  readonly mean: unknown;
  readonly square: unknown;
}

/** Gradients divided by the root of their running mean square, both corrected for starting at 0 (Kingma and Ba, algorithm 1). */
export function scaleByAdam(options: Omit<AdamOptions, "learningRate"> = {}, operation = "adam"): Transform<AdamState> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  for (const [name, beta] of [
    ["beta1", beta1],
    ["beta2", beta2],
  ] as const)
    if (!(beta >= 0 && beta < 1))
      throw new RangeError(
        `${operation}: ${name} is ${beta}, expected a number from 0 to below 1. Use the default if in doubt.`,
      );
  checkRate(operation, "epsilon", epsilon);
  return {
    init: (params) => ({
      count: countFromZero(),
      mean: tree.map(zerosLike, params),
      square: tree.map(zerosLike, params),
    }),
    update<P>({ updates, state }: { updates: P; state: AdamState }) {
      const count = state.count.add(1);
      const t = count.astype("f64");
      // 1 - beta^t, as f64, so that f32 parameters see it rounded once.
      const correction1 = t.mul(Math.log(beta1)).expm1().neg();
      const correction2 = t.mul(Math.log(beta2)).expm1().neg();
      const mean = tree.map((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), state.mean as P, updates);
      const square = tree.map((v, g) => v.mul(beta2).add(g.square().mul(1 - beta2)), state.square as P, updates);
      const scaled = tree.map(
        (m, v) => {
          const unbiased = v.div(correction2.astype(v.dtype));
          // The root has an infinite slope at 0: a gradient of exactly 0 gets the update 0, and the meta-gradient 0 instead of NaN.
          const positive = unbiased.greater(0);
          const root = where(positive, where(positive, unbiased, 1).sqrt(), 0);
          return m.div(correction1.astype(m.dtype)).div(root.add(epsilon));
        },
        mean,
        square,
      );
      return { updates: scaled, state: { count, mean, square } };
    },
  };
}

/**
 * Adam.
 *
 * @see Kingma and Ba (2015), arXiv 1412.6980
 * @example const optimizer = adam({ learningRate: 1e-3 })
 */
export function adam(options: AdamOptions): Optimizer {
  return chain(scaleByAdam(options), scaleByLearningRate(options.learningRate, "adam"));
}

export interface AdamWOptions extends AdamOptions {
  /** Parameters shrink by rate times this each step. Default 0.01. */
  readonly weightDecay?: number;
}

/** Adam with weight decay that does not pass through the adaptive scaling. @see Loshchilov and Hutter (2019), arXiv 1711.05101 */
export function adamw(options: AdamWOptions): Optimizer {
  const { weightDecay = 0.01 } = options;
  checkRate("adamw", "weightDecay", weightDecay);
  return chain(
    scaleByAdam(options, "adamw"),
    addDecayedWeights(weightDecay),
    scaleByLearningRate(options.learningRate, "adamw"),
  );
}

/** Adds a multiple of the parameters to the updates. */
export function addDecayedWeights(weightDecay: number): Transform<undefined> {
  return {
    init: () => undefined,
    update: ({ updates, params }) => ({
      updates: tree.map((u, p) => u.add(p.mul(weightDecay)), updates, params),
      state: undefined,
    }),
  };
}
