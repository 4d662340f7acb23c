import { type Tensor, grad, random, tensor } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import { sinkhorn } from "../src/index.js";

const logits = random.normal(random.key("logits"), [3, 4, 4], { dtype: "f64", std: 3 });
const numbers = (x: Tensor): number[] => x.flatten().toArray() as number[];

/** The same in the linear form of the paper, the oracle. */
function linear(x: Tensor, iterations: number): Tensor {
  let p = x.softmax(-1);
  for (let i = 0; i < iterations; i++) {
    p = p.div(p.sum(-1, { keepDims: true }));
    p = p.div(p.sum(-2, { keepDims: true }));
  }
  return p;
}

/** Largest difference; each of the 9 exponentials and sums of a round adds a relative error of some 2^-53. */
const difference = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

describe("sinkhorn", () => {
  test.each([1, 4, 20])("in logarithms is the linear form, %i iterations", (iterations) => {
    expect(difference(sinkhorn(logits, { iterations }), linear(logits, iterations))).toBeLessThan(1e-13);
  });
  test("and so is its derivative", () => {
    const weight = random.normal(random.key("weight"), [3, 4, 4], { dtype: "f64" });
    const along = (f: (x: Tensor) => Tensor): Tensor => grad((x: Tensor) => f(x).mul(weight).sum())(logits);
    expect(
      difference(
        along((x) => sinkhorn(x)),
        along((x) => linear(x, 4)),
      ),
    ).toBeLessThan(1e-13);
  });
  test("sums to 1 over columns, and over rows in the limit", () => {
    const p = sinkhorn(logits.div(3), { iterations: 200 });
    for (const total of [...numbers(p.sum(-1)), ...numbers(p.sum(-2))]) expect(total).toBeCloseTo(1, 12);
  });
  test("neither overflows nor loses a row, where the linear form gives NaN", () => {
    const huge = tensor(
      [
        [0, -2000],
        [0, -3000],
      ],
      { dtype: "f64" },
    );
    expect(numbers(linear(huge, 1)).some(Number.isNaN)).toBe(true);
    // e^-1000 is 0: by hand, k rounds on [[1, 1], [1, 0]] leave 1 / 2k in the corner.
    const by = (k: number): Tensor =>
      tensor(
        [
          [1 / (2 * k), 1],
          [1 - 1 / (2 * k), 0],
        ],
        { dtype: "f64" },
      );
    for (const k of [1, 2, 8]) expect(difference(sinkhorn(huge, { iterations: k }), by(k))).toBeLessThan(1e-14);
    expect(numbers(grad((x: Tensor) => sinkhorn(x).at(0, 0))(huge)).every(Number.isFinite)).toBe(true);
  });
  test("a low temperature gives a permutation", () => {
    const sharp = sinkhorn(
      tensor(
        [
          [3, 1],
          [2, 3],
        ],
        { dtype: "f64" },
      ),
      { temperature: 0.01 },
    );
    expect(
      difference(
        sharp,
        tensor(
          [
            [1, 0],
            [0, 1],
          ],
          { dtype: "f64" },
        ),
      ),
    ).toBeLessThan(1e-12);
  });
  test.each<[string, () => unknown, RegExp]>([
    ["a vector", () => sinkhorn(tensor([1, 2])), /shape \[2\], expected \[\.\.\., n, n\]/],
    ["a rectangle", () => sinkhorn(tensor([[1, 2]])), /shape \[1, 2\]/],
    ["no iterations", () => sinkhorn(tensor([[1]]), { iterations: 0 }), /iterations is 0/],
    ["temperature 0", () => sinkhorn(tensor([[1]]), { temperature: 0 }), /temperature is 0/],
    ["temperature NaN", () => sinkhorn(tensor([[1]]), { temperature: NaN }), /temperature is NaN/],
  ])("refuses %s", (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
