import type { Tensor } from "./tensor.js";

/** A compile-time complaint: the message is the type. */
export interface NotATree<Message extends string> {
  readonly error: Message;
}

type Child<Path extends string, K> = Path extends "" ? `${K & string}` : `${Path}.${K & string}`;

/** The paths of leaves that are not tensors; `never` for a tree. Interfaces, arrays, tuples and optional keys are fine. */
export type BadLeaves<T, Path extends string = ""> = 0 extends 1 & T
  ? never // `any` would recurse for ever
  : T extends Tensor | undefined | null
    ? never
    : T extends (...args: never[]) => unknown
      ? Path
      : T extends readonly (infer Item)[]
        ? BadLeaves<Item, `${Path}[]`>
        : T extends object
          ? { [K in keyof T]-?: BadLeaves<T[K], Child<Path, K>> }[keyof T]
          : Path;

/** Intersected with a function argument, it lets the function pass or shows why its parameter is no tree. */
export type TreeArgument<P> = [BadLeaves<P>] extends [never]
  ? unknown
  : NotATree<`argument 0: leaf ${BadLeaves<P> & string} is not a Tensor`>;

/** As `TreeArgument`, for a function all of whose arguments are trees. */
export type TreeArguments<A extends readonly unknown[]> = [BadArguments<A>] extends [never]
  ? unknown
  : NotATree<`${BadArguments<A> & string} is not a Tensor`>;
type BadArguments<A extends readonly unknown[]> = {
  [K in keyof A]: BadLeaves<A[K], `argument ${K & string}`>;
}[number];
