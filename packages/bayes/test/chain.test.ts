import { describe, expect, it } from "vitest";
import { essBulk } from "../src/diagnostics/ess.js";
import { mcseMean, mcseSd } from "../src/diagnostics/mcse.js";
import { meanOf, varianceOf } from "../src/diagnostics/moments.js";
import { rhat } from "../src/diagnostics/rhat.js";
import { type Chain, type ChainProgress, runChain } from "../src/sampler/chain.js";
import type { FlatDensity } from "../src/sampler/density.js";
import type { ChainOptions } from "../src/sampler/options.js";
import type { RandomSource } from "../src/sampler/source.js";
import { type Iteration, referenceChain } from "./reference.js";
import { density, flat, normals, recording, seeded, tape } from "./support.js";

function finish(
  of: FlatDensity,
  source: RandomSource,
  options?: ChainOptions,
  watch?: (progress: ChainProgress) => void,
): { chain: Chain; progress: Omit<ChainProgress, "transition">[] } {
  const run = runChain(of, source, options);
  const progress = [];
  for (;;) {
    const next = run.next();
    if (next.done !== true) {
      watch?.(next.value);
      const { transition: _, ...rest } = next.value;
      progress.push(rest);
      continue;
    }
    if (next.value.kind !== "finished") throw new Error(next.value.kind);
    return { chain: next.value, progress };
  }
}

const column = (chain: Chain, i: number): Float64Array =>
  Float64Array.from({ length: chain.draws.length / chain.dimension }, (_, n) => chain.draws[n * chain.dimension + i]);

describe("a correlated Gaussian in five dimensions", () => {
  // x = mean + L z, so the covariance is L L'; density and gradient from w = L^-1 (x - mean).
  const mean = [1, -2, 0, 10, 0.5];
  const L = [[2], [1.5, 1], [0, -0.5, 0.1], [3, 0, 2, 5], [0.3, 0.2, 0.1, 0, 0.05]];
  const sd = L.map((row) => Math.hypot(...row));
  const solve = (q: Float64Array): number[] => {
    const w: number[] = [];
    for (const [i, row] of L.entries())
      w.push((q[i] - mean[i] - w.reduce((sum, x, k) => sum + row[k] * x, 0)) / row[i]);
    return w;
  };
  const gaussian = density(
    5,
    (q) => -0.5 * solve(q).reduce((sum, w) => sum + w * w, 0),
    (q) => {
      const g = solve(q).map((w) => -w);
      for (let i = 4; i >= 0; i--) {
        g[i] /= L[i][i];
        for (let k = 0; k < i; k++) g[k] -= L[i][k] * g[i];
      }
      return g;
    },
  );
  const chains = [1, 2, 3, 4].map((seed) => finish(gaussian, seeded(seed)).chain);

  it.each([0, 1, 2, 3, 4])("coordinate %i: mean and sd within 4 standard errors, chains agree", (i) => {
    const draws = chains.map((chain) => column(chain, i));
    const all = Float64Array.from(draws.flatMap((x) => Array.from(x)));
    expect(Math.abs(meanOf(all) - mean[i])).toBeLessThan(4 * mcseMean(draws));
    expect(Math.abs(Math.sqrt(varianceOf(all)) - sd[i])).toBeLessThan(4 * mcseSd(draws));
    expect(rhat(draws)).toBeLessThan(1.01);
    expect(essBulk(draws)).toBeGreaterThan(400);
  });

  it("statistics belong to the draws", () => {
    for (const { draws, statistics, stepSize } of chains) {
      expect(draws).toHaveLength(5000);
      for (let n = 0; n < 1000; n += 97) {
        expect(statistics.logDensity[n]).toBe(gaussian.evaluate(draws.subarray(5 * n, 5 * n + 5), new Float64Array(5)));
        expect(statistics.energy[n]).toBeGreaterThan(-statistics.logDensity[n]);
        expect(statistics.stepSize[n]).toBe(stepSize);
      }
      // Dual averaging aims at 0.8; Stan's own chains end between about 0.75 and 0.95.
      expect(meanOf(statistics.acceptStat)).toBeGreaterThan(0.7);
      expect(meanOf(statistics.acceptStat)).toBeLessThan(0.97);
      expect(statistics.divergent.some((d) => d === 1)).toBe(false);
    }
  });
});

// Windows written out by hand (bayes.md section 2).
it.each<{ warmup: number; windows: [number, number][] }>([
  { warmup: 0, windows: [] },
  { warmup: 19, windows: [] },
  { warmup: 60, windows: [[9, 53]] },
  {
    warmup: 200,
    windows: [
      [75, 99],
      [100, 149],
    ],
  },
  {
    warmup: 500,
    windows: [
      [75, 99],
      [100, 149],
      [150, 249],
      [250, 449],
    ],
  },
])("$warmup warm-up iterations and 10 draws follow the slow reference on the same tape", ({ warmup, windows }) => {
  const target = normals(0.1, 1, 5);
  const start = [0.1, -1, 2];
  const tapes = recording(seeded(warmup));
  const recorded: Iteration[] = [];
  const { chain } = finish(
    target,
    tapes.source,
    { warmup, samples: 10, initialPosition: Float64Array.from(start) },
    ({ stepSize, transition: { position, acceptStat } }) =>
      recorded.push({ stepSize, position: Array.from(position), acceptStat }),
  );
  const replay = tape(tapes.uniforms, tapes.normals);
  const { iterations, inverseMetric } = referenceChain(target, start, windows, warmup, recorded, replay);
  expect(replay.left()).toBe(0);
  for (const [n, want] of iterations.entries()) {
    // Relative: the cancellation in delta - a is amplified by sqrt(n) / 0.05.
    expect(recorded[n].stepSize / want.stepSize, `iteration ${n}`).toBeCloseTo(1, 10);
    expect(recorded[n].acceptStat).toBeCloseTo(want.acceptStat, 9);
    for (const [i, x] of want.position.entries()) expect(recorded[n].position[i]).toBeCloseTo(x, 9);
  }
  for (const [i, m] of inverseMetric.entries()) expect(chain.inverseMetric[i] / m).toBeCloseTo(1, 10);
  expect(Array.from(chain.draws)).toEqual(recorded.slice(warmup).flatMap(({ position }) => position));
});

