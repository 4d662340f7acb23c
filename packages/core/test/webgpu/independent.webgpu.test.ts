import { expect, it } from "vitest";
import {
  type Tensor,
  avgPool,
  concat,
  conv2d,
  gammainc,
  grad,
  jit,
  random,
  tensor,
  vmap,
  zeros,
} from "../../src/index.js";
import { commandsOf } from "../../src/backends/webgpu/commands.js";
import { sizeOfGrid } from "../../src/backends/webgpu/phases.js";
import { targetOf } from "../../src/backends/webgpu/target.js";
import { schedule } from "../../src/compiler/schedule.js";
import { traced } from "../../src/debug/explain.js";
import { takeShaders } from "./adapter.js";
import { testsRunOnGpu } from "./onGpu.js";

/* What is independent is shared out: a shader whose grid is a single thread or workgroup would do all of it alone, and be right, but slow. */

const key = random.key(11);
const uniform = (...shape: number[]): Tensor => random.uniform(key, shape);
const definite = (x: Tensor): Tensor => x.matmul(x.T).add(random.uniform(key, [4]).add(1).diag());

const programs: Readonly<Record<string, readonly [f: (...xs: Tensor[]) => Tensor | Tensor[], ...xs: Tensor[]]>> = {
  "gradient of a convolution": [
    (x, w) => grad((a: Tensor) => conv2d(a, w, { stride: 2, dilation: 2, padding: 1 }).square().sum())(x),
    uniform(2, 3, 12, 11),
    uniform(4, 3, 3, 3),
  ],
  "gradient of pooling": [
    (x) => grad((a: Tensor) => avgPool(a, [2, 2], { stride: 1 }).square().sum())(x),
    uniform(2, 3, 8, 8),
  ],
  concat: [(x, y) => concat([x, y], 1), uniform(5, 3), uniform(5, 4)],
  gammainc: [(x) => gammainc(tensor(2), x), uniform(100)],
  "gamma draws": [(a) => random.gamma(key, a), uniform(100)],
  argmax: [(x) => x.argmax(1), uniform(30, 20)],
  cumsum: [(x) => x.cumsum(1), uniform(30, 20)],
  cummax: [(x) => x.cummax(1), uniform(30, 20)],
  sort: [(x) => x.sort(1), uniform(30, 20)],
  cholesky: [(x) => vmap((a: Tensor) => definite(a).cholesky())(x), uniform(70, 4, 4)],
  solve: [(x) => vmap((a: Tensor) => definite(a).solve(a))(x), uniform(70, 4, 4)],
  svd: [(x) => x.svd().s, uniform(70, 3, 3)],
};

for (const [name, [f, ...xs]] of Object.entries(programs))
  it(name, async () => {
    takeShaders();
    for (const y of [jit((...inputs: Tensor[]) => f(...inputs))(...xs)].flat()) await y.data();
    const shaders = takeShaders();
    expect(shaders).not.toEqual([]);
    const alone = shaders.filter((text) => /\b(row|group) < 1u/.test(text)).map((text) => text.split("\n")[0]);
    expect(alone).toEqual([]);
  });

it.each(["cholesky", "solve", "svd"])("small matrices take a thread each: %s", async (name) => {
  const [f, x] = programs[name];
  takeShaders();
  for (const y of [jit((z: Tensor) => f(z))(x)].flat()) await y.data();
  expect(takeShaders().join("\n")).not.toContain("workgroupBarrier");
});

const row = uniform(1024);
it.each<[string, (x: Tensor) => Tensor, readonly number[]]>([
  ["a sum of all", (x) => x.sum(), [1024, 1024]],
  ["a mean of products with a row", (x) => x.mul(row).mean(), [1024, 1024]],
  ["a sum of all but the channels", (x) => x.sum([0, 2, 3]), [64, 64, 16, 16]],
  ["logsumexp of all", (x) => x.logsumexp(), [1024, 1024]],
])("%s is the work of many workgroups", (name, f, shape) => {
  const target = targetOf({ workgroupMemory: 16_384, barriers: true }, 2 ** 30);
  const [first] = commandsOf(schedule(traced(name, f, [zeros(shape)]).graph, name, { target }), target);
  expect(first.kind === "dispatch" ? sizeOfGrid(first.phase.grid) : 0).toBeGreaterThanOrEqual(64);
});

testsRunOnGpu();
