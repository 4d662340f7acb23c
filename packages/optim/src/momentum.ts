import { tree, zerosLike } from "@cotangent/core";
import { chain } from "./chain.js";
import { type SgdOptions, scaleByLearningRate } from "./sgd.js";
import type { Optimizer, Transform } from "./transform.js";

export interface MomentumOptions extends SgdOptions {
  /** How much of the last velocity stays, 0 to 1. Default 0.9. */
  readonly momentum?: number;
  /** Looks ahead: the gradient is added once more after the velocity. Default false. */
  readonly nesterov?: boolean;
}

/** v <- momentum * v + g; the update is v, or g + momentum * v with Nesterov's correction (PyTorch's form). */
export function trace(momentum: number, nesterov = false): Transform<{ readonly velocity: unknown }> {
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(
      `momentum: momentum is ${momentum}, expected a number from 0 to below 1. Use 0.9 if in doubt.`,
    );
  return {
    init: (params) => ({ velocity: tree.map(zerosLike, params) }),
    update<P>({ updates, state }: { updates: P; state: { readonly velocity: unknown } }) {
      const velocity = tree.map((v, g) => v.mul(momentum).add(g), state.velocity as P, updates);
      return {
        updates: nesterov ? tree.map((v, g) => v.mul(momentum).add(g), velocity, updates) : velocity,
        state: { velocity },
      };
    },
  };
}

/**
 * Gradient descent with momentum.
 *
 * @see Sutskever, Martens, Dahl, Hinton (2013), On the importance of initialization and momentum
 */
export function momentum(options: MomentumOptions): Optimizer {
  return chain(
    trace(options.momentum ?? 0.9, options.nesterov ?? false),
    scaleByLearningRate(options.learningRate, "momentum"),
  );
}
