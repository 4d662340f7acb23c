import { describe, expect, it } from "vitest";
import { type Tensor, random, tensor } from "../../src/index.js";
import { expectClose } from "../support.js";
import recorded from "../fixtures/jaxDraws.json" with { type: "json" };

const words = (x: Tensor): number[] => Array.from(x.storage);

describe(`the draws are those of ${recorded.source}`, () => {
  it.each(recorded.draws)("from seed $seed", (jax) => {
    const key = random.key(jax.seed);
    expect(words(key)).toEqual(jax.key);
    expect(words(random.foldIn(key, 2 ** 32 - 1))).toEqual(jax.fold);
    expect(words(random.bits(key, [2, 1, 3]))).toEqual(jax.bits);
    expect(words(random.uniform(key, [5], { dtype: "f64" }))).toEqual(jax.uniformF64);
    expect(words(random.bernoulli(key, 0.3, [20]))).toEqual(jax.bernoulli);
    expect(words(random.categorical(key, tensor([0, 1, -1, 2]), [20]))).toEqual(jax.categorical);
    // XLA may contract u (high - low) + low to one rounding, and has another approximation of erfinv (good to some 1e-6 in f32).
    expectClose(random.uniform(key, [5], { low: -0.3, high: 0.7 }), tensor(jax.rangeF32), 2 ** -23);
    expectClose(
      random.uniform(key, [5], { low: -0.3, high: 0.7, dtype: "f64" }),
      tensor(jax.rangeF64, { dtype: "f64" }),
      2 ** -52,
    );
    expectClose(random.normal(key, [50]), tensor(jax.normalF32), 2e-6);
    expectClose(random.normal(key, [20], { dtype: "f64" }), tensor(jax.normalF64, { dtype: "f64" }), 1e-12);
  });
});

/** Kolmogorov's distance of a sample from a distribution function, times sqrt(n); above 1.95 with probability 0.001. */
function kolmogorov(sample: Tensor, cdf: (x: number) => number): number {
  const x = words(sample).sort((a, b) => a - b);
  const n = x.length;
  return Math.sqrt(n) * Math.max(...x.map((v, i) => Math.max((i + 1) / n - cdf(v), cdf(v) - i / n)));
}
/** (chi-square - degrees) / sqrt(2 degrees): about standard normal. */
function chiSquare(counts: readonly number[], probabilities: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b, 0);
  const degrees = counts.length - 1;
  const statistic = counts.reduce((s, c, i) => s + (c - n * probabilities[i]) ** 2 / (n * probabilities[i]), 0);
  return (statistic - degrees) / Math.sqrt(2 * degrees);
}
const count = (values: readonly number[], size: number): number[] => {
  const counts = new Array<number>(size).fill(0);
  for (const v of values) counts[v]++;
  return counts;
};

describe("statistics of the draws", () => {
  const n = 20_000;
  const phi = (z: number): number => tensor(z, { dtype: "f64" }).mul(-Math.SQRT1_2).erfc().mul(0.5).item();
  const key = random.key("statistics");
  it.each(["f32", "f64"] as const)("uniform and normal in %s follow their distribution functions", (dtype) => {
    expect(kolmogorov(random.uniform(key, [n], { dtype }), (x) => x)).toBeLessThan(1.95);
    const z = random.normal(random.foldIn(key, 1), [2000], { dtype });
    expect(kolmogorov(z, phi)).toBeLessThan(1.95);
  });
  it("integers, categories and orders are as frequent as they should be", () => {
    expect(
      chiSquare(count(words(random.randint(key, [n], 0, 37)), 37), new Array<number>(37).fill(1 / 37)),
    ).toBeLessThan(3.3);
    const p = [0.1, 0.2, 0.3, 0.4];
    expect(chiSquare(count(words(random.categorical(key, tensor(p).log(), [n])), 4), p)).toBeLessThan(3.3);
    // Each of the 24 orders of 4, by its rank among them.
    const rank = (k: Tensor): number => {
      const order = words(random.permutation(k, 4));
      return order.reduce((r, x, i) => r * (4 - i) + order.slice(i + 1).filter((y) => y < x).length, 0);
    };
    const orders = Array.from(random.split(key, 3000), rank);
    expect(chiSquare(count(orders, 24), new Array<number>(24).fill(1 / 24))).toBeLessThan(3.3);
  });
  it("each bit is set half of the time", () => {
    const bits = words(random.bits(key, [n]));
    for (let b = 0; b < 32; b++) {
      const ones = bits.reduce((s, w) => s + ((w >>> b) & 1), 0);
      expect(Math.abs(ones - n / 2), `bit ${b}`).toBeLessThan((4 * Math.sqrt(n)) / 2);
    }
  });
  it("neighbouring keys are not correlated", () => {
    const [a, b] = [0, 1].map((s) => random.normal(random.key(s), [n]));
    expect(Math.abs(a.mul(b).mean().item())).toBeLessThan(4 / Math.sqrt(n));
  });
});
