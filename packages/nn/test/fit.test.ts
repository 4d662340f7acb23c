import { type Tensor, random, tensor, tree } from "@cotangent/core";
import { adam, sgd } from "@cotangent/optim";
import { describe, expect, test } from "vitest";
import { crossEntropy, dropout, fit, linear, module, mse } from "../src/index.js";

const net = linear(2, 1);
const params = net.init(random.key(0));
const x = random.normal(random.key(1), [50, 2]);
// y = 3 x_0 - 2 x_1 + 1, without noise.
const y = x.matmul(tensor([[3], [-2]])).add(1);
const options = { params, data: { x, y }, loss: mse, optimizer: adam({ learningRate: 0.1 }), key: "a test" };
const numbers = (t: Tensor): number[] => t.flatten().toArray() as number[];

describe("fit", () => {
  test("awaited, finds the parameters", async () => {
    const result = await fit(net, { ...options, epochs: 100, batchSize: 10 });
    expect(numbers(result.params.weight)[0]).toBeCloseTo(3, 3);
    expect(numbers(result.params.weight)[1]).toBeCloseTo(-2, 3);
    expect(numbers(result.params.bias)[0]).toBeCloseTo(1, 3);
    expect(result.losses).toHaveLength(500);
  });
  test("iterated, reports each step; awaited afterwards it gives the same as awaited alone", async () => {
    const run = fit(net, { ...options, epochs: 2, batchSize: 20 });
    const seen: [number, number, number][] = [];
    for await (const { epoch, step, steps } of run) seen.push([epoch, step, steps]);
    expect(seen).toEqual([
      [0, 1, 4],
      [0, 2, 4],
      [1, 3, 4],
      [1, 4, 4],
    ]);
    const [iterated, awaited] = [await run, await fit(net, { ...options, epochs: 2, batchSize: 20 })];
    expect(JSON.stringify(iterated)).toBe(JSON.stringify(awaited));
    const other = await fit(net, { ...options, epochs: 2, batchSize: 20, key: "another" });
    expect(JSON.stringify(other.params)).not.toBe(JSON.stringify(awaited.params));
  });
  test("reports by callback as well", async () => {
    const losses: number[] = [];
    const result = await fit(net, { ...options, onStep: ({ loss }) => losses.push(loss) });
    expect(losses).toEqual(result.losses);
  });
  test("break stops it there, and the parameters so far are the result", async () => {
    const run = fit(net, { ...options, epochs: 100 });
    let last: unknown;
    for await (const progress of run) {
      last = progress.params;
      if (progress.step === 3) break;
    }
    const { losses, params: end } = await run;
    expect(losses).toHaveLength(3);
    expect(end).toBe(last);
  });
  test.each([
    ["drop", 20, 2, 10],
    ["keep", 20, 3, 0],
    ["drop", 25, 2, 0],
    ["drop", 1000, 1, 0],
  ] as const)(
    "lastBatch %s with batches of %i of 50: %i steps, %i examples dropped",
    async (lastBatch, batchSize, steps, dropped) => {
      const result = await fit(net, { ...options, batchSize, lastBatch });
      expect(result.losses).toHaveLength(steps);
      expect(result.dropped).toBe(dropped);
    },
  );
  test("every epoch sees every example once, in another order", async () => {
    // One parameter that gradient descent moves by the mean of the batch: the loss of a batch of one is the example itself.
    const probe = module({ one: linear(1, 1) }, (_m, at: Tensor) => at);
    const values = tensor(Array.from({ length: 12 }, (_, i) => [i + 1]));
    const { losses } = await fit(probe, {
      params: probe.init(random.key(0)),
      data: { x: values, y: values },
      loss: (output) => output.sum(),
      optimizer: sgd({ learningRate: 0 }),
      epochs: 2,
      batchSize: 1,
    });
    const [first, second] = [losses.slice(0, 12), losses.slice(12)];
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(second.toSorted((a, b) => a - b)).toEqual(first.toSorted((a, b) => a - b));
    expect(second).not.toEqual(first);
  });
  test("trains networks with dropout, of several inputs and of trees, with integer labels", async () => {
    const two = module({ drop: dropout(0.2), head: linear(2, 2) }, (m, a: Tensor, b: { readonly more: Tensor }) =>
      m.head(m.drop(a).add(b.more)),
    );
    const labels = x.at(null, 0).greater(0).astype("i32");
    const { losses, state } = await fit(two, {
      params: two.init(random.key(0)),
      data: { x: [x, { more: x }], y: { labels } },
      loss: (output: Tensor, targets: { readonly labels: Tensor }) => crossEntropy(output, targets.labels),
      optimizer: adam({ learningRate: 0.1 }),
      epochs: 60,
    });
    expect(state).toBeUndefined();
    expect(losses.slice(-10).reduce((a, b) => a + b) / 10).toBeLessThan(losses[0] / 2);
  });
  test("lets timers run", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await fit(net, { ...options, epochs: 1000 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });
  test("starts in f64 if the parameters are", async () => {
    const double = tree.map((leaf) => leaf.astype("f64"), params);
    const data = tree.map((leaf) => leaf.astype("f64"), { x, y });
    const result = await fit(net, { ...options, params: double, data });
    expect(result.params.weight.dtype).toBe("f64");
  });
});

describe("bad input", () => {
  const nan = tensor(Array.from({ length: 50 }, (_, i) => [i === 7 ? NaN : 1]));
  test.each<[string, () => unknown, RegExp]>([
    [
      "empty data",
      () => fit(net, { ...options, data: { x: x.at([0, 0]), y: y.at([0, 0]) } }),
      /^fit: the data is empty, expected at least one example/,
    ],
    [
      "lengths that differ",
      () => fit(net, { ...options, data: { x, y: y.at([1, null]) } }),
      /^fit: data.x has shape \[50, 2\] and data.y \[49, 1\], expected the same number of examples/,
    ],
    [
      "a scalar target",
      () => fit(net, { ...options, data: { x, y: tensor(1) } }),
      /^fit: data.x has shape \[50, 2\] and data.y \[\]/,
    ],
    ["no targets", () => fit(net, { ...options, data: { x } as never }), /^fit: data has no y, expected \{ x, y \}/],
    [
      "no epochs",
      () => fit(net, { ...options, epochs: 0 }),
      /^fit: epochs is 0, expected a whole number of at least 1/,
    ],
    ["half a batch", () => fit(net, { ...options, batchSize: 0.5 }), /^fit: batchSize is 0.5/],
    [
      "an unknown lastBatch",
      () => fit(net, { ...options, lastBatch: "pad" as never }),
      /^fit: lastBatch is pad, expected "drop" or "keep"/,
    ],
  ])("%s", (_what, act, message) => {
    expect(act).toThrow(message);
  });
  test.each<[string, () => PromiseLike<unknown>, RegExp]>([
    [
      "NaN in a target",
      () => fit(net, { ...options, data: { x, y: nan } }),
      /^fit: data.y holds NaN in example 7, expected finite numbers/,
    ],
    [
      "infinity in an input",
      () => fit(net, { ...options, data: { x: x.div(0), y } }),
      /^fit: data.x holds -?Infinity in example 0/,
    ],
    [
      "a loss that becomes NaN",
      () => fit(net, { ...options, loss: (a, b) => a.sub(b).abs().neg().sqrt().mean() }),
      /^fit: the loss is NaN at step 1 of 1 \(epoch 0\), expected a number\. Lower the learning rate/,
    ],
  ])("%s", async (_what, act, message) => {
    await expect(Promise.resolve(act())).rejects.toThrow(message);
  });
});
