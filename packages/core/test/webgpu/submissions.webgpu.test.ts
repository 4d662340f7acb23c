import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { gpuBackend, requestGpu, Session } from "../../src/backends/webgpu/index.js";
import { rangesOf } from "../../src/backends/webgpu/workload.js";
import { installBackend } from "../../src/graph/backend.js";
import { type Tensor, cumsum, init, jit, random, whileLoop } from "../../src/index.js";
import { gpu } from "./adapter.js";
import { expectOnGpu, expectedOf, moved } from "./onGpu.js";

test("workgroups in ranges", () => {
  expect(rangesOf(10, 0.1, 0.5)).toEqual([[0, 10]]);
  expect(rangesOf(10, 2, 0.5)).toEqual([
    [0, 3],
    [3, 3],
    [6, 3],
    [9, 1],
  ]);
  // No more than there are.
  expect(rangesOf(2, 100, 0.5)).toEqual([
    [0, 1],
    [1, 1],
  ]);
  // Folded ones are full but for the last.
  expect(rangesOf(200_000, 1, 0.5)).toEqual([
    [0, 131_070],
    [131_070, 68_930],
  ]);
});

const uniform = (...shape: number[]): Tensor => random.uniform(random.key(shape[0]), shape);
const programs: Readonly<Record<string, { f: (...xs: Tensor[]) => Tensor; xs: Tensor[] }>> = {
  elementwise: { f: (x) => x.sin().add(1), xs: [uniform(10_000)] },
  "an update in place": {
    f: (x, y) => x.add(1).updateAt([[1, 3]], y, { mode: "add" }),
    xs: [uniform(100, 100), uniform(2, 100)],
  },
  "a product": { f: (x, y) => x.matmul(y), xs: [uniform(200, 70), uniform(70, 130)] },
  "a reduction in two phases": { f: (x) => x.square().sum(), xs: [uniform(100_000)] },
  "a running sum": { f: (x) => cumsum(x.mul(100).astype("i32")), xs: [uniform(20_000)] },
  "inside a loop of the GPU": {
    f: (x) =>
      whileLoop(
        (y) => y.sum().less(1e6),
        (y) => y.mul(3),
        x,
      ),
    xs: [uniform(5000)],
  },
};
describe("dispatches that would take too long are divided", () => {
  let session: Session;
  beforeAll(async () => {
    session = new Session({ ...(await requestGpu(gpu)), longest: 2e-6 });
    installBackend(gpuBackend(session));
  });
  afterAll(() => {
    session.destroy();
    return init("cpu");
  });
  for (const [name, { f, xs }] of Object.entries(programs)) {
    const g = jit((...ys: Tensor[]) => f(...ys));
    const expected = expectedOf([g(...xs)]);
    it(name, async () => {
      const inputs = moved(xs);
      await inputs[0].data();
      const { submits } = session.counters;
      await expectOnGpu([g(...inputs)], expected, 1e-4);
      expect(session.counters.submits - submits).toBeGreaterThan(2);
    });
  }
});
