import type { Tensor } from "@cotangent/core";
import { type ApplyContext, type Scope, rootScope } from "./scope.js";

export interface InitOptions {
  /** Of the parameters. Default f32. */
  readonly dtype?: "f32" | "f64";
}

/** A layer inside a forward function: call it; `params` are its own parameters, for sharing weights. */
export type BoundLayer<P, A extends unknown[], O> = ((...inputs: A) => O) & { readonly params: P };

/** What every layer has: a frozen description. Parameters are a plain tree beside it, so forward passes are pure functions. */
export interface LayerValue<P, B> {
  /** For messages, such as "linear". */
  readonly kind: string;
  /** Fresh parameters from a key: the same key gives the same ones. */
  init(key: Tensor, options?: InitOptions): P;
  /** The layer together with its parameters, as forward functions see it. */
  bind(params: P, scope?: Scope): B;
}

/** A layer whose output depends on parameters and inputs alone. */
export interface Layer<
  P,
  A extends unknown[],
  O,
  B extends BoundLayer<P, A, O> = BoundLayer<P, A, O>,
> extends LayerValue<P, B> {
  readonly pure: true;
  /** The forward pass. */
  apply(params: P, ...inputs: A): O;
}

/** A layer that draws random numbers, acts differently in training, or keeps a state (`S`, a tree; undefined for none). */
export interface ContextLayer<P, S, A extends unknown[], O> extends LayerValue<P, BoundLayer<P, A, O>> {
  readonly pure: false;
  /** The state before the first pass. */
  initState(options?: InitOptions): S;
  /** The forward pass; the next state is returned, and without `state` the first one is used. */
  apply(
    variables: { readonly params: P; readonly state?: S | undefined },
    inputs: A,
    context?: ApplyContext,
  ): { readonly output: O; readonly state: S };
}

/** Any layer, as a child. */
export interface AnyLayer extends LayerValue<unknown, unknown> {
  readonly pure: boolean;
}

/** A pure layer from its functions. */
export function layer<P, A extends unknown[], O>(
  kind: string,
  init: (key: Tensor, dtype: "f32" | "f64") => P,
  forward: (params: P, ...inputs: A) => O,
): Layer<P, A, O> {
  return Object.freeze({
    kind,
    pure: true as const,
    init: (key: Tensor, options: InitOptions = {}) => init(key, options.dtype ?? "f32"),
    bind: (params: P) => Object.assign((...inputs: A) => forward(params, ...inputs), { params }),
    apply: (params: P, ...inputs: A) => forward(params, ...inputs),
  });
}

export interface ContextLayerDefinition<P, S, A extends unknown[], O> {
  init(key: Tensor, dtype: "f32" | "f64"): P;
  /** Left out by layers without a state. */
  initState?(dtype: "f32" | "f64"): S;
  /** Reads `scope.train` and `scope.state`, calls `scope.key(kind)`, and may set `scope.state`. */
  forward(params: P, scope: Scope, ...inputs: A): O;
}

/** A layer with randomness, a training mode or a state, from its functions. */
export function contextLayer<P, S, A extends unknown[], O>(
  kind: string,
  definition: ContextLayerDefinition<P, S, A, O>,
): ContextLayer<P, S, A, O> {
  const initState = ({ dtype = "f32" }: InitOptions = {}): S => definition.initState?.(dtype) as S;
  return Object.freeze({
    kind,
    pure: false as const,
    initState,
    init: (key: Tensor, options: InitOptions = {}) => definition.init(key, options.dtype ?? "f32"),
    bind: (params: P, scope: Scope = rootScope(undefined, {})) =>
      Object.assign((...inputs: A) => definition.forward(params, scope, ...inputs), { params }),
    apply(variables: { readonly params: P; readonly state?: S | undefined }, inputs: A, context: ApplyContext = {}) {
      const scope = rootScope(variables.state ?? initState(), context);
      const output = definition.forward(variables.params, scope, ...inputs);
      return { output, state: scope.state as S };
    },
  });
}