it("a standard normal: mean and sd within 4 standard errors", () => {
  const draws = [21, 22, 23, 24].map((seed) => column(finish(normals(1), seeded(seed)).chain, 0));
  const all = Float64Array.from(draws.flatMap((x) => Array.from(x)));
  expect(Math.abs(meanOf(all))).toBeLessThan(4 * mcseMean(draws));
  expect(Math.abs(Math.sqrt(varianceOf(all)) - 1)).toBeLessThan(4 * mcseSd(draws));
  expect(rhat(draws)).toBeLessThan(1.01);
});

it("the metric learns the scales", () => {
  const { inverseMetric } = finish(normals(0.01, 1, 100), seeded(11)).chain;
  // Variances from the 500 draws of the last window, whose relative standard error is at most about sqrt(2/100).
  for (const [i, s] of [0.01, 1, 100].entries())
    expect(Math.abs(inverseMetric[i] / s ** 2 - 1)).toBeLessThan(i === 0 ? 0.8 : 0.5);
});

it("the metric adapts in a warm-up of 100, where Stan's does not (issue 3380)", () => {
  const { inverseMetric } = finish(normals(100), seeded(4), { warmup: 100, samples: 0 }).chain;
  expect(inverseMetric[0]).toBeGreaterThan(1000);
});

describe("progress", () => {
  it("comes after each transition, with the step size that made it", () => {
    const { chain, progress } = finish(normals(1), seeded(2), { warmup: 30, samples: 5 });
    expect(progress).toHaveLength(35);
    expect(progress[0]).toMatchObject({ phase: "warmup", iteration: 1, iterations: 30 });
    expect(progress[29]).toMatchObject({ phase: "warmup", iteration: 30 });
    expect(progress[34]).toEqual({ phase: "sampling", iteration: 5, iterations: 5, stepSize: chain.stepSize });
  });
  it("may be abandoned", () => {
    for (const { iteration } of runChain(normals(1), seeded(2))) if (iteration === 3) break;
  });
});

it("the same random numbers give the same chain", () => {
  expect(finish(normals(1, 2), seeded(8), { warmup: 50, samples: 20 })).toEqual(
    finish(normals(1, 2), seeded(8), { warmup: 50, samples: 20 }),
  );
});

it("goes on from a given point, metric and step size without warm-up", () => {
  const options = {
    warmup: 0,
    samples: 3,
    initialPosition: Float64Array.of(1),
    initialMetric: Float64Array.of(2),
    initialStepSize: 0.37,
  };
  const { chain } = finish(normals(1), seeded(8), options);
  expect([chain.stepSize, chain.inverseMetric[0], chain.initialPosition[0]]).toEqual([0.37, 2, 1]);
});

it("finds a step size even without warm-up, and keeps it", () => {
  const { chain } = finish(normals(1e-3), seeded(8), { warmup: 0, samples: 50 });
  expect(chain.stepSize).toBeLessThan(0.01);
});

it("a start that does not exist is a result, not an exception", () => {
  const nowhere = density(
    2,
    () => Number.NEGATIVE_INFINITY,
    () => [0, 0],
  );
  const end = runChain(nowhere, seeded(1)).next();
  expect(end).toMatchObject({ done: true, value: { kind: "initialization-failed", tries: 100 } });
});

it("an improper posterior is an error that says so", () => {
  expect(() => finish(flat, seeded(1))).toThrow(/improper/);
});

it.each<[ChainOptions, RegExp]>([
  [{ warmup: -1 }, /runChain: option warmup is -1, expected a whole number/],
  [{ warmup: 2.5 }, /option warmup is 2.5/],
  [{ samples: Number.NaN }, /option samples is NaN/],
  [{ targetAccept: 1 }, /option targetAccept is 1, expected a probability.*Use 0.8/],
  [{ maxDepth: 0 }, /option maxDepth is 0, expected a whole number from 1 to 30/],
  [{ initialRadius: Infinity }, /option initialRadius is Infinity/],
  [{ initialPosition: new Float64Array(3) }, /option initialPosition is of length 3, expected length 2/],
  [{ initialPosition: Float64Array.of(1, Number.NaN) }, /option initialPosition is NaN at coordinate 1/],
  [{ initialMetric: Float64Array.of(1, 0) }, /option initialMetric is 0 at coordinate 1, expected a positive variance/],
  [{ initialStepSize: 0 }, /option initialStepSize is 0, expected a positive number/],
])("refuses %o", (options, message) => {
  expect(() => runChain(normals(1, 1), seeded(1), options).next()).toThrow(message);
});

it("refuses a density without coordinates", () => {
  expect(() => runChain(normals(), seeded(1)).next()).toThrow(/runChain: argument density has dimension 0, expected/);
});
