import { describe, it } from "vitest";
import { type Tensor, jit, random } from "../../src/index.js";
import { expectOnGpu, expectedOf } from "./onGpu.js";

/*
 * Sizes at which kernels are cut another way: rows and lengths around a workgroup, reductions in more than one pass, more workgroups than
 * one dimension of a dispatch holds, more buffers than a stage may bind.
 */

const uniform = (...shape: number[]): Tensor => random.uniform(random.key(shape.length * 31 + shape[0]), shape);

const reductions: Readonly<Record<string, (x: Tensor, axis: number) => Tensor>> = {
  sum: (x, axis) => x.sum(axis),
  max: (x, axis) => x.max(axis),
  argmax: (x, axis) => x.argmax(axis),
  softmax: (x, axis) => x.softmax(axis),
  logsumexp: (x, axis) => x.logsumexp(axis),
  variance: (x, axis) => x.variance(axis),
  cumsum: (x, axis) => x.cumsum(axis),
  sort: (x, axis) => x.sort(axis),
};
const shapes = [
  [1, 63],
  [5, 64],
  [3, 65],
  [2, 257],
  [2, 1025],
  [300, 70],
  [1, 100_000],
  [70_000, 3],
];
const programs: Readonly<Record<string, { f: (...xs: Tensor[]) => Tensor | Tensor[]; xs: Tensor[] }>> = {
  "17 million elements": { f: (x) => x.add(1).at([16_999_000, null]), xs: [uniform(17_000_003)] },
  "a sum of a million": { f: (x) => x.sum(), xs: [uniform(1_000_003)] },
  "twenty operands in one expression": {
    f: (...xs) => xs.reduce((a, b, i) => a.mul(1 + i / 20).add(b.sin())),
    xs: Array.from({ length: 20 }, (_, i) => uniform(37 + i).at([0, 37])),
  },
  "twenty results of one operand": {
    f: (x) => Array.from({ length: 20 }, (_, i) => x.mul(i + 1).add(i)),
    xs: [uniform(37)],
  },
  nothing: { f: (x) => x.mul(2).add(1), xs: [uniform(1).at([0, 0])] },
  "the sum of nothing": { f: (x) => x.sum(), xs: [uniform(1).at([0, 0])] },
};
export function testLargeSizes(): void {
  describe.each(Object.entries(reductions))("%s", (name, f) => {
    for (const shape of shapes)
      for (const axis of [0, 1]) {
        // Slow on one thread of the software adapter, and nothing new.
        if ((name === "sort" || name === "cumsum") && Math.max(...shape) > 2000) continue;
        const x = uniform(...shape);
        const g = jit((y: Tensor) => f(y, axis));
        const expected = expectedOf([g(x)]);
        it(`of [${shape.join(", ")}] along axis ${axis}`, () => expectOnGpu([g(x)], expected, 2e-5));
      }
  });

  describe("programs", () => {
    for (const [name, { f, xs }] of Object.entries(programs)) {
      const g = jit((...ys: Tensor[]) => f(...ys));
      const list = (y: Tensor | Tensor[]): Tensor[] => (Array.isArray(y) ? y : [y]);
      const expected = expectedOf(list(g(...xs)));
      it(name, () => expectOnGpu(list(g(...xs)), expected, 2e-5));
    }
  });
}
