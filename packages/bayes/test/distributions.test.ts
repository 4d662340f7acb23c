import { readFileSync } from "node:fs";
import { type Tensor, grad, linspace, random, tensor, vmap } from "@cotangent/core";
import { describe, expect, it } from "vitest";
import * as bayes from "../src/index.js";
import type { Constraint, Distribution } from "../src/index.js";

interface Fixture {
  cases: { name: string; parameters: number[]; x: number[]; logDensity: number[]; mean: string; variance: string }[];
}
// scipy.stats, written by fixtures/scipyDistributions.py.
const { cases } = JSON.parse(
  readFileSync(new URL("fixtures/scipyDistributions.json", import.meta.url), "utf8"),
) as Fixture;
const f64 = (x: number | number[]): Tensor => tensor(x, { dtype: "f64" });
const make: Record<string, (...p: number[]) => Distribution> = {
  normal: bayes.normal,
  halfNormal: bayes.halfNormal,
  studentT: bayes.studentT,
  exponential: bayes.exponential,
  gamma: bayes.gamma,
  beta: bayes.beta,
  cauchy: bayes.cauchy,
  halfCauchy: bayes.halfCauchy,
  bernoulli: (logits) => bayes.bernoulli({ logits }),
  poisson: bayes.poisson,
  logNormal: bayes.logNormal,
  uniform: bayes.uniform,
};

describe.each(cases)("$name($parameters)", ({ name, parameters, x, logDensity, mean, variance }) => {
  const d = make[name](...parameters);
  // inf and nan are Python's spelling.
  const number = (text: string): number => (text === "inf" ? Infinity : Number(text));

  it("has scipy's log density", () => {
    const ours = d.logDensity(f64(x)).storage;
    logDensity.forEach((v, i) =>
      expect(Math.abs(ours[i] - v), `x = ${x[i]}`).toBeLessThan(1e-12 * Math.max(1, Math.abs(v))),
    );
  });
  it("has scipy's mean and variance", () => {
    for (const [ours, theirs] of [
      [d.mean.item(), number(mean)],
      [d.variance.item(), number(variance)],
    ])
      if (Number.isFinite(theirs)) expect(Math.abs(ours / theirs - 1)).toBeLessThan(1e-12);
      else if (name !== "halfCauchy") expect(ours).toEqual(theirs);
  });
  it("is a probability", () => {
    if (d.support.discrete) {
      const k = f64(Array.from({ length: name === "bernoulli" ? 2 : 100 }, (_, i) => i));
      expect(d.logDensity(k).exp().sum().item()).toBeCloseTo(1, 12);
      return;
    }
    // Over the unconstrained line, where the density vanishes at both ends: also a test of the Jacobian. Cauchy tails by sinh.
    const heavy = name === "cauchy" || name === "studentT";
    // Beyond 34 the logistic function rounds to 1, where this beta density is infinite.
    const end = name === "beta" ? 34 : 40;
    const t = linspace(-end, end, 2000 * end + 1, "f64");
    const u = heavy ? t.sinh() : t;
    const logStep = heavy ? t.cosh().log() : t.mul(0);
    const value = d.support.transform(u);
    const log = d.logDensity(value).add(d.support.logAbsDetJacobian(u)).add(logStep);
    expect(log.exp().sum().item() * 0.001).toBeCloseTo(1, name === "gamma" ? 5 : 9);
  });
  it("samples with its moments", () => {
    const n = 20000;
    const draws = Array.from(d.sample(random.key(name), [n]).storage);
    const [m, v] = [d.mean.item(), d.variance.item()];
    if (!Number.isFinite(v)) return;
    const average = draws.reduce((a: number, b: number) => a + b, 0) / n;
    expect(Math.abs(average - m)).toBeLessThan(5 * Math.sqrt(v / n));
  });
  it("has the derivative of finite differences", () => {
    if (d.support.discrete) return;
    const at = x[1];
    const h = 1e-5 * Math.max(1e-1, Math.abs(at));
    const slope = (d.logDensity(at + h).item() - d.logDensity(at - h).item()) / (2 * h);
    const ours = grad((y: Tensor) => d.logDensity(y))(f64(at)).item();
    expect(Math.abs(ours - slope)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
  });
  it("is -Infinity outside its support", () => {
    const outside = d.support.name === "real" ? Infinity : -1.5;
    expect(d.logDensity(outside).item()).toBe(-Infinity);
    expect(d.logDensity(NaN).item()).toBe(-Infinity);
  });
});

const constraints: [Constraint, number[]][] = [
  [bayes.real, [-2, 0.5]],
  [bayes.positive, [-3, 0.1, 4]],
  [bayes.nonNegative, [-3, 2]],
  [bayes.interval(-1, 4), [-30, -2, 0.3, 5]],
  [bayes.unitInterval(), [-2, 3]],
];
it.each(constraints)("constraint $name has the Jacobian of its derivative", (constraint, points) => {
  const u = f64(points);
  const x = constraint.transform(u);
  const derivative = vmap(grad((v: Tensor) => constraint.transform(v)))(u).log().storage;
  const ours = constraint.logAbsDetJacobian(u).storage;
  points.forEach((_, i) => expect(ours[i]).toBeCloseTo(derivative[i], 10));
  expect(constraint.contains(x).all().item()).toBe(1);
  const back = constraint.inverse(x.at([-2, null])).storage;
  points.slice(-2).forEach((p, i) => expect(back[i]).toBeCloseTo(p, 10));
});
