import { type Tensor, grad, jit, random, take, tensor, tree, valueAndGrad, vmap } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import {
  type PermOptimParams,
  nearestPermutations,
  permOptim,
  permutationCost,
  permutationCostGradient,
  sinkhorn,
} from "../src/index.js";

const n = 6;
const [costKey, logitKey, initKey, setKey] = random.split(random.key("permutations"), 4);
const half = random.normal(costKey, [n, n], { dtype: "f64" });
const costs = half.sub(half.matrixTranspose());
const soft = sinkhorn(random.normal(logitKey, [n, n], { dtype: "f64" }));
const difference = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

describe("the cost of a soft permutation", () => {
  test("is the sum of its definition", () => {
    const [c, p] = [costs.toArray() as number[][], soft.toArray() as number[][]];
    let total = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let at = 0; at < n; at++)
          for (let q = 0; q < n; q++) total += c[i][j] * p[i][at] * p[j][q] * Math.sign(q - at);
    expect(permutationCost(costs, soft).item()).toBeCloseTo(total, 12);
  });
  test("has the gradient 2 C W", () => {
    const automatic = grad((p: Tensor) => permutationCost(costs, p))(soft);
    // Sums of n products of numbers of size 1.
    expect(difference(automatic, permutationCostGradient(costs, soft))).toBeLessThan(1e-13);
  });
  test("is least for the order that the costs ask for", () => {
    // C[i, j] > 0: i after j. Here 2 before 0 before 1.
    const wanted = tensor([
      [0, -1, 1],
      [1, 0, 1],
      [-1, -1, 0],
    ]);
    const order = (...elements: number[]): number =>
      permutationCost(wanted, tensor([0, 1, 2].map((i) => elements.map((e) => (e === i ? 1 : 0))))).item();
    expect(order(2, 0, 1)).toBeLessThan(
      Math.min(order(0, 1, 2), order(0, 2, 1), order(1, 0, 2), order(1, 2, 0), order(2, 1, 0)),
    );
  });
});

describe.each(["f32", "f64"] as const)("permOptim in %s", (dtype) => {
  const block = permOptim({ features: 2 });
  const params = block.init(initKey, { dtype });
  const x = random.normal(setKey, [3, n, 2], { dtype });
  const tolerance = dtype === "f32" ? 1e-4 : 1e-12;

  test("gives doubly stochastic weights, reordered elements and antisymmetric costs of norm 1", () => {
    const { permutation, output, costs: c } = block.apply(params, x);
    expect([permutation.shape, output.shape, c.shape]).toEqual([
      [3, n, n],
      [3, n, 2],
      [3, n, n],
    ]);
    expect([permutation.dtype, output.dtype]).toEqual([dtype, dtype]);
    expect(difference(permutation.sum(-2), tensor(1, { dtype }))).toBeLessThan(tolerance);
    expect(difference(c, c.matrixTranspose().neg())).toBe(0);
    expect(difference(c.square().sum([-2, -1]), tensor(1, { dtype }))).toBeLessThan(tolerance);
    expect(difference(output, permutation.matrixTranspose().matmul(x))).toBe(0);
  });
  test("has rows that sum to 1 too, once Sinkhorn has converged", () => {
    const { permutation } = permOptim({ features: 2, sinkhornIterations: 200 }).apply(params, x);
    expect(difference(permutation.sum(-1), tensor(1, { dtype }))).toBeLessThan(1e-4);
  });
  test("does not see in which order a set is given", () => {
    const shuffled = take(x, tensor([3, 0, 5, 1, 4, 2], { dtype: "i32" }), 1);
    expect(difference(block.apply(params, x).output, block.apply(params, shuffled).output)).toBeLessThan(
      tolerance * 10,
    );
  });
  test("treats each set of a batch by itself", () => {
    const mapped = vmap((set: Tensor) => block.apply(params, set).permutation)(x);
    expect(difference(mapped, block.apply(params, x).permutation)).toBeLessThan(tolerance);
  });
  test("is the same compiled", () => {
    const compiled = jit((p: PermOptimParams, s: Tensor) => block.apply(p, s).permutation);
    expect(difference(compiled(params, x), block.apply(params, x).permutation)).toBeLessThan(tolerance);
  });
});

describe("permOptim learns", () => {
  const block = permOptim({ features: 1, steps: 3, hidden: 4 });
  const params = block.init(initKey, { dtype: "f64" });
  const x = random.uniform(setKey, [4, 5, 1], { dtype: "f64" });
  const loss = (p: PermOptimParams): Tensor => block.apply(p, x).output.sub(x.sort(-2)).square().mean();

  test("through all of its inner steps: gradients are those of finite differences", () => {
    const gradient = grad(loss)(params);
    const step = 1e-6;
    tree.entries(params).forEach(([path, leaf], which) => {
      const flat = leaf.flatten();
      for (let i = 0; i < flat.size; i++) {
        const moved = (by: number): Tensor =>
          loss(
            tree.mapWithPath((at, value) => {
              if (at !== path) return value;
              const values = flat.toArray() as number[];
              values[i] += by;
              return tensor(values, { dtype: "f64" }).reshape(leaf.shape);
            }, params),
          );
        const numeric = (moved(step).item() - moved(-step).item()) / (2 * step);
        // Rounding 1e-16 / 1e-6 and truncation 1e-12, both far below.
        expect(Math.abs((tree.leaves(gradient)[which].flatten().toArray() as number[])[i] - numeric)).toBeLessThan(
          1e-8,
        );
      }
    });
  });
  test("a better order, and a better step size", () => {
    const descend = jit((p: PermOptimParams): [Tensor, PermOptimParams] => {
      const [value, gradient] = valueAndGrad(loss)(p);
      return [value, tree.map((v, g) => v.sub(g.mul(2)), p, gradient)];
    });
    let p = params;
    let value = loss(p);
    const before = value.item();
    for (let i = 0; i < 50; i++) [value, p] = descend(p);
    expect(value.item()).toBeLessThan(before / 2);
    expect(p.stepSize.item()).not.toBe(1);
  });
});

describe("nearestPermutations", () => {
  test("names the element at each position, for each set", () => {
    const p = tensor([
      [
        [0.1, 0.9],
        [0.9, 0.1],
      ],
      [
        [0.6, 0.4],
        [0.4, 0.6],
      ],
    ]);
    expect(nearestPermutations(p)).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
  test("gives one element to a position where the largest weight of each row would not", () => {
    expect(
      nearestPermutations(
        tensor([
          [0.5, 0.4, 0.1],
          [0.6, 0.3, 0.1],
          [0.1, 0.2, 0.7],
        ]),
      ),
    ).toEqual([[1, 0, 2]]);
  });
});

describe("bad input is named", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["no features", () => permOptim({ features: 0 }), /features is 0, expected a whole number of at least 1/],
    ["steps NaN", () => permOptim({ features: 1, steps: NaN }), /steps is NaN/],
    [
      "wrong features",
      () => permOptim({ features: 2 }).apply(permOptim({ features: 2 }).init(initKey), tensor([[1], [2]])),
      /shape \[2, 1\], expected \[\.\.\., n, 2\]/,
    ],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
