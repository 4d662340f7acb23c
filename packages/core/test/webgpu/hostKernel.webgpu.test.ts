import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { commandsOf } from "../../src/backends/webgpu/commands.js";
import { Session, gpuBackend, requestGpu } from "../../src/backends/webgpu/index.js";
import { targetOf } from "../../src/backends/webgpu/target.js";
import { PATIENCE, secondsOf } from "../../src/backends/webgpu/workload.js";
import { schedule } from "../../src/compiler/schedule.js";
import { installBackend } from "../../src/graph/backend.js";
import { traced } from "../../src/debug/explain.js";
import {
  Tensor,
  cholesky,
  cond,
  cumsum,
  eigh,
  eye,
  init,
  inv,
  jit,
  qr,
  random,
  scan,
  slogdet,
  solve,
  svd,
  whileLoop,
  zeros,
} from "../../src/index.js";
import { gpu, takeShaders } from "./adapter.js";
import { expectOnGpu, expectedOf, moved } from "./onGpu.js";

/* What would keep a single workgroup busy for seconds is the CPU's work, in the middle of a program for the GPU. */

const uniform = (...shape: number[]): Tensor => random.uniform(random.key(shape[0] + shape.length), shape);
const symmetric = (x: Tensor): Tensor => x.add(x.matrixTranspose());
const programs: Readonly<Record<string, { f: (x: Tensor) => Tensor[]; x: Tensor; kernels: readonly string[] }>> = {
  "eigenvalues, and what follows": {
    f: (x) => {
      const { values, vectors } = eigh(symmetric(x.mul(2)));
      return [values.exp(), vectors.square().sum(0)];
    },
    x: uniform(20, 20),
    kernels: ["eigh"],
  },
  "singular values of a batch": { f: (x) => [svd(x).s.add(1)], x: uniform(3, 24, 20), kernels: ["svd"] },
  "a recurrence": {
    f: (x) => {
      const step = (c: Tensor, y: Tensor): [Tensor, Tensor] => {
        const next = c.mul(0.9).add(y).tanh();
        return [next, next];
      };
      const [last, all] = scan(step, zeros([30]), x);
      return [last, all.sum(0)];
    },
    x: uniform(200, 30),
    kernels: ["scan"],
  },
  "in a branch, in a loop": {
    f: (x) => [
      whileLoop(
        (y: Tensor) => y.sum().less(1e4),
        (y: Tensor) =>
          cond(
            y.at(0, 0).less(2),
            (z: Tensor) => z.add(cholesky(symmetric(z).add(eye(20).mul(30))).abs()),
            (z: Tensor) => z.mul(1.5),
            y,
          ),
        x,
      ),
    ],
    x: uniform(20, 20),
    kernels: ["cholesky"],
  },
  "integers, and an update in place": {
    f: (x) => {
      const i = x.mul(100).astype("i32");
      return [i.sort(), cumsum(i.updateAt([[2, 9]], i.at([0, 7]), { mode: "add" })).equal(40), i.add(1)];
    },
    x: uniform(300),
    kernels: ["argsort", "cumsum"],
  },
};

describe("on the CPU", () => {
  let session: Session;
  beforeAll(async () => {
    session = new Session({ ...(await requestGpu(gpu)), patience: 2e-6 });
    installBackend(gpuBackend(session));
  });
  afterAll(() => {
    session.destroy();
    return init("cpu");
  });
  for (const [name, { f, x, kernels }] of Object.entries(programs)) {
    const g = jit((y: Tensor) => f(y));
    const expected = expectedOf(g(x));
    it(name, async () => {
      const inputs = moved([x]);
      await inputs[0].data();
      takeShaders();
      await expectOnGpu(g(inputs[0]), expected, 1e-5);
      const names = takeShaders().map((text) => text.split("\n")[0]);
      expect(names.filter((n) => kernels.some((k) => n.includes(k)))).toEqual([]);
    });
  }
});

const square = [2048, 2048];
test.each([
  { name: "cholesky", f: cholesky, shape: square, kernels: [] },
  { name: "solve", f: (x: Tensor) => solve(x, x), shape: square, kernels: [] },
  { name: "inv", f: inv, shape: square, kernels: [] },
  { name: "slogdet", f: slogdet, shape: square, kernels: [] },
  { name: "qr", f: qr, shape: square, kernels: [] },
  // The sizes that docs/webgpu.md gives.
  { name: "eigh", f: eigh, shape: [512, 512], kernels: [] },
  { name: "eigh", f: eigh, shape: [520, 520], kernels: ["eigh"] },
  { name: "svd", f: svd, shape: [384, 384], kernels: [] },
  { name: "svd", f: svd, shape: [390, 390], kernels: ["svd"] },
  { name: "eigh", f: eigh, shape: [20, 256, 256], kernels: [] },
  // Each workgroup takes forty of them.
  { name: "eigh", f: eigh, shape: [10_000, 256, 256], kernels: ["eigh"] },
])("$name of $shape", ({ name, f, shape, kernels }) => {
  const target = targetOf({ workgroupMemory: 16_384, barriers: true }, 2 ** 34);
  const { graph } = traced(name, (x: Tensor) => f(x), [new Tensor({ dtype: "f32", shape }, new Float32Array(1))]);
  const onCpu: string[] = [];
  for (const c of commandsOf(schedule(graph, name, { target }), target))
    if (c.kind === "cpu") onCpu.push(c.kernel.name);
    else if (c.kind === "dispatch") expect(secondsOf(c.phased, c.phase).group).toBeLessThanOrEqual(PATIENCE);
  expect(onCpu).toEqual(kernels);
});
