import { readFileSync } from "node:fs";
import { type Tensor, grad, jit, scan, tensor, tree, vmap } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import {
  type Optimizer,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  globalNorm,
  momentum,
  sgd,
} from "../src/index.js";

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}
const f64 = (x: number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
const flat = (p: Params): number[] => [...(p.w.toArray() as number[]), ...(p.b.toArray() as number[])];

// The function of fixtures/torch.json.
const a = f64([
  [2.0, 0.3, -0.5],
  [0.1, 1.5, 0.2],
]);
const c = f64([0.7, -0.4]);
const loss = ({ w, b }: Params): Tensor =>
  a.matmul(w).tanh().square().sum().add(w.pow(4).sum().mul(0.1)).add(b.sub(c).square().sum().mul(3));
const start: Params = { w: f64([1, -2, 0.5]), b: f64([0, 1]) };

const optimizers: Record<string, Optimizer<unknown, never>> = {
  sgd: sgd({ learningRate: 0.05 }),
  momentum: momentum({ learningRate: 0.02 }),
  nesterov: momentum({ learningRate: 0.02, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.05 }),
  adamBetas: adam({ learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 }),
  adamw: adamw({ learningRate: 0.05, weightDecay: 0.1 }),
  clippedCosine: chain(clipByGlobalNorm(1.5), sgd({ learningRate: cosine(0.1, 25, { floor: 0.01 }) })),
};

const fixture = JSON.parse(readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8")) as {
  source: string;
  cases: Record<string, number[][]>;
};

describe.each(Object.entries(optimizers))("%s", (name, optimizer) => {
  const step = jit((params: Params, state: unknown) => optimizer.update({ grads: grad(loss)(params), params, state }));

  test("follows PyTorch for 25 steps, to 1e-12", () => {
    const path: number[][] = [];
    let [params, state] = [start, optimizer.init(start)];
    for (let i = 0; i < 25; i++) {
      ({ params, state } = step(params, state));
      path.push(flat(params));
    }
    const shown = [0, 1, 2, 9, 24].map((i) => path[i]);
    shown.forEach((row, i) =>
      row.forEach((x, j) => expect(Math.abs(x - fixture.cases[name][i][j])).toBeLessThan(1e-12)),
    );
  });

  test("gives the same without jit, in a scan, and for many starts at once", () => {
    let [params, state] = [start, optimizer.init(start)];
    for (let i = 0; i < 3; i++) ({ params, state } = optimizer.update({ grads: grad(loss)(params), params, state }));
    const run = (first: Params): Params =>
      scan(
        (now: { params: Params; state: unknown }) => {
          const next = optimizer.update({ grads: grad(loss)(now.params), params: now.params, state: now.state });
          return [{ params: next.params, state: next.state }, undefined];
        },
        { params: first, state: optimizer.init(first) },
        undefined,
        { length: 3 },
      )[0].params;
    const doubled = tree.map((x) => x.expandDims(0).broadcastTo([2, ...x.shape]), start);
    const mapped = vmap(run)(doubled);
    flat(run(start)).forEach((x, i) => expect(x).toBeCloseTo(flat(params)[i], 13));
    flat({ w: mapped.w.at(1), b: mapped.b.at(1) }).forEach((x, i) => expect(x).toBeCloseTo(flat(params)[i], 13));
  });

  test("keeps f32 parameters and state f32, and mixes with f64", () => {
    const params = { single: tensor([1, 2]), double: f64([1, 2]) };
    const next = optimizer.update({ grads: params, params, state: optimizer.init(params) });
    expect(next.params.single.dtype).toBe("f32");
    expect(next.params.double.dtype).toBe("f64");
    const before = tree.leaves(optimizer.init(params)).map((x) => x.dtype);
    expect(tree.leaves(next.state).map((x) => x.dtype)).toEqual(before);
    // f32 rounds, nothing else: Adam's 1 - beta^t is as exact as in f64.
    (next.params.single.toArray() as number[]).forEach((x, i) =>
      expect(Math.abs(x / (next.params.double.toArray() as number[])[i] - 1)).toBeLessThan(3e-7),
    );
  });

  test("meta-gradients at a zero gradient are finite", () => {
    const after = (params: Params): Tensor => {
      let [p, state] = [params, optimizer.init(params)];
      for (let i = 0; i < 2; i++) {
        // The gradient is 0 at 0, and depends on the parameters there.
        const grads = tree.map((x) => x.mul(2), p);
        ({ params: p, state } = optimizer.update({ grads, params: p, state }));
      }
      return p.w.sum().add(p.b.sum());
    };
    const zero = tree.map((x) => x.mul(0), start);
    expect(flat(grad(after)(zero)).every(Number.isFinite)).toBe(true);
    expect(flat(jit(grad(after))(zero)).every(Number.isFinite)).toBe(true);
    const second = grad((p: Params) => grad(after)(p).w.square().sum())(zero);
    expect(flat(second).every(Number.isFinite)).toBe(true);
  });
});

describe("hyperparameters", () => {
  test.each([
    ["sgd", (x: Tensor | number) => sgd({ learningRate: x })],
    ["momentum", (x: Tensor | number) => momentum({ learningRate: x })],
    ["adam", (x: Tensor | number) => adam({ learningRate: x })],
    ["adamw", (x: Tensor | number) => adamw({ learningRate: x })],
  ])("%s: the learning rate is differentiable, as an option and in hyper", (_name, make) => {
    const after = (optimizer: Optimizer<unknown>, rate?: Tensor): Tensor => {
      let [p, state] = [start, optimizer.init(start)];
      for (let i = 0; i < 3; i++)
        ({ params: p, state } = optimizer.update({
          grads: grad(loss)(p),
          params: p,
          state,
          hyper: { learningRate: rate },
        }));
      return loss(p);
    };
    const at = 0.03;
    const option = grad((x: Tensor) => after(make(x)))(f64([at]).at(0)).item();
    const hyper = grad((x: Tensor) => after(make(0.5), x))(f64([at]).at(0)).item();
    const h = 1e-5;
    const difference = (after(make(at + h)).item() - after(make(at - h)).item()) / (2 * h);
    expect(option).toBeCloseTo(hyper, 12);
    // Central differences: error of order h^2 times the third derivative, some 1e3 here.
    expect(Math.abs(option - difference) / Math.abs(difference)).toBeLessThan(1e-6);
  });

  test("a number in hyper is traced: another one needs no new program", () => {
    const optimizer = adam({ learningRate: 1 });
    const traces: number[] = [];
    const step = jit((p: Params, rate: number | Tensor) => {
      traces.push(1);
      return optimizer.update({ grads: p, params: p, state: optimizer.init(p), hyper: { learningRate: rate } }).params;
    });
    const moved = [0.1, 0.2].map((rate) => flat(step(start, rate))[0] - 1);
    expect(traces).toHaveLength(1);
    expect(moved[1] / moved[0]).toBeCloseTo(2, 9);
  });

  test("a chain hands a hyperparameter to the part that knows it", () => {
    const optimizer = chain(clipByGlobalNorm(100), sgd({ learningRate: 1 }));
    const params = { x: f64([3, 4]) };
    const step = optimizer.update({
      grads: params,
      params,
      state: optimizer.init(params),
      hyper: { maxNorm: 1, learningRate: 2 },
    });
    expect(globalNorm(step.updates).item()).toBeCloseTo(2, 12);
  });
});

describe("cosine", () => {
  const at = (schedule: (step: Tensor) => unknown, step: number): number =>
    (schedule(f64([step]).at(0)) as Tensor).item();
  test.each([
    [0, 0.25],
    [1, 0.5],
    [2, 0.75],
    [3, 1],
    [8, 0.1 + 0.9 * 0.5],
    [13, 0.1],
    [1000, 0.1],
  ])("with a warm-up of 3 in 13 steps: step %i has %d", (step, rate) => {
    expect(at(cosine(1, 13, { warmup: 3, floor: 0.1 }), step)).toBeCloseTo(rate, 12);
  });
  test("counts the steps of a run", () => {
    const optimizer = sgd({ learningRate: cosine(1, 4) });
    const params = f64([0]);
    let state = optimizer.init(params);
    const rates = Array.from({ length: 5 }, () => {
      const next = optimizer.update({ grads: f64([1]), params, state });
      state = next.state;
      return -next.updates.at(0).item();
    });
    rates.forEach((rate, i) => expect(rate).toBeCloseTo((1 + Math.cos((Math.PI * i) / 4)) / 2, 12));
  });
});

describe("bad input", () => {
  const params = { w: tensor([1, 2]), b: [tensor(0)] };
  const optimizer = adam({ learningRate: 0.1 });
  const state = optimizer.init(params);
  test.each<[string, () => unknown, RegExp]>([
    [
      "a NaN learning rate",
      () => sgd({ learningRate: NaN }),
      /^sgd: learningRate is NaN, expected a finite number of at least 0\. Use/,
    ],
    ["a negative learning rate", () => adam({ learningRate: -1 }), /^adam: learningRate is -1, expected/],
    ["no learning rate", () => adam({} as never), /^adam: learningRate is undefined, expected/],
    ["beta1 of 1", () => adam({ learningRate: 1, beta1: 1 }), /^adam: beta1 is 1, expected a number from 0 to below 1/],
    ["a negative beta2", () => adamw({ learningRate: 1, beta2: -0.1 }), /^adamw: beta2 is -0.1/],
    [
      "epsilon of 0",
      () => adam({ learningRate: 1, epsilon: 0 }),
      /^adam: epsilon is 0, expected a positive finite number/,
    ],
    ["a NaN weight decay", () => adamw({ learningRate: 1, weightDecay: NaN }), /^adamw: weightDecay is NaN/],
    ["a momentum of 1", () => momentum({ learningRate: 1, momentum: 1 }), /^momentum: momentum is 1/],
    ["a norm of 0", () => clipByGlobalNorm(0), /^clipByGlobalNorm: maxNorm is 0, expected a positive/],
    [
      "a vector of rates",
      () => sgd({ learningRate: tensor([1, 2]) }),
      /^sgd: learningRate is f32\[2\], expected a number or a float scalar/,
    ],
    [
      "a negative rate in hyper",
      () => optimizer.update({ grads: params, params, state, hyper: { learningRate: -1 } }),
      /^adam.update: learningRate is -1/,
    ],
    [
      "an unknown name in hyper",
      () => optimizer.update({ grads: params, params, state, hyper: { momentum: 1 } as never }),
      /^adam.update: hyper has momentum, which adam does not know. It has learningRate, beta1/,
    ],
    [
      "a gradient of another shape",
      () => optimizer.update({ grads: { ...params, w: tensor([1]) }, params, state }),
      /^adam.update: grads.w is f32\[1\], expected f32\[2\] as params.w\. Pass/,
    ],
    [
      "a gradient of another dtype",
      () => optimizer.update({ grads: { ...params, w: f64([1, 2]) }, params, state }),
      /grads.w is f64\[2\], expected f32\[2\]/,
    ],
    [
      "a missing gradient",
      () => optimizer.update({ grads: { w: params.w } as never, params, state }),
      /grads.b\[0\] is missing, expected f32\[\] as params.b\[0\]/,
    ],
    [
      "a gradient too many",
      () => optimizer.update({ grads: { ...params, x: tensor(1) } as never, params, state }),
      /grads.x is f32\[\], but params has no such leaf/,
    ],
    [
      "the state of other parameters",
      () => optimizer.update({ grads: params, params, state: optimizer.init(tensor([1])) }),
      /^adam.update: state.mean.b\[0\] is missing|state.mean/,
    ],
    [
      "integer parameters",
      () => optimizer.init({ n: tensor([1], { dtype: "i32" }) }),
      /^adam.init: params.n is i32\[1\], expected f32 or f64/,
    ],
    ["no parameters", () => optimizer.init({}), /^adam.init: params has no leaves/],
    [
      "a chain without an optimiser",
      () => chain(clipByGlobalNorm(1)),
      /^chain: no part of \(clipByGlobalNorm\) turns gradients into steps/,
    ],
    [
      "a chain with two",
      () => chain(sgd({ learningRate: 1 }), optimizer),
      /^chain: sgd and adam of \(sgd, adam\) turn gradients into steps/,
    ],
    [
      "the state of one part for a chain",
      () => chain(optimizer).update({ grads: params, params, state: state as never }),
      /^chain\(adam\).update: state is object, expected an array of 1/,
    ],
    ["a fraction of a step", () => cosine(1, 1.5), /^cosine: steps is 1.5/],
    [
      "a warm-up without an end",
      () => cosine(1, 10, { warmup: 10 }),
      /^cosine: warmup is 10, expected a whole number from 0 to below steps, 10/,
    ],
    ["a negative peak", () => cosine(-1, 10), /^cosine: peak is -1/],
  ])("%s", (_what, act, message) => {
    expect(act).toThrow(message);
  });
});
