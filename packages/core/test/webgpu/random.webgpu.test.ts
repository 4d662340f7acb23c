import { expect, it } from "vitest";
import { type Tensor, jit, random, vmap } from "../../src/index.js";
import recorded from "../fixtures/jaxRandom.json" with { type: "json" };
import { expectOnGpu, expectedOf, testsRunOnGpu } from "./onGpu.js";

const key = random.key(20261123);

/** Bits and what is made of them by integer arithmetic alone: equal to the last bit. */
const exact: Readonly<Record<string, (k: Tensor) => Tensor>> = {
  split: (k) => random.split(k, 5),
  foldIn: (k) => random.foldIn(k, 7),
  bits: (k) => random.bits(k, [1000]),
  uniform: (k) => random.uniform(k, [1000]),
  "uniform in a range": (k) => random.uniform(k, [1000], { low: -4, high: 4 }),
  bernoulli: (k) => random.bernoulli(k, 0.3, [1000]),
  randint: (k) => random.randint(k, [1000], -5, 100),
  permutation: (k) => random.permutation(k, 100),
  "bits of an odd number": (k) => random.bits(k, [3, 5]),
  "bits of mapped keys": (k) => vmap((one: Tensor) => random.bits(one, [7]))(random.split(k, 6)),
};

for (const [name, draw] of Object.entries(exact)) {
  const expected = expectedOf([draw(key)]);
  it(`${name}: the bits of the CPU`, async () => {
    for (const f of [draw, jit(draw)]) {
      const y = f(key);
      expect(y.dtype).toBe(expected[0].dtype);
      expect(Array.from(await y.data())).toEqual(expected[0].values);
    }
  });
}

it.each(recorded.cases)(`keys and bits are those of ${recorded.source}: seed $seed, shape $shape`, async (c) => {
  const k = random.key(c.seed);
  expect(Array.from(await random.split(k, 3).data())).toEqual(c.split3.flat());
  expect(Array.from(await random.bits(k, c.shape).data())).toEqual(c.bits);
  expect(Array.from(await random.uniform(k, c.shape).data())).toEqual(c.uniform);
});

/** Draws through functions that round otherwise on the GPU. */
const close: Readonly<Record<string, (k: Tensor) => Tensor>> = {
  normal: (k) => random.normal(k, [1000]),
  truncatedNormal: (k) => random.truncatedNormal(k, -1, 2, [1000]),
  exponential: (k) => random.exponential(k, [1000]),
  gumbel: (k) => random.gumbel(k, [1000]),
};
for (const [name, draw] of Object.entries(close)) {
  const expected = expectedOf([draw(key)]);
  it(`${name}: the draws of the CPU, but for rounding`, async () => {
    await expectOnGpu([draw(key)], expected, 2e-5);
    await expectOnGpu([jit(draw)(key)], expected, 2e-5);
  });
}

testsRunOnGpu();
