import { readFileSync } from "node:fs";
import { type NestedArray, type Tensor, grad, jit, random, safetensors, tensor, tree, vmap } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import { type Layer, crossEntropy, embedding, gru, layerNorm, linear, lstm, mse } from "../src/index.js";

interface Case {
  readonly params: Record<string, NestedArray>;
  readonly x: NestedArray;
  readonly weights: NestedArray;
  readonly output: NestedArray;
  readonly gradX: NestedArray | null;
  readonly grads: Record<string, NestedArray>;
  readonly state?: Record<string, NestedArray>;
}
const fixture = JSON.parse(readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8")) as {
  source: string;
  cases: Record<string, Case>;
  crossEntropy: { x: NestedArray; labels: NestedArray; loss: number; gradX: NestedArray };
};

const f64 = (x: NestedArray): Tensor => tensor(x, { dtype: "f64" });
const i32 = (x: NestedArray): Tensor => tensor(x, { dtype: "i32" });
const numbers = (x: NestedArray): number[] => (Array.isArray(x) ? x.flatMap(numbers) : [Number(x)]);
/** Sums of a few dozen products of numbers of order 1 in f64, in another order: 1e-10 is a wide margin. */
function expectClose(got: Tensor, expected: NestedArray, tolerance = 1e-10): void {
  const [a, b] = [numbers(got.toArray()), numbers(expected)];
  expect(a).toHaveLength(b.length);
  a.forEach((x, i) => expect(Math.abs(x - b[i])).toBeLessThanOrEqual(tolerance));
}

type Params = Record<string, Tensor>;
// One row a layer: the layer, an input for the other tests, and the shape of what comes out.
const rows: readonly [
  name: string,
  layer: Layer<unknown, [x: Tensor], Tensor>,
  input: Tensor,
  shape: readonly number[],
][] = [
  ["linear", linear(3, 2), random.normal(random.key(1), [4, 3]), [4, 2]],
  ["embedding", embedding(5, 3), i32([[1, 4, 1]]), [1, 3, 3]],
  ["layerNorm", layerNorm(5), random.normal(random.key(1), [2, 3, 5]), [2, 3, 5]],
  ["gru", gru(3, 4), random.normal(random.key(1), [2, 5, 3]), [2, 5, 4]],
  ["lstm", lstm(3, 4), random.normal(random.key(1), [2, 5, 3]), [2, 5, 4]],
];

describe.each(rows)("%s", (name, layer, input, shape) => {
  const { params: recorded, x: recordedX, weights, output, gradX, grads } = fixture.cases[name];
  const params: Params = Object.fromEntries(Object.entries(recorded).map(([key, value]) => [key, f64(value)]));
  const x = gradX === null ? i32(recordedX) : f64(recordedX);

  test("has PyTorch's output, to 1e-10", () => {
    expectClose(layer.apply(params, x), output);
    expectClose(jit((p: Params, at: Tensor) => layer.apply(p, at))(params, x), output);
  });

  test("has PyTorch's gradients, to 1e-10", () => {
    const weighted = (p: Params, at: Tensor): Tensor => layer.apply(p, at).mul(f64(weights)).sum();
    const got = grad(weighted)(params, x);
    for (const [key, expected] of Object.entries(grads)) expectClose(got[key], expected);
    if (gradX !== null) expectClose(jit(grad(weighted, { argnums: 1 }))(params, x), gradX);
  });

  test("init gives parameters of PyTorch's names and shapes, f32 or f64, the same for the same key", () => {
    const fresh = layer.init(random.key(0)) as Params;
    const shapes = (p: Params): object => Object.fromEntries(Object.entries(p).map(([key, leaf]) => [key, leaf.shape]));
    expect(shapes(fresh)).toEqual(shapes(params));
    expect(Object.values(fresh).every((leaf) => leaf.dtype === "f32")).toBe(true);
    const double = layer.init(random.key(0), { dtype: "f64" }) as Params;
    expect(Object.values(double).every((leaf) => leaf.dtype === "f64")).toBe(true);
    expect(JSON.stringify(layer.init(random.key(0)))).toBe(JSON.stringify(fresh));
  });

  test("maps over parameters (an ensemble) and over single examples", () => {
    const keys = random.split(random.key(3), 2);
    const ensemble = vmap((key: Tensor) => layer.init(key))(keys);
    const both = vmap((p: unknown, at: Tensor) => layer.apply(p, at), { inAxes: [0, null] })(ensemble, input);
    expect(both.shape).toEqual([2, ...shape]);
    const second = layer.apply(layer.init(keys.at(1)), input);
    expectClose(both.at(1), second.toArray(), 1e-6);
    const one = layer.init(keys.at(1));
    const each = vmap((at: Tensor) => layer.apply(one, at))(input);
    expectClose(each, second.toArray(), 1e-6);
  });

  test("its parameters survive safetensors", () => {
    const fresh = layer.init(random.key(0)) as Params;
    const back = safetensors.decode(safetensors.encode(fresh));
    expect(JSON.stringify(tree.entries(back))).toBe(JSON.stringify(tree.entries(fresh)));
  });
});

describe("starting values", () => {
  test.each<[string, () => Tensor, number]>([
    ["linear: uniform within 1 / sqrt(in)", () => linear(25, 400).init(random.key(0)).weight, 0.2],
    ["gru: uniform within 1 / sqrt(hidden)", () => gru(100, 25).init(random.key(0)).weight_ih_l0, 0.2],
    ["lstm: uniform within 1 / sqrt(hidden)", () => lstm(100, 25).init(random.key(0)).weight_hh_l0, 0.2],
  ])("%s", (_name, make, bound) => {
    const values = numbers(make().toArray());
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    // bound^2 / 3, with a standard error of some 1 % for 2500 values.
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.06);
  });
  test("embedding: N(0, 1)", () => {
    const values = numbers(embedding(100, 50).init(random.key(0)).weight.toArray());
    expect(Math.abs(values.reduce((a, b) => a + b * b, 0) / values.length - 1)).toBeLessThan(0.1);
  });
});

