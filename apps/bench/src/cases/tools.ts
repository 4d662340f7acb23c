import { Tensor, jit, tensor } from "@cotangent/core";
import type { Case, Shared, Weights } from "../shared.js";

export type Cases = Record<string, () => Case>;
/** What the files of this folder build their cases with. */
export interface Tools extends Shared {
  readonly array: (values: Float32Array | Float64Array, shape: readonly number[], dtype?: "f32" | "f64") => Tensor;
  /** Values of the peers' generator in this shape. */
  readonly random: (seed: number, shape: readonly number[], scale?: number) => Tensor;
  readonly weights: (list: readonly Weights[]) => Tensor[];
}

export const toolsOf = (lib: Shared): Tools => {
  const array: Tools["array"] = (values, shape, dtype = "f32") => tensor(values, { shape, dtype });
  return {
    ...lib,
    array,
    random: (seed, shape, scale) => array(lib.data(seed, sizeOf(shape), scale), shape),
    weights: (list) => list.map((p) => array(p.data, p.shape)),
  };
};

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const leaves = (y: unknown): Tensor[] => (Array.isArray(y) ? y.flatMap(leaves) : y instanceof Tensor ? [y] : []);
export const outputsOf = (y: unknown): Promise<ArrayLike<number>[]> => Promise.all(leaves(y).map((t) => t.data()));

/** One call a repetition. */
export const once = <A extends unknown[]>(f: (...args: A) => unknown, args: A, more: Partial<Case> = {}): Case => ({
  fn: () => f(...args),
  check: () => outputsOf(f(...args)),
  ...more,
});

/** Many calls a repetition, where one is too short for the clock. */
export const often = <A extends unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  inner: number,
  mode: "eager" | "jit",
): Case => ({
  fn: () => {
    for (let i = 1; i < inner; i++) f(...args);
    return f(...args);
  },
  check: () => outputsOf(f(...args)),
  inner,
  mode,
});

/** As `often`, the result of each call read before the next. */
export const read = <A extends unknown[]>(f: (...args: A) => Tensor, args: A, inner: number): Case => ({
  ...often(f, args, inner, "jit"),
  fn: async () => {
    for (let i = 0; i < inner; i++) await f(...args).data();
  },
});

/** A state that each call takes over from the last: it stays in the program's memory, and no call copies it. */
export const donated = <S>(f: (state: S) => S, start: () => S, more: Partial<Case> = {}): Case => {
  const step = jit(f, { donate: [0] });
  let state = start();
  return {
    fn: () => (state = step(state)),
    keeps: true,
    check: () => outputsOf(step(start())),
    mode: "jit",
    ...more,
  };
};

/** A quantity that is no time: measured once, given as the output. */
export const quantity = (measure: () => number): Case => {
  let value: number | undefined;
  return {
    fn: () => (value ??= measure()),
    check: () => [[value ?? measure()]],
  };
};
