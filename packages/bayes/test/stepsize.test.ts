import { describe, expect, it } from "vitest";
import { findStepSize, learnStepSize, settledStepSize, startAveraging } from "../src/sampler/stepsize.js";
import { flat, normals, seeded, tape } from "./support.js";

describe("dual averaging", () => {
  // mu = log 10 + log eps; after one step with acceptance a: s = (0.8 - a)/11, x = mu - s/0.05, x_bar = x.
  it("first update by hand: acceptance 0.6 from step size 0.5", () => {
    const start = startAveraging(0.5);
    expect(start.mu).toBeCloseTo(Math.log(5), 15);
    const { state, stepSize } = learnStepSize(start, 0.6, 0.8);
    expect(stepSize).toBeCloseTo(5 * Math.exp(-0.2 / 11 / 0.05), 14);
    expect(settledStepSize(state, 9)).toBeCloseTo(stepSize, 14);
  });

  it("equals the sums of Hoffman and Gelman's equation 6 written out", () => {
    const accepts = [0.1, 0.95, 1, 0.7, 0, 0.85, 0.99, 0.3];
    const delta = 0.85;
    const mu = Math.log(10 * 0.25);
    let state = startAveraging(0.25);
    let logAverage = 0;
    let step = 0;
    for (let m = 1; m <= accepts.length; m++) {
      ({ state, stepSize: step } = learnStepSize(state, accepts[m - 1], delta));
      // H_bar_m unrolls to sum_j (delta - a_j) * product of (1 - 1/(i + t0)) = sum_j (delta - a_j) / (m + t0).
      const error = accepts.slice(0, m).reduce((sum, a) => sum + (delta - a), 0) / (m + 10);
      const x = mu - (Math.sqrt(m) / 0.05) * error;
      logAverage = m ** -0.75 * x + (1 - m ** -0.75) * logAverage;
      expect(Math.log(step)).toBeCloseTo(x, 12);
      expect(Math.log(settledStepSize(state, 1))).toBeCloseTo(logAverage, 12);
    }
  });

  it("counts acceptance above 1 as 1", () => {
    const start = startAveraging(1);
    expect(learnStepSize(start, 1.5, 0.8)).toEqual(learnStepSize(start, 1, 0.8));
  });

  it("keeps the current step size when nothing was learnt (Stan issue 3023)", () => {
    expect(settledStepSize(startAveraging(0.3), 0.3)).toBe(0.3);
  });
});

describe("step size search", () => {
  const at = { position: Float64Array.of(0), logDensity: 0, gradient: Float64Array.of(0) };
  const one = Float64Array.of(1);
  // From q = 0 with momentum p one leapfrog on a standard normal changes H by -p^2 eps^4 / 8, so for p = 1 it is accepted
  // while eps^4 / 8 < -log 0.8 = 0.2231, eps < 1.156.
  it("grows from 0.3 to the first doubling that is refused", () => {
    const source = tape([], [1, 1, 1, 1]);
    expect(findStepSize(normals(1), at, one, 0.3, source)).toBeCloseTo(1.2, 14);
    expect(source.left()).toBe(0);
  });
  it("shrinks from 8 to the first halving that is accepted", () => {
    const source = tape([], [1, 1, 1, 1, 1]);
    expect(findStepSize(normals(1), at, one, 8, source)).toBe(1);
    expect(source.left()).toBe(0);
  });
  it("takes fresh momentum for each trial: a fast one refuses earlier", () => {
    // p = 4: 16 * 0.6^4 / 8 = 0.259 > 0.2231.
    expect(findStepSize(normals(1), at, one, 0.3, tape([], [1, 1, 4]))).toBe(0.6);
  });
  it("scales momentum by the metric", () => {
    expect(findStepSize(normals(10), at, Float64Array.of(100), 0.3, tape([], [1, 1, 1, 1]))).toBeCloseTo(1.2, 14);
  });
  it.each([0, 2e7, Number.NaN])("leaves %d alone", (stepSize) => {
    expect(findStepSize(normals(1), at, one, stepSize, tape([], []))).toBe(stepSize);
  });
  it("does not move the point", () => {
    const point = { position: Float64Array.of(0.7), logDensity: -0.245, gradient: Float64Array.of(-0.7) };
    findStepSize(normals(1), point, one, 1, seeded(1));
    expect(point).toEqual({ position: Float64Array.of(0.7), logDensity: -0.245, gradient: Float64Array.of(-0.7) });
  });
  it("says that a flat posterior is improper", () => {
    const origin = { position: new Float64Array(2), logDensity: 0, gradient: new Float64Array(2) };
    expect(() => findStepSize(flat, origin, Float64Array.of(1, 1), 1, seeded(1))).toThrow(/improper.*proper prior/);
  });
  it("says that a density which breaks everywhere is not continuous", () => {
    const broken = { dimension: 1, evaluate: () => Number.NaN };
    expect(() => findStepSize(broken, at, one, 1, seeded(1))).toThrow(/not continuous/);
  });
});
