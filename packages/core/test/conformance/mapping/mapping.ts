import type { Tensor } from "../../../src/index.js";

/** What was recorded has no static type: a tensor, a number, a string, a list, null. The one place that says so. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Value = any;
export type Arguments = Value[];
export type Keywords = Readonly<Record<string, Value>>;

/** An argument by its position or by its name; null counts as absent. */
export const argument = (args: Arguments, kwargs: Keywords, i: number, name: string, otherwise?: Value): Value =>
  args[i] ?? kwargs[name] ?? otherwise;

/**
 * One operation of the recorded samples as one expression of our public operations. Tensors come decoded (possibly traced),
 * int64 as i32; numbers, strings, lists and null as they were recorded. Outputs are returned in the recorded order.
 */
export type Operation = (input: Value, args: Arguments, kwargs: Keywords) => Tensor | readonly Tensor[];

export interface Entry {
  readonly run: Operation;
  /** Relative tolerance where 1e-9 is not what the operation can give; `why` says the reason. */
  readonly tolerance?: number;
  readonly why?: string;
  /** A recorded tensor whose elements are all below this (default 1e-15) is rounding around 0; `why` says where it comes from. */
  readonly rounding?: number;
  /** Which float tensors among input, args and kwargs the recorded gradients belong to; all of them unless given. */
  readonly varies?:
    | readonly number[]
    | ((given: { readonly floats: number; readonly gradients: number }) => readonly number[]);
  /**
   * Decompositions leave signs free: given our outputs and the recorded ones, the +-1 factors (broadcastable to the output) that turn ours
   * into theirs, or a function that does; it is applied before comparing and before the pullback.
   */
  readonly align?: (
    outputs: readonly Tensor[],
    recorded: readonly Tensor[],
  ) => readonly (Tensor | ((output: Tensor) => Tensor) | null)[];
  /** Which outputs the recorded cotangents belong to; the first float ones unless given. */
  readonly outputs?: readonly number[];
}

export type Mapping = Readonly<Record<string, Operation | Entry>>;

/** Operations that are not mapped, with the reason. */
export type Skips = Readonly<Record<string, string>>;
