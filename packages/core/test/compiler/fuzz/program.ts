import * as fc from "fast-check";
import { type DType, type Tensor, grad, tensor } from "../../../src/index.js";
import { LARGEST, type Value, isFloat, tame } from "./operands.js";
import { steps } from "./steps.js";

/** A random program as data: what is kept when one fails. Everything else follows from it. */
export interface FuzzProgram {
  readonly inputs: readonly (readonly [dtype: DType, shape: readonly number[]])[];
  /** Of the elements of the inputs. */
  readonly seed: number;
  /** A name of `steps`, two operands (the first counted back from the newest value, the second from the oldest), and a variant. */
  readonly steps: readonly (readonly [name: string, a: number, b: number, variant: number])[];
  /** Which values are returned, besides the last. */
  readonly outputs: readonly number[];
}

type Weighted<T> = { readonly arbitrary: fc.Arbitrary<T>; readonly weight: number };
const weighted = <T>(weight: number, ...values: T[]): Weighted<T> => ({
  weight,
  arbitrary: fc.constantFrom(...values),
});

/** Lane counts, their neighbours, and what is longer than any block of lanes. */
const length = fc.oneof(weighted(20, 1, 2, 3, 4, 5), weighted(12, 7, 8, 9), weighted(8, 16, 17, 33), weighted(1, 0));
const shape = fc.oneof(
  weighted(3, [] as number[]),
  { weight: 6, arbitrary: fc.tuple(length) },
  { weight: 8, arbitrary: fc.tuple(length, length) },
  { weight: 2, arbitrary: fc.tuple(length, fc.constantFrom(1, 2, 3), length) },
  weighted(1, [100, 10], [7, 130], [40, 20]),
);
const input = fc.tuple(
  fc.oneof(weighted<DType>(9, "f32"), weighted<DType>(6, "f64"), weighted<DType>(3, "i32"), weighted<DType>(1, "bool")),
  shape.filter((s) => s.reduce((n, d) => n * d, 1) <= 1000),
);

/** Where sums are cut into blocks and kernels share rows. */
const largeInput = fc.tuple(
  fc.constantFrom<DType>("f32", "f64"),
  fc.constantFrom([130, 40], [64, 100], [5000], [9001], [3, 1700], [4100, 2], [600, 9], [20, 16, 17]),
);

const programOf = (inputs: fc.Arbitrary<FuzzProgram["inputs"]>, length: number): fc.Arbitrary<FuzzProgram> =>
  fc.record({
    inputs,
    seed: fc.nat(999),
    steps: fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(9), fc.nat(99), fc.nat(32767)), {
      minLength: 1,
      maxLength: length,
      size: "max",
    }),
    outputs: fc.array(fc.nat(30), { maxLength: 3 }),
  });

/** Mostly small tensors; one program in thirty has large ones. */
export const fuzzProgram: fc.Arbitrary<FuzzProgram> = fc.oneof(
  { weight: 29, arbitrary: programOf(fc.array(input, { minLength: 1, maxLength: 4 }), 16) },
  { weight: 1, arbitrary: programOf(fc.tuple(input, largeInput), 7) },
);

/** mulberry32, as numbers in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One program in ten has elements that no arithmetic survives: it is there for its bits, and the reference has no say. */
export const isExtreme = ({ seed }: FuzzProgram): boolean => seed % 10 === 7;
const extremes = [NaN, Infinity, -Infinity, -0, 0, 1e-42, -1e-310, 3e38, 1e300];

export function inputsOf(program: FuzzProgram): Tensor[] {
  const { inputs, seed } = program;
  const next = uniform(seed);
  return inputs.map(([dtype, dims]) => {
    const values = Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () =>
      dtype === "bool" ? Math.floor(next() * 2) : dtype === "i32" ? Math.floor(next() * 13) - 6 : 3 * next() - 1.5,
    );
    if (isExtreme(program) && (dtype === "f32" || dtype === "f64"))
      for (let i = 0; i < values.length; i++)
        if (next() < 0.1) values[i] = extremes[Math.floor(next() * extremes.length)];
    // Rounded first: beyond f32 lies infinity, which `tensor` would call a mistake.
    return tensor(dtype === "f32" ? Float32Array.from(values) : values, { dtype, shape: [...dims] });
  });
}

/** The function that a program is: from its inputs to the values it returns. */
export const forward =
  (program: FuzzProgram) =>
  (...inputs: Tensor[]): Tensor[] => {
    const pool: Value[] = inputs.map((x) => ({ x, bound: x.dtype === "i32" ? 6 : 1.5 }));
    const limit = Math.max(LARGEST, ...inputs.map((x) => x.size));
    for (const [name, a, b, variant] of program.steps) {
      // The first operand is a recent value, so that chains grow long; every value may be read again.
      const back = Math.min(a % 5, pool.length - 1);
      const results = steps[name](pool[pool.length - 1 - back], pool[b % pool.length], variant);
      for (const value of "x" in results ? [results] : results) pool.push(tame(value, limit));
    }
    return [...program.outputs.map((k) => pool[k % pool.length].x), pool[pool.length - 1].x];
  };

/** Values and gradient: a weighted sum of all float results with respect to all float inputs. */
export const backward =
  (program: FuzzProgram) =>
  (...inputs: Tensor[]): Tensor[] => {
    const varies = inputs.map(isFloat);
    const scalarised = (chosen: Tensor[]): Tensor => {
      let next = 0;
      const results = forward(program)(...inputs.map((x, i) => (varies[i] ? chosen[next++] : x)));
      const zero = chosen[0].flatten().sum().mul(0);
      return results.reduce(
        (sum, y, i) =>
          isFloat(y)
            ? sum.add(
                y
                  .sum()
                  .mul(1 / (1 + i + Math.sqrt(y.size)))
                  .astype(zero.dtype),
              )
            : sum,
        zero,
      );
    };
    const floats = inputs.filter((_, i) => varies[i]);
    return floats.length === 0 ? [] : grad(scalarised)(floats);
  };
