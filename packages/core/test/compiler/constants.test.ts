import { expect, test } from "vitest";
import { type DType, type Tensor, full, grad, jit, makeGraph, ones } from "../../src/index.js";
import { simplify } from "../../src/compiler/simplify/simplify.js";

const equations = (f: (x: Tensor) => Tensor): number =>
  simplify(makeGraph(f)(ones([], "f64"))).graph.equations.filter((e) => e.primitive.name === "sum").length;

// A float holds every partial sum of whole numbers up to 2^53, or 2^24; beyond that, and for other numbers, rounding depends on the order.
test.each([
  [-1, 434, "f64", 0],
  [3, 1000, "f32", 0],
  [2 ** 20, 16, "f32", 0],
  [2 ** 20, 17, "f32", 1],
  [2 ** 43, 1024, "f64", 0],
  [2 ** 43, 1025, "f64", 1],
  [0.1, 10, "f64", 1],
  [-0, 10, "f64", 1],
  [Infinity, 10, "f64", 1],
  [1, 10, "i32", 1],
] as const)("the sum of %d, %d times, in %s: %d sums are left", (value, count, dtype: DType, left) => {
  const f = (x: Tensor): Tensor => full([count], value, dtype).sum().astype("f64").mul(x);
  expect(equations(f)).toBe(left);
  const x = ones([], "f64");
  expect(Object.is(Number(jit(f)(x).toArray()), Number(f(x).toArray()))).toBe(true);
});

test("the derivative of a quotient divides once, whoever varies", () => {
  const divisions = (f: (x: Tensor) => Tensor): number =>
    simplify(makeGraph(grad(f))(ones([], "f64"))).graph.equations.filter((e) => e.primitive.name === "div").length;
  // The quotient, and its cotangent over the denominator.
  expect(divisions((x) => x.sin().div(x.exp()).square())).toBe(2);
});
