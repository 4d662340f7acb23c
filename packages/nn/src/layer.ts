import type { Tensor } from "@cotangent/core";

/** What a forward pass may need beside parameters. */
export interface Context {
  /** Randomness for this pass (dropout). Each layer folds its own path into it. */
  readonly key?: Tensor;
  /** Training behaviour (dropout on) or evaluation. Default evaluation. */
  readonly train?: boolean;
}

/**
 * A layer: a frozen description. Its parameters are a plain tree that `init` makes and everything else takes, so that a network
 * can be differentiated, mapped, sampled and sent like any other function.
 */
export interface Layer<P, A extends unknown[], B> {
  readonly kind: string;
  /** Fresh parameters. The same key gives the same ones. */
  init(key: Tensor): P;
  /** The forward pass. */
  forward(params: P, context: Context, ...inputs: A): B;
  /** The forward pass outside training: `apply(params, x)`; or with a context: `apply({ params }, [x], { key, train })`. */
  apply(params: P, ...inputs: A): B;
}

export type AnyLayer = Layer<any, any, any>;

/** A layer from its two functions. */
export function layer<P, A extends unknown[], B>(
  kind: string,
  init: (key: Tensor) => P,
  forward: (params: P, context: Context, ...inputs: A) => B,
): Layer<P, A, B> {
  return Object.freeze({ kind, init, forward, apply: (params: P, ...inputs: A) => forward(params, {}, ...inputs) });
}
