import { type Tensor, init, jit, random, tensor, tree, valueAndGrad } from "@cotangent/core";
import { afterEach, beforeAll, expect, test } from "vitest";

beforeAll(async () => {
  const adapter = await (navigator as Navigator & { gpu: GPU }).gpu.requestAdapter();
  if (adapter === null) throw new Error("navigator.gpu gives no adapter.");
  const { info, features } = adapter;
  console.log(`WebGPU in Chromium: ${info.vendor} ${info.architecture}; features: ${[...features].sort().join(" ")}`);
});
afterEach(() => init("cpu"));

interface Weights {
  hidden: Tensor;
  bias: Tensor;
  out: Tensor;
}
const loss = (w: Weights, x: Tensor, y: Tensor): Tensor =>
  x.matmul(w.hidden).add(w.bias).tanh().matmul(w.out).logSoftmax(-1).mul(y).sum(-1).mean().neg();

/** Ten steps of gradient descent with momentum, in one program a step; the loss after each. */
async function losses(): Promise<number[]> {
  const keys = random.split(random.key(3), 4);
  const [x, hidden, out] = [0, 1, 2].map((i) =>
    random.normal(
      keys.at(i),
      [
        [32, 8],
        [8, 16],
        [16, 4],
      ][i],
    ),
  );
  const y = x.at([null, null], [0, 4]).softmax(-1);
  const step = jit((w: Weights, m: Weights) => {
    const [value, g] = valueAndGrad(loss)(w, x, y);
    const momentum = tree.map((a, b) => a.mul(0.9).add(b), m, g);
    return { w: tree.map((a, b) => a.sub(b.mul(0.1)), w, momentum), m: momentum, value };
  });
  let w: Weights = { hidden, bias: tensor(new Float32Array(16)), out };
  let m: Weights = tree.map((a) => a.mul(0), w);
  const values: Tensor[] = [];
  for (let i = 0; i < 10; i++) {
    const next = step(w, m);
    ({ w, m } = next);
    values.push(next.value);
  }
  return Promise.all(values.map(async (v) => (await v.data())[0]));
}

test("a compiled training step gives on the GPU of the page what it gives on the CPU", async () => {
  const expected = await losses();
  await init("webgpu");
  const actual = await losses();
  expect(expected[9]).toBeLessThan(expected[0]);
  actual.forEach((v, i) =>
    expect(Math.abs(v - expected[i]), `step ${i}: ${v}, on the CPU ${expected[i]}`).toBeLessThan(1e-5),
  );
});

test("bits of random numbers are those of the CPU", async () => {
  const draw = (): Promise<ArrayLike<number>> => random.bits(random.key(7), [100]).data();
  const expected = await draw();
  await init("webgpu");
  expect(Array.from(await draw())).toEqual(Array.from(expected));
});

test("a worker has the GPU as well", async () => {
  const worker = new Worker(new URL("webgpuWorker.ts", import.meta.url), { type: "module" });
  const said = await new Promise((resolve, reject) => {
    worker.addEventListener("message", (e) => resolve(e.data));
    worker.addEventListener("error", (e) => reject(new Error(e.message)));
  });
  worker.terminate();
  expect(said).toEqual(["webgpu", "webgpu", 12]);
});
