import { expect, it } from "vitest";
import {
  type Tensor,
  adaptiveAvgPool,
  avgPool,
  concat,
  grad,
  jit,
  random,
  softmax,
  stack,
  tensor,
} from "../../src/index.js";

/* Sizes at which a blunder would show: kernels of limited arguments, memory that grows with the square. */

it("joins thousands of tensors", () => {
  const parts = Array.from({ length: 2000 }, (_, i) => tensor([i]));
  expect(stack(parts).shape).toEqual([2000, 1]);
  const f = (xs: Tensor[]): Tensor => concat(xs).square().sum();
  expect(jit(f)(parts).item()).toBe(f(parts).item());
  expect(jit(grad(f))(parts)[1999].item()).toBe(3998);
});

it("pools long axes without a matrix of their square", () => {
  const x = random.normal(random.key(1), [1, 1, 100_000], { dtype: "f64" });
  const difference = adaptiveAvgPool(x, [10_000]).sub(avgPool(x, [10]));
  expect(difference.abs().max().item()).toBeLessThan(1e-14);
});

it("draws from many entries without noise for every entry and draw", () => {
  const p = softmax(random.normal(random.key(1), [100_000]));
  expect(random.choice(random.key(2), 100_000, [100_000], { p }).shape).toEqual([100_000]);
});
