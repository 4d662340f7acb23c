import { describe, it } from "vitest";
import { type Tensor, jit, random, tensor, tree, valueAndGrad } from "../../src/index.js";
import { expectOnGpu, expectedOf, testsRunOnGpu, titleWith } from "./onGpu.js";
import { programs } from "./transformPrograms.js";

/*
 * Transforms and control flow on the GPU: programs of every kind, eager and compiled, against the CPU.
 */

const normal = (i: number, ...shape: number[]): Tensor => random.normal(random.foldIn(random.key(6), i), shape);

interface Weights {
  w1: Tensor;
  b1: Tensor;
  w2: Tensor;
}
const perceptron = (p: Weights, x: Tensor): Tensor => x.matmul(p.w1).add(p.b1).tanh().matmul(p.w2).logSoftmax(-1);
const loss = (p: Weights, x: Tensor, y: Tensor): Tensor => perceptron(p, x).mul(y).sum(-1).mean().neg();
const weights: Weights = { w1: normal(7, 4, 8), b1: normal(8, 8).mul(0), w2: normal(9, 8, 3) };

function trained(): unknown {
  const step = jit((p: Weights, m: Weights, x: Tensor, y: Tensor) => {
    const [value, g] = valueAndGrad(loss)(p, x, y);
    const next = tree.map((a, b) => a.mul(0.9).add(b), m, g);
    return { p: tree.map((a, b) => a.sub(b.mul(0.05)), p, next), m: next, value };
  });
  let state = { p: weights, m: tree.map((w) => w.mul(0), weights), value: tensor(0) };
  const x = normal(10, 16, 4);
  const y = x.at([null, null], [0, 3]).softmax(-1);
  for (let i = 0; i < 20; i++) state = step(state.p, state.m, x, y);
  return [state.value, state.p.w1];
}

const all: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(
    Object.entries(programs).flatMap(([name, [f, ...xs]]) => [
      [name, () => f(...xs)],
      [`${name}, compiled`, () => jit(f as (...xs: Tensor[]) => Tensor)(...xs)],
    ]),
  ),
  "twenty steps of training": trained,
};

/** Programs that fail for a reason that is nobody's fault here: one that passes all the same fails. */
const known: Readonly<Record<string, string>> = {};

describe("transforms", () => {
  for (const [name, program] of Object.entries(all)) {
    const expected = expectedOf(tree.leaves(program()));
    (known[name] === undefined ? it : it.fails)(titleWith(name, known[name]), () =>
      expectOnGpu(tree.leaves(program()), expected, 1e-4),
    );
  }
});

testsRunOnGpu();
