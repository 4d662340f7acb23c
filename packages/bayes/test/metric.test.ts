import { expect, it } from "vitest";
import { forget, observe, shrunkVariance, varianceEstimator } from "../src/sampler/metric.js";

it("is the sample variance shrunk by five points of variance 1e-3", () => {
  const estimator = varianceEstimator(2);
  for (const point of [
    [1, 1e6],
    [2, 1e6 + 1],
    [4, 1e6 + 5],
  ])
    observe(estimator, Float64Array.from(point));
  const metric = new Float64Array(2);
  shrunkVariance(metric, estimator);
  // Variances of {1, 2, 4} and {0, 1, 5} with divisor 2: 7/3 and 7.
  expect(metric[0]).toBeCloseTo((3 / 8) * (7 / 3) + (1e-3 * 5) / 8, 14);
  expect(metric[1]).toBeCloseTo((3 / 8) * 7 + (1e-3 * 5) / 8, 9);
});

it("starts afresh after each window", () => {
  const [used, fresh] = [varianceEstimator(1), varianceEstimator(1)];
  observe(used, Float64Array.of(100));
  forget(used);
  for (const estimator of [used, fresh]) for (const x of [1, 3]) observe(estimator, Float64Array.of(x));
  expect(used).toEqual(fresh);
});

it("lets the old metric stand in for the variance of a single point", () => {
  const estimator = varianceEstimator(1);
  observe(estimator, Float64Array.of(5));
  const metric = Float64Array.of(2);
  shrunkVariance(metric, estimator);
  expect(metric[0]).toBeCloseTo(2 / 6 + (1e-3 * 5) / 6, 15);
});

it("names the coordinate that overflows", () => {
  const estimator = varianceEstimator(2);
  for (const x of [1e200, -1e200]) observe(estimator, Float64Array.of(0, x));
  expect(() => shrunkVariance(new Float64Array(2), estimator)).toThrow(
    /coordinate 1 .*expected a finite.*proper prior/,
  );
});