describe.each([
  ["gru", gru(3, 4)],
  ["lstm", lstm(3, 4)],
] as const)("%s.run", (name, rnn) => {
  const { params: recorded, x: recordedX, state: recordedState } = fixture.cases[name];
  const params = Object.fromEntries(Object.entries(recorded).map(([key, value]) => [key, f64(value)])) as never;
  const x = f64(recordedX);
  test("gives PyTorch's last state", () => {
    const { state } = rnn.run(params, x);
    if (state instanceof Object && "c" in state) {
      expectClose(state.h, recordedState!["h"]);
      expectClose(state.c, recordedState!["c"]);
    } else expectClose(state, recordedState!["h"]);
  });
  test("goes on from a state as if it had not stopped", () => {
    const whole = rnn.apply(params, x);
    const first = rnn.run(params, x.at(null, [0, 2]));
    const second = rnn.run(params, x.at(null, [2, null]), first.state as never);
    expectClose(second.outputs, whole.at(null, [2, null]).toArray(), 1e-14);
  });
  test("reads one sequence without a batch axis", () => {
    expectClose(rnn.apply(params, x.at(1)), rnn.apply(params, x).at(1).toArray(), 1e-14);
  });
});

describe("losses", () => {
  const { x, labels, loss, gradX } = fixture.crossEntropy;
  test("crossEntropy has PyTorch's value and gradient, padding left out, to 1e-10", () => {
    expectClose(crossEntropy(f64(x), i32(labels)), loss);
    expectClose(grad((at: Tensor) => crossEntropy(at, i32(labels)))(f64(x)), gradX);
    expectClose(jit(grad((at: Tensor) => crossEntropy(at, i32(labels))))(f64(x)), gradX);
  });
  test("crossEntropy of huge logits is exact", () => {
    expectClose(crossEntropy(f64([[1e4, 0]]), i32([1])), 1e4);
    expectClose(grad((at: Tensor) => crossEntropy(at, i32([1])))(f64([[1e4, 0]])), [[1, -1]]);
  });
  test("crossEntropy of a label outside: an error, and NaN in a compiled program", () => {
    expect(() => crossEntropy(f64([[0, 0]]), i32([2]))).toThrow(
      /^crossEntropy: a label is outside of 0 to 1, expected/,
    );
    expect(() => crossEntropy(f64([[0, 0]]), i32([-1]))).toThrow(
      /^crossEntropy: a label is outside of 0 to 1, expected/,
    );
    expect(jit(crossEntropy)(f64([[0, 0]]), i32([2])).item()).toBeNaN();
    expect(jit(crossEntropy)(f64([[0, 0]]), i32([-1])).item()).toBeNaN();
  });
  test("mse is the mean of squared differences", () => {
    expect(mse(f64([[1, 2]]), f64([[3, 5]])).item()).toBe(6.5);
  });
});

describe("bad input", () => {
  const x = tensor([[1, 2]]);
  test.each<[string, () => unknown, RegExp]>([
    ["linear of size 0", () => linear(0, 2), /^linear: inputs is 0, expected a whole number of at least 1/],
    ["linear of a fraction", () => linear(1, 1.5), /^linear: outputs is 1.5, expected/],
    [
      "an input of another size",
      () => linear(3, 1).apply(linear(3, 1).init(random.key(0)), x),
      /^linear: the input is f32\[1, 2\], expected \[\.\.\., 3\]/,
    ],
    [
      "a scalar input",
      () => layerNorm(3).apply(layerNorm(3).init(random.key(0)), tensor(1)),
      /^layerNorm: the input is f32\[\], expected/,
    ],
    ["a NaN epsilon", () => layerNorm(3, { epsilon: NaN }), /^layerNorm: epsilon is NaN, expected a positive/],
    [
      "float indices",
      () => embedding(3, 2).apply(embedding(3, 2).init(random.key(0)), x),
      /^embedding: indices are f32\[1, 2\], expected i32/,
    ],
    [
      "an index outside",
      () => embedding(3, 2).apply(embedding(3, 2).init(random.key(0)), i32([3])),
      /index 3 is out of range for an axis of 3 entries/,
    ],
    ["a hidden size of NaN", () => gru(1, NaN), /^gru: hidden is NaN/],
    [
      "a sequence without time",
      () => gru(2, 3).apply(gru(2, 3).init(random.key(0)), tensor([1, 2])),
      /^gru: the input is f32\[2\], expected \[batch, time, 2\]/,
    ],
    [
      "a state of another size",
      () => lstm(2, 3).run(lstm(2, 3).init(random.key(0)), x, { h: tensor([1]), c: tensor([1]) }),
      /^lstm: the initial state h is f32\[1\], expected \[3\]/,
    ],
    [
      "mse of two shapes",
      () => mse(tensor([1, 2]), tensor([[1], [2]])),
      /^mse: the prediction is f32\[2\] and the target f32\[2, 1\], expected equal shapes/,
    ],
    [
      "labels of another shape",
      () => crossEntropy(x, i32([0, 1])),
      /^crossEntropy: logits are f32\[1, 2\] and labels i32\[2\]/,
    ],
    ["float labels", () => crossEntropy(x, tensor([0])), /^crossEntropy: labels are f32\[1\], expected i32/],
  ])("%s", (_what, act, message) => {
    expect(act).toThrow(message);
  });
});
