import { describe, expect, it } from "vitest";
import { initialize } from "../src/sampler/initialize.js";
import { density, normals, seeded, tape } from "./support.js";

describe("initialize", () => {
  it("maps uniforms to (-radius, radius)", () => {
    const found = initialize(normals(1, 1), tape([0.25, 0.9], []), 2);
    expect(found.kind).toBe("initialized");
    expect(Array.from(found.position)).toEqual([-1, 1.6]);
    expect(Array.from(found.gradient)).toEqual([1, -1.6]);
    expect(found.logDensity).toBeCloseTo(-(1 + 2.56) / 2, 15);
  });

  it("tries again until density and gradient are finite", () => {
    const picky = density(
      1,
      (q) => Math.log(q[0]),
      (q) => [q[0] < 1 ? Number.NaN : 1 / q[0]],
    );
    const found = initialize(picky, tape([0.1, 0.6, 0.95], []), 2);
    expect(found).toMatchObject({ kind: "initialized", tries: 3 });
    expect(found.position[0]).toBeCloseTo(1.8, 14);
  });

  it("gives up after 100 tries and tells what was wrong", () => {
    const half = density(
      3,
      () => -1,
      () => [0, Number.NaN, Infinity],
    );
    expect(initialize(half, seeded(3), 2)).toMatchObject({
      kind: "initialization-failed",
      tries: 100,
      reason: "gradient",
      coordinates: [1, 2],
    });
    const nowhere = density(
      1,
      () => Number.NEGATIVE_INFINITY,
      () => [0],
    );
    expect(initialize(nowhere, seeded(3), 2)).toMatchObject({ tries: 100, reason: "log-density", coordinates: [] });
  });

  it("starts at the origin with radius 0, in one try", () => {
    expect(initialize(normals(1, 1), tape([], []), 0)).toMatchObject({
      kind: "initialized",
      tries: 1,
      position: new Float64Array(2),
    });
    expect(
      initialize(
        density(
          1,
          () => Number.NaN,
          () => [0],
        ),
        tape([], []),
        0,
      ),
    ).toMatchObject({ tries: 1 });
  });

  it("starts where it is told, on a copy", () => {
    const at = Float64Array.of(7);
    const found = initialize(normals(1), tape([], []), 2, at);
    at[0] = 0;
    expect(found.position[0]).toBe(7);
  });
});
