import { type Tensor, vmap } from "@cotangent/core";
import type { Optimizer } from "@cotangent/optim";
import { type Inner, type InnerOptions, inner } from "./inner.js";

/** Many tasks at once: every leaf has the task as its axis 0. */
export interface Tasks<B> {
  /** What a task is learned from. */
  readonly train: B;
  /** What it is judged on. */
  readonly test: B;
}

export interface Maml<P, B, S> {
  /** From the shared start to the parameters of one task. */
  readonly adapt: Inner<P, [batch: B], S>;
  /** The loss on each task's test data after adapting to its training data, averaged over tasks: what to minimise. */
  readonly loss: (start: P, tasks: Tasks<B>) => Tensor;
}

/**
 * Model-agnostic meta-learning: parameters from which a few steps of an optimiser suffice for a new task.
 *
 * ```ts
 * const learner = maml(loss, sgd({ learningRate: 0.01 }), { steps: 1, adjoint: unroll({ order: 2 }) });
 * const step = jit((start: Params, tasks: Tasks<Batch>) => grad(learner.loss)(start, tasks));
 * ```
 *
 * @param loss from the parameters and one task's batch to a scalar
 * @param optimizer of the inner steps
 * @see Finn, Abbeel, Levine (2017), Model-Agnostic Meta-Learning, arXiv 1703.03400
 */
export function maml<P, B, S, Name extends string>(
  loss: (params: P, batch: B) => Tensor,
  optimizer: Optimizer<S, Name>,
  options: InnerOptions<Name>,
): Maml<P, B, S> {
  const adapt = inner(loss, optimizer, options);
  return {
    adapt,
    loss: (start, tasks) =>
      vmap(({ train, test }: Tasks<B>): Tensor => loss(adapt(start, train).params, test))(tasks).mean(),
  };
}
