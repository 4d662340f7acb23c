import { type Tensor, eigh, random, tensor, vmap } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import { inverseTime, oja, sanger } from "../src/index.js";

const features = 5;
const [dataKey, turnKey] = random.split(random.key("cloud"));
/** A turned normal cloud with standard deviations 2, 1, 0.5, 0.25, 0.125. */
const square = random.normal(turnKey, [features, features], { dtype: "f64" });
const turn = eigh(square.add(square.matrixTranspose())).vectors;
const cloud = random
  .normal(dataKey, [4000, features], { dtype: "f64" })
  .mul(tensor([2, 1, 0.5, 0.25, 0.125], { dtype: "f64" }))
  .matmul(turn.matrixTranspose());
const x = cloud.sub(cloud.mean(0));

/** Principal components, first first, [features, features]. */
const components = eigh(x.matrixTranspose().matmul(x)).vectors.matrixTranspose().flip(0);
const cosine = (a: Tensor, b: Tensor): number => Math.abs(a.dot(b).item()) / a.norm().item() / b.norm().item();

describe("Oja's rule", () => {
  test("finds the first principal component, at length 1", () => {
    const w = oja({ rate: inverseTime(0.1) }).run(x, { epochs: 5 });
    expect(w.shape).toEqual([features]);
    expect(cosine(w, components.at(0))).toBeGreaterThan(0.999);
    expect(w.norm().item()).toBeCloseTo(1, 2);
  });
  test("makes the step of its formula", () => {
    // w = (1, 0), x = (2, 1): y = 2, w + 0.1 * 2 * ((2, 1) - 2 (1, 0)) = (1, 0.2)
    const w = oja({ rate: 0.1 }).step(tensor([1, 0]), tensor([2, 1]), tensor(0));
    expect(w.toArray()).toEqual([1, Math.fround(0.2)]);
  });
  test("leaves a component at length 1 where it is, on average", () => {
    const first = components.at(0);
    const after = vmap((row: Tensor) => oja({ rate: 0.1 }).step(first, row, tensor(0, { dtype: "f64" })))(x).mean(0);
    expect(after.sub(first).abs().max().item()).toBeLessThan(1e-12);
  });
  test("is the same for the same key, and in f32 much the same", () => {
    const rule = oja({ rate: inverseTime(0.1) });
    const w = rule.run(x, { key: "a" });
    expect(rule.run(x, { key: "a" }).toArray()).toEqual(w.toArray());
    expect(rule.run(x.astype("f32"), { key: "a" }).dtype).toBe("f32");
  });
});

describe("Sanger's rule", () => {
  const w = sanger({ rate: inverseTime(0.05), components: 3 }).run(x, { epochs: 5 });

  test.each([0, 1, 2])("finds principal component %i", (i) => {
    expect(cosine(w.at(i), components.at(i))).toBeGreaterThan(0.99);
  });
  test("finds directions that are orthogonal, of length 1", () => {
    const gram = w.matmul(w.matrixTranspose()).toArray() as number[][];
    gram.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - (i === j ? 1 : 0))).toBeLessThan(0.05)));
  });
  test("of one component is Oja's rule", () => {
    const [one, other] = [sanger({ rate: 0.1, components: 1 }), oja({ rate: 0.1 })];
    const row = x.at(0);
    const start = components.at(2);
    const at = tensor(0, { dtype: "f64" });
    const difference = one.step(start.reshape([1, features]), row, at).sub(other.step(start, row, at));
    expect(difference.abs().max().item()).toBeLessThan(1e-15);
  });
});

test("inverseTime falls to a half after its half-life, then like 1 / t", () => {
  const rate = inverseTime(0.2, 50);
  [0.2, 0.1, 0.02].forEach((value, i) =>
    expect(rate(tensor([0, 50, 450][i], { dtype: "f64" })).item()).toBeCloseTo(value, 14),
  );
});

describe("bad input is named", () => {
  const rule = oja({ rate: 0.1 });
  test.each<[string, () => unknown, RegExp]>([
    ["rate 0", () => oja({ rate: 0 }), /oja: rate is 0, expected a positive finite number/],
    ["rate NaN", () => sanger({ rate: NaN, components: 1 }), /sanger: rate is NaN/],
    ["half-life 0", () => inverseTime(0.1, 0), /inverseTime: halfLife is 0/],
    ["no components", () => sanger({ rate: 0.1, components: 0 }), /components is 0/],
    ["too many components", () => sanger({ rate: 0.1, components: 9 }).run(x), /components is 9, expected at most 5/],
    ["a vector", () => rule.run(tensor([1, 2])), /oja: x is f32\[2\], expected f32 or f64 \[examples, features\]/],
    ["integers", () => rule.run(tensor([[1, 2]], { dtype: "i32" })), /x is i32\[1, 2\]/],
    ["no examples", () => rule.run(tensor([], { shape: [0, 2] })), /x is f32\[0, 2\]/],
    ["no epochs", () => rule.run(x, { epochs: 0 }), /epochs is 0/],
    [
      "NaN in x",
      () =>
        rule.run(
          tensor([
            [NaN, 1],
            [1, 2],
          ]),
        ),
      /grew without bound.*NaN in x/,
    ],
    ["a rate that is far too large", () => oja({ rate: 1e6 }).run(x), /oja: the weights grew without bound/],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
