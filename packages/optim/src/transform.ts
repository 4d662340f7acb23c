import { type Tensor, tree } from "@cotangent/core";

/** Hyperparameters given at the call, which override those the optimiser was made with. They may be traced. */
export interface Hyper {
  readonly learningRate?: number | Tensor;
}

/** One stage of an optimiser: it turns gradients into updates. Pure, so it jits, maps and differentiates. */
export interface Transform<S> {
  init<P>(params: P): S;
  update<P>(step: { readonly updates: P; readonly params: P; readonly state: S; readonly hyper?: Hyper }): {
    readonly updates: P;
    readonly state: S;
  };
}

/** A chain of transforms that applies its result. */
export interface Optimizer<S = unknown> {
  /** What it does to gradients before they are added. */
  readonly transform: Transform<S>;
  init<P>(params: P): S;
  /**
   * One step.
   *
   * @param step.grads gradients, a tree like `params`
   * @throws TypeError when the trees differ (naming the leaves)
   * @returns the new parameters and state, and the updates that were added to the parameters
   */
  update<P>(step: { readonly grads: P; readonly params: P; readonly state: S; readonly hyper?: Hyper }): {
    readonly params: P;
    readonly state: S;
    readonly updates: P;
  };
}

/** An optimiser of one transform. */
export function optimizer<S>(transform: Transform<S>): Optimizer<S> {
  return {
    transform,
    init: (params) => transform.init(params),
    update({ grads, params, state, hyper }) {
      const step = { updates: grads, params, state };
      const next = transform.update(hyper === undefined ? step : { ...step, hyper });
      return { params: tree.map((p, u) => p.add(u), params, next.updates), state: next.state, updates: next.updates };
    },
  };
}
