import { random, tensor } from "@cotangent/core";
import { describe, expect, it } from "vitest";
import { mcseSd, model, normal, poisson, halfNormal, sample, uniform } from "../src/index.js";
import { threefrySource } from "../src/sampler/threefrySource.js";
import { data, schools } from "./eightSchools.js";

// posteriordb, eight_schools-eight_schools_noncentered, 10,000 reference draws: mean, sd, mcse of the mean, mcse of the sd.
const reference: Record<string, readonly [number, number, number, number]> = {
  "theta[0]": [6.1505022933, 5.6158634189, 0.05573752823, 0.062193379613],
  "theta[2]": [3.90590609, 5.2807119522, 0.054231370563, 0.056223760575],
  mu: [4.410518337, 3.3092964767, 0.033037470595, 0.023753277218],
  tau: [3.6020595236, 3.198477671, 0.031861513564, 0.045512814546],
};

describe("sample", () => {
  it("finds the reference posterior of eight schools", async () => {
    const posterior = await sample(schools, { data, key: "eight schools" });
    expect(posterior.draws.theta.shape).toEqual([4, 1000, 8]);
    for (const row of posterior.summary().rows) {
      const known = reference[row.name];
      if (known === undefined) continue;
      const sdError = mcseSd(chainsOf(posterior.draws, row.name));
      expect(Math.abs(row.mean - known[0]), row.name).toBeLessThan(4 * Math.hypot(row.mcse, known[2]));
      expect(Math.abs(row.sd - known[1]), row.name).toBeLessThan(4 * Math.hypot(sdError, known[3]));
    }
  });

  it("has the posterior of a conjugate normal", async () => {
    const m = model((s, { y }: { y: ReturnType<typeof tensor> }) => {
      const mean = s.param("mean", normal(0, 2));
      s.observe("y", normal(mean, 1), y);
      return { mean };
    });
    const p = await sample(m, { data: { y: tensor([1, 2, 3]) }, key: 3, chains: 2 });
    // precision 1/4 + 3, mean 6 / 3.25
    const [row] = p.summary().rows;
    expect(Math.abs(row.mean - 6 / 3.25)).toBeLessThan(4 * row.mcse);
    expect(Math.abs(row.sd - 1 / Math.sqrt(3.25))).toBeLessThan(4 * mcseSd(chainsOf(p.draws, "mean")));
    const e = p.expectation((d) => d.mean.square());
    expect(Math.abs(e.mean - (6 / 3.25) ** 2 - 1 / 3.25)).toBeLessThan(4 * e.mcse);
  });

  it("takes a plain log density of a tree", async () => {
    const options = { key: 1, chains: 2, samples: 500, init: { x: tensor([0, 0]) } };
    const p = await sample(({ x }: { x: ReturnType<typeof tensor> }) => x.square().sum().mul(-0.5), options);
    expect(p.draws.x.shape).toEqual([2, 500, 2]);
    expect(p.divergences).toBe(0);
  });

  it("names the site without a starting point", async () => {
    const m = model((s) => {
      const rate = s.param("rate", halfNormal(1));
      s.observe("count", poisson(rate), tensor([1.5]));
    });
    await expect(sample(m, { data: undefined, key: 1 })).rejects.toThrow(/log density of "count" is not finite/);
  });

  it("draws its uniforms from the bits of core", () => {
    const key = random.key(5);
    const source = threefrySource(key);
    const expected = random.uniform(key, [4], { dtype: "f64" });
    for (const u of expected.storage) expect(source.uniform() - u).toBeCloseTo(2 ** -53, 18);
  });
});

describe("model errors", () => {
  const twice = model((m) => {
    m.param("a", normal(0, 1));
    m.param("a", normal(0, 1));
  });
  const unnamed = model((m) => ({ a: m.param("a", normal(0, 1), { dims: ["row"] }) }));
  let runs = 0;
  const changing = model((m) => ({ a: m.param(`a${runs++}`, uniform(0, 1)) }));
  it("name a duplicate site", () => expect(() => twice.bind(undefined)).toThrow(/"a" is declared twice/));
  it("name a dimension without a size", () => expect(() => unnamed.bind(undefined)).toThrow(/"row".*no size/));
  it("name a site that changes", () => {
    const bound = changing.bind(undefined);
    expect(() => bound.logDensity(bound.origin)).toThrow(/sites change between runs/);
  });
  it("name NaN in the data by its path", () =>
    expect(() => schools.bind({ ...data, y: tensor([1, NaN]) })).toThrow(/data\.y is NaN at element 1/));
  it("name an invalid parameter", () => expect(() => normal(0, -1)).toThrow(/scale is -1/));
});

function chainsOf(
  draws: Record<string, { storage: ArrayLike<number>; shape: readonly number[] }>,
  name: string,
): Float64Array[] {
  const [, key, index] = /^(\w+)(?:\[(\d+)\])?$/.exec(name) as RegExpExecArray;
  const { storage, shape } = draws[key];
  const size = shape[2] ?? 1;
  return Array.from({ length: shape[0] }, (_, c) =>
    Float64Array.from({ length: shape[1] }, (_d, d) => storage[(c * shape[1] + d) * size + Number(index ?? 0)]),
  );
}
