import { expect, test } from "vitest";
import { type Tensor, grad, jit, memory, random, relu, tensor, tree } from "../../src/index.js";
import { dot } from "../../src/primitives/dot.js";
import { windows } from "../../src/primitives/windows.js";
import { expectOnGpu, expectedOf, moved, testsRunOnGpu } from "./onGpu.js";

/*
 * What is done with each element of a result is done where the element is made: as many dispatches as there are products and sums, and the figures of
 * the CPU, which does one after the other.
 */

const values = (shape: readonly number[], seed: number): Tensor => random.normal(random.key(seed), shape);

interface Case {
  readonly program: (...xs: Tensor[]) => unknown;
  readonly shapes: readonly (readonly number[])[];
  readonly dispatches: number;
}
const layer = (x: Tensor, w: Tensor, b: Tensor): Tensor => relu(x.matmul(w).add(b));
const cases: Record<string, Case> = {
  "bias and activation, in fours": { program: layer, shapes: [[64, 32], [32, 64], [64]], dispatches: 1 },
  "bias and activation, at odd sizes": { program: layer, shapes: [[67, 33], [33, 61], [61]], dispatches: 1 },
  "of a product too small for tiles": { program: layer, shapes: [[3, 100], [100, 2], [2]], dispatches: 1 },
  "of a batch": { program: layer, shapes: [[3, 32, 16], [3, 16, 32], [32]], dispatches: 1 },
  "of columns along two axes, the last of them no multiple of four: a product with windows": {
    program: (x, w, b) => {
      const cut = windows(x, [8], { axes: [1], stride: [4], dilation: [1] });
      return dot(w, cut, { contractA: [1], contractB: [0], batchA: [], batchB: [] }).add(b);
    },
    shapes: [
      [4, 32],
      [16, 8],
      [16, 4, 7],
    ],
    dispatches: 1,
  },
  "the product is a result too": {
    program: (x, w, b) => {
      const z = x.matmul(w);
      return [z.add(b).tanh(), z];
    },
    shapes: [[64, 32], [32, 64], [64]],
    dispatches: 1,
  },
  "the product is read by another product": {
    program: (x, w, b) => {
      const z = x.matmul(w);
      return z.add(b).matmul(z);
    },
    shapes: [[64, 32], [32, 64], [64]],
    dispatches: 2,
  },
  "a factor is read at the same place": {
    program: (x, w) => x.matmul(w).mul(0.1).add(x),
    shapes: [
      [64, 64],
      [64, 64],
    ],
    dispatches: 1,
  },
  "two results, one of them boolean": {
    program: (x, w, b) => {
      const z = x.matmul(w).add(b);
      return [z.greater(0), z.square()];
    },
    shapes: [[64, 32], [32, 64], [64]],
    dispatches: 1,
  },
  "under another shape": {
    program: (x, w, b) => x.matmul(w).reshape([8, 8, 64]).add(b),
    shapes: [
      [64, 32],
      [32, 64],
      [8, 64],
    ],
    dispatches: 1,
  },
  "what follows reads it elsewhere": {
    program: (x, w, b) => x.matmul(w).transpose().add(b),
    shapes: [[64, 32], [32, 48], [64]],
    dispatches: 2,
  },
  "what follows reads it twice": {
    program: (x, w) => {
      const z = x.matmul(w);
      return z.add(z.transpose());
    },
    shapes: [
      [64, 32],
      [32, 64],
    ],
    dispatches: 2,
  },
  "after a sum over rows": { program: (x, w) => w.sub(x.sum(1).mul(0.1)), shapes: [[100, 300], [100]], dispatches: 1 },
  "after a sum over columns": {
    program: (x, w) => w.sub(x.sum(0).mul(0.1)),
    shapes: [[300, 100], [100]],
    dispatches: 2,
  },
  "after a sum in two steps": {
    program: (x, w) => w.sub(x.sum().mul(0.1)),
    shapes: [[300, 300], []],
    dispatches: 2,
  },
  "the sum of two products": {
    program: (x, w, h, u) => x.matmul(w).add(h.matmul(u)).sigmoid(),
    shapes: [
      [64, 32],
      [32, 64],
      [64, 16],
      [16, 64],
    ],
    dispatches: 2,
  },
};

/** Computed here, on the CPU, before the tests move to the GPU. */
const prepared = Object.entries(cases).map(([name, { program, shapes, dispatches }]) => {
  const inputs = shapes.map((shape, k) => values(shape, k));
  const f = jit((...xs: Tensor[]) => tree.leaves(program(...xs)) as Tensor[]);
  return { name, f, inputs, dispatches, expected: expectedOf(f(...inputs)) };
});

const loss = (w: Tensor, x: Tensor): Tensor => x.matmul(w).square().sum();
const step = jit((w: Tensor, x: Tensor) => w.sub(grad(loss)(w, x).mul(0.001)), { donate: [0] });
const [start, data] = [values([32, 64], 1), values([64, 32], 2)];
const after = expectedOf([step(step(tensor(start.storage.slice()).reshape(start.shape), data), data)]);

testsRunOnGpu();

for (const { name, f, inputs, dispatches, expected } of prepared)
  test(name, async () => {
    const xs = moved(inputs);
    for (const x of xs) await x.data();
    const before = memory().dispatches;
    const results = f(...xs);
    await expectOnGpu(results, expected, 1e-5);
    expect(memory().dispatches - before).toBe(dispatches);
  });

test("the step of a parameter that is given up", async () => {
  const [w, x] = moved([start, data]);
  await expectOnGpu([step(step(w, x), x)], after, 1e-5);
});
