import { type Tensor, tree } from "@cotangent/core";
import { checkFloats, checkLike } from "./checkTrees.js";
import type { Hyper } from "./hyper.js";

/** A tree with the structure, shapes and dtypes of the parameters, whatever those are. */
export type ParamsLike = object;

/** What a transform is given at a step. */
export interface TransformStep<P, S, Name extends string = "learningRate"> {
  /** What the transform before it made of the gradients: the gradients themselves for the first. */
  readonly updates: P;
  readonly params: P;
  readonly state: S;
  readonly hyper?: Hyper<Name> | undefined;
}

/**
 * A pure function of gradients with a state: clips, scales, averages. `chain` puts transforms together.
 *
 * `S` is the type of the state, a tree; `Name` the hyperparameters that a call may replace.
 */
export interface Transform<S, Name extends string = "learningRate"> {
  readonly name: string;
  /** Names of the hyperparameters that `hyper` may replace. */
  readonly hyperparameters: readonly string[];
  init<P>(params: P): S;
  update<P>(step: TransformStep<P, S, Name>): { readonly updates: P; readonly state: S };
}

/** What an optimiser is given at a step. */
export interface OptimizerStep<P, S, Name extends string = "learningRate"> {
  readonly grads: P;
  readonly params: P;
  readonly state: S;
  /** Replaces hyperparameters for this step: numbers, or scalar tensors, which may be differentiated. */
  readonly hyper?: Hyper<Name> | undefined;
}

/**
 * Turns gradients into steps. Pure: nothing changes in place, so the same object trains, is compiled by `jit`, and is
 * differentiated through.
 *
 * ```ts
 * let state = optimizer.init(params);
 * ({ params, state } = optimizer.update({ grads, params, state }));
 * ```
 */
export interface Optimizer<S, Name extends string = "learningRate"> {
  readonly name: string;
  /** The transform from gradients to what is added to the parameters. */
  readonly transform: Transform<S, Name>;
  /** The state before the first step, a tree of tensors. */
  init<P>(params: P): S;
  /** params + updates, the next state, and the updates themselves. */
  update<P>(step: OptimizerStep<P, S, Name>): { readonly params: P; readonly state: S; readonly updates: P };
}

/**
 * An optimiser from a transform whose updates are to be added to the parameters (they point downhill). Input is checked
 * here, once for the whole chain.
 */
export function optimizer<S, Name extends string>(transform: Transform<S, Name>): Optimizer<S, Name> {
  const { name } = transform;
  return {
    name,
    transform,
    init(params) {
      checkFloats(`${name}.init`, params);
      return transform.init(params);
    },
    update({ grads, params, state, hyper }) {
      checkLike(`${name}.update`, "grads", grads, params);
      checkNames(name, transform.hyperparameters, hyper);
      const next = transform.update({ updates: grads, params, state, hyper });
      return { ...next, params: tree.map((p, u) => p.add(u), params, next.updates) };
    },
  };
}

function checkNames(name: string, known: readonly string[], hyper: object | undefined): void {
  const unknown = Object.keys(hyper ?? {}).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new TypeError(
      `${name}.update: hyper has ${unknown}, which ${name} does not know. It has ${known.join(", ") || "no hyperparameters"}.`,
    );
}

/** Applies a function to the leaves of the parameters and of trees like them. */
export function mapLike<P>(f: (...leaves: Tensor[]) => Tensor, params: P, ...like: readonly unknown[]): P {
  return tree.map(f, params, ...(like as P[]));
}
