import seedrandom from "seedrandom";
import { describe, expect, it } from "vitest";
import { type Tensor, jit, random, tensor, vmap } from "../../src/index.js";
import { threefry } from "../../src/primitives/random.js";
import recorded from "../fixtures/jaxRandom.json" with { type: "json" };

const words = (x: Tensor): number[] => Array.from(x.storage);
const u32 = (value: number): Tensor => tensor([value], { dtype: "u32" });

describe("Threefry-2x32", () => {
  // Random123 kat_vectors, threefry2x32, 20 rounds: counter, key, result.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("gives the published answer for counter %j and key %j", ([c0, c1], [k0, k1], expected) => {
    expect(threefry(u32(k0), u32(k1), u32(c0), u32(c1)).flatMap(words)).toEqual(expected);
  });
});

describe(`keys and bits are those of ${recorded.source}`, () => {
  it.each(recorded.cases)("seed $seed, shape $shape", (c) => {
    const key = random.key(c.seed);
    expect(words(key)).toEqual(c.key);
    expect(random.split(key).toArray()).toEqual(c.split2);
    expect(random.split(key, 3).toArray()).toEqual(c.split3);
    expect(words(random.foldIn(key, 7))).toEqual(c.foldIn7);
    expect(words(random.bits(key, c.shape))).toEqual(c.bits);
    expect(words(random.uniform(key, c.shape))).toEqual(c.uniform);
  });
  it("a seed of more than 32 bits fills both words", () => {
    expect(words(random.key(2 ** 32 * 5 + 9))).toEqual([5, 9]);
  });
});

describe("draws", () => {
  const key = random.key("draws");
  it("are the same eager, compiled and mapped, in both precisions", () => {
    for (const dtype of ["f32", "f64"] as const) {
      const draw = (k: Tensor): Tensor => random.normal(k, [3, 5], { dtype });
      expect(words(jit(draw)(key))).toEqual(words(draw(key)));
      const keys = random.split(key, 4);
      expect(words(vmap(draw)(keys))).toEqual([...keys].flatMap((k) => words(draw(k))));
    }
  });
  it("have the moments of their distribution", () => {
    const n = 100_000;
    // Means within 5 standard errors.
    const near = (x: Tensor, mean: number, sd: number): void => {
      expect(Math.abs(x.astype("f64").mean().item() - mean)).toBeLessThan((5 * sd) / Math.sqrt(n));
    };
    const [a, b, c, d, e] = random.split(key, 5);
    near(random.uniform(a, [n], { low: -1, high: 3 }), 1, 4 / Math.sqrt(12));
    near(random.uniform(a, [n], { dtype: "f64" }).square(), 1 / 3, 0.3);
    near(random.normal(b, [n], { mean: 2, std: 3 }), 2, 3);
    near(random.normal(b, [n], { dtype: "f64" }).square(), 1, Math.SQRT2);
    near(random.bernoulli(c, 0.3, [n]), 0.3, 0.46);
    near(random.randint(d, [n], -2, 3), 0, Math.SQRT2);
    near(random.categorical(e, tensor([0, Math.log(3)]), [n]), 0.75, 0.44);
  });
  it("of a normal are finite, a million of them", () => {
    expect(random.normal(key, [1_000_000]).abs().max().item()).toBeLessThan(7);
  });
  it("permute: every entry once, rows kept together", () => {
    const order = words(random.permutation(key, 100));
    expect([...order].sort((i, j) => i - j)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order).not.toEqual([...order].sort((i, j) => i - j));
    const rows = random
      .shuffle(
        key,
        tensor([
          [0, 0],
          [1, 1],
          [2, 2],
        ]),
      )
      .toArray() as number[][];
    for (const [p, q] of rows) expect(p).toBe(q);
  });
  it("from a string are seedrandom's", () => {
    const long = Array.from({ length: 300 }, (_, i) => String.fromCharCode((i * 7919) % 65536)).join("");
    for (const seed of [
      "",
      "a",
      "hello.",
      "\0",
      "été ☕ 🎲",
      "x".repeat(256),
      long,
      ...Array.from({ length: 50 }, (_, i) => `run ${i}`),
    ]) {
      const generator = seedrandom(seed);
      expect(words(random.key(seed))).toEqual([generator.int32() >>> 0, generator.int32() >>> 0]);
    }
  });
  it("differ between keys and agree for the same string", () => {
    expect(words(random.key("a"))).toEqual(words(random.key("a")));
    expect(words(random.key("a"))).not.toEqual(words(random.key("b")));
    expect(words(random.foldIn(key, 1))).not.toEqual(words(random.foldIn(key, 2)));
  });
});

it.each([
  ["a negative seed", () => random.key(-1), "random.key: the seed is -1"],
  ["a fractional seed", () => random.key(1.5), "non-negative safe integer or a string"],
  ["a tensor that is no key", () => random.normal(tensor([1, 2]), [3]), "the key is f32[2], expected a u32[2] key"],
  ["many keys at once", () => random.bits(random.split(random.key(0)), [2]), "For several keys use vmap"],
  ["an empty range", () => random.randint(random.key(0), [1], 3, 3), "integers with low < high"],
  ["an integer dtype", () => random.uniform(random.key(0), [1], { dtype: "i32" as "f32" }), "expected f32 or f64"],
  ["a scalar to shuffle", () => random.shuffle(random.key(0), tensor(1)), "expected a tensor with rows"],
])("refuses %s", (_, f, message) => {
  expect(f).toThrow(message);
});
