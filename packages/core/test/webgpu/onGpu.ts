import { afterAll, beforeAll, expect } from "vitest";
import { type Tensor, init, jit } from "../../src/index.js";
import { gpu } from "./adapter.js";

/** The tests of the file run on the GPU. What the file computes while it is read, such as what to expect, is computed on the CPU. */
export function testsRunOnGpu(on: typeof gpu = gpu): void {
  beforeAll(() => init("webgpu", { gpu: on }));
  afterAll(() => init("cpu"));
}

const copied = jit((...xs: Tensor[]) => xs);
/** The tensors on the GPU: small ones would stay where they are, and be computed on there. */
export const moved = (xs: readonly Tensor[]): Tensor[] => (xs.length === 0 ? [] : copied(...xs));

/** A result as it should be: its dtype, its shape and its numbers. */
export interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Of results that the CPU computed. */
export const expectedOf = (results: readonly Tensor[]): Expected[] =>
  results.map((y) => ({ dtype: y.dtype, shape: y.shape, values: Array.from(y.storage) }));

/**
 * Two results of the same f32 operations in another order, or by other roundings of the same functions: integers, NaN and infinities are
 * equal, and floats differ by at most `tolerance`, of themselves or of the result's largest where that is less than 1.
 */
export async function expectOnGpu(
  results: readonly Tensor[],
  expected: readonly Expected[],
  tolerance: number,
): Promise<void> {
  expect(results.map((y) => ({ dtype: y.dtype, shape: y.shape }))).toEqual(
    expected.map(({ dtype, shape }) => ({ dtype, shape })),
  );
  for (const [k, y] of results.entries()) {
    const { values, dtype } = expected[k];
    const actual = Array.from(await y.data());
    expect(actual.length).toBe(values.length);
    if (dtype !== "f32") expect(actual).toEqual(values);
    else actual.forEach((x, i) => near(x, values[i], tolerance, `output ${k}, element ${i}`));
  }
}

function near(x: number, y: number, tolerance: number, where: string): void {
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return;
  const error = Math.abs(x - y) / (1 + Math.abs(y));
  if (!(error <= tolerance)) expect.fail(`${where} is ${x}, on the CPU ${y}`);
}

/** What a table makes of a test: one that must fail, for a stated reason, or one that must pass. */
export const titleWith = (title: string, reason: string | undefined): string =>
  reason === undefined ? title : `${title} (known to fail: ${reason})`;
