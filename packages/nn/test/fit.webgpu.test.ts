import { type Tensor, init, memory, random, tree } from "@cotangent/core";
import { adam } from "@cotangent/optim";
import { afterEach, expect, test } from "vitest";
import { gpu } from "../../core/test/webgpu/adapter.js";
import { dropout, fit, linear, module, mse } from "../src/index.js";

const net = module({ first: linear(8, 64), drop: dropout(0.1), head: linear(64, 8) }, (m, x: Tensor) =>
  m.head(m.drop(m.first(x).tanh())),
);
const x = random.normal(random.key(1), [64, 8]);
const params = net.init(random.key(0));
const options = { params, data: { x, y: x.sin() }, loss: mse, optimizer: adam({ learningRate: 0.01 }), batchSize: 16 };

afterEach(() => init("cpu"));

test("trains on a GPU as on the CPU", async () => {
  const onCpu = await fit(net, { ...options, epochs: 5 });
  await init("webgpu", { gpu });
  const onGpu = await fit(net, { ...options, epochs: 5 });
  expect(onGpu.losses).toHaveLength(20);
  onGpu.losses.forEach((loss, i) => expect(loss).toBeCloseTo(onCpu.losses[i], 5));
  expect(onGpu.params.head.weight.device).toBe("webgpu");
});

test("what a step leaves behind is freed at once, but for parameters that were taken", async () => {
  await init("webgpu", { gpu });
  const used: number[] = [];
  const taken: (typeof params)[] = [];
  for await (const progress of fit(net, { ...options, epochs: 10 })) {
    used.push(memory().used);
    if (progress.step === 15 || progress.step === 30) taken.push(progress.params);
  }
  // The order of a batch and its key are uploads of 256 bytes each, which wait for the collector.
  const grown = (from: number, to: number): number => used[to] - used[from] - 512 * (to - from);
  expect(grown(1, 14)).toBeLessThanOrEqual(0);
  expect(grown(14, 28)).toBeLessThan(2 * 4 * tree.size(params));
  for (const { head } of taken) expect(await head.weight.data()).toHaveLength(64 * 8);
});
