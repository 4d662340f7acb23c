import { describe, expect, it } from "vitest";
import type { FlatDensity } from "../src/sampler/density.js";
import { type NutsTransition, nuts } from "../src/sampler/nuts.js";
import { referenceTransition } from "./reference.js";
import { cut, flat, funnel, normals, recording, seeded, studentT, tape } from "./support.js";

interface Case {
  readonly name: string;
  readonly density: FlatDensity;
  readonly stepSize: number;
  readonly maxDepth: number;
  readonly metric?: readonly number[];
  readonly start?: readonly number[];
}

const cases: Case[] = [
  { name: "normal, long steps", density: normals(1), stepSize: 1.3, maxDepth: 10 },
  { name: "normal, short steps", density: normals(1, 1, 1), stepSize: 0.05, maxDepth: 10 },
  { name: "badly scaled normal", density: normals(1, 10, 0.1, 3), stepSize: 0.12, maxDepth: 10 },
  {
    name: "badly scaled normal, its own metric",
    density: normals(1, 10, 0.1),
    stepSize: 0.8,
    maxDepth: 10,
    metric: [1, 100, 0.01],
  },
  { name: "unstable steps", density: normals(0.01), stepSize: 1, maxDepth: 10, start: [0.5] },
  { name: "Student t", density: studentT, stepSize: 0.4, maxDepth: 10 },
  { name: "funnel", density: funnel(3), stepSize: 0.7, maxDepth: 10, start: [-2, 0.2, 0.1, -0.3] },
  { name: "bounded support", density: cut, stepSize: 0.3, maxDepth: 10 },
  { name: "maximum depth 1", density: normals(1, 1), stepSize: 0.1, maxDepth: 1 },
  { name: "maximum depth 3", density: normals(1, 1), stepSize: 0.05, maxDepth: 3 },
  { name: "no turn before depth 6", density: flat, stepSize: 1, maxDepth: 6 },
];

/** 40 transitions in a row, each also by the reference from the same start with the same random numbers. */
function run({ density, stepSize, maxDepth, metric, start }: Case): {
  pairs: { ours: NutsTransition; reference: ReturnType<typeof referenceTransition>; left: number }[];
} {
  const kernel = nuts(density, maxDepth);
  const inverseMetric = metric ?? Array.from({ length: density.dimension }, () => 1);
  const source = seeded(20260719);
  const gradient = new Float64Array(density.dimension);
  const position = Float64Array.from(start ?? Array.from(gradient, () => 0.3));
  const logDensity = density.evaluate(position, gradient);
  let at: Pick<NutsTransition, "position" | "logDensity" | "gradient"> = { position, logDensity, gradient };
  const pairs = [];
  for (let i = 0; i < 40; i++) {
    const from = Array.from(at.position);
    const tapes = recording(source);
    const transition = kernel(at, Float64Array.from(inverseMetric), stepSize, tapes.source);
    const replay = tape(tapes.uniforms, tapes.normals);
    const reference = referenceTransition(density, from, inverseMetric, stepSize, maxDepth, replay);
    at = transition;
    const ours = { ...transition, position: transition.position.slice(), gradient: transition.gradient.slice() };
    pairs.push({ ours, reference, left: replay.left() });
  }
  return { pairs };
}

describe("a transition equals the slow reference on the same tape", () => {
  it.each(cases)("$name", (each) => {
    for (const { ours, reference, left } of run(each).pairs) {
      expect(left, "random numbers the reference did not ask for").toBe(0);
      expect([ours.depth, ours.leapfrogs, ours.divergent]).toEqual([
        reference.depth,
        reference.leapfrogs,
        reference.divergent,
      ]);
      // The same arithmetic up to the order of a few roundings, carried along at most 2^10 leapfrogs.
      for (const [i, q] of reference.position.entries()) expect(ours.position[i]).toBeCloseTo(q, 9);
      for (const [i, g] of reference.gradient.entries())
        expect(ours.gradient[i] / (1 + Math.abs(g))).toBeCloseTo(g / (1 + Math.abs(g)), 9);
      expect(ours.logDensity).toBeCloseTo(reference.logDensity, 8);
      expect(ours.energy).toBeCloseTo(reference.energy, 8);
      expect(ours.acceptStat).toBeCloseTo(reference.acceptStat, 9);
    }
  });
});

describe("the cases above reach what they are there for", () => {
  const transitions = (name: string): NutsTransition[] =>
    run(cases.find((c) => c.name === name) as Case).pairs.map((p) => p.ours);

  it.each(["unstable steps", "funnel", "bounded support"])("%s diverges", (name) => {
    expect(transitions(name).some((t) => t.divergent)).toBe(true);
  });
  it("a flat density runs to the maximum depth and keeps every point", () => {
    for (const t of transitions("no turn before depth 6"))
      expect([t.depth, t.leapfrogs, t.acceptStat]).toEqual([6, 63, 1]);
  });
  it("short steps reach many depths", () => {
    expect(new Set(transitions("normal, short steps").map((t) => t.depth)).size).toBeGreaterThanOrEqual(3);
  });
  it("a rejected subtree still counts in leapfrogs", () => {
    expect(transitions("Student t").some((t) => t.leapfrogs > 2 ** t.depth - 1)).toBe(true);
  });
});

it("a point where the density is infinite is a divergence, not a trap", () => {
  const spike: FlatDensity = {
    dimension: 1,
    evaluate(q, g) {
      g[0] = -q[0];
      return q[0] > 0.5 ? Infinity : -0.5 * q[0] ** 2;
    },
  };
  const kernel = nuts(spike, 10);
  const source = seeded(5);
  let at = kernel(
    { position: Float64Array.of(0), logDensity: 0, gradient: Float64Array.of(0) },
    Float64Array.of(1),
    0.5,
    source,
  );
  for (let i = 0; i < 100; i++) {
    expect(at.position[0]).toBeLessThanOrEqual(0.5);
    at = kernel(at, Float64Array.of(1), 0.5, source);
  }
});
