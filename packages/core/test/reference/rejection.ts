import type { Dense } from "./dense.js";
import { erfinv, lgamma } from "./special.js";
import { threefry } from "./threefry.js";

/* The published rejection samplers, one element at a time in plain arithmetic. */

type Reference = (inputs: readonly Dense[]) => Dense[];
type Uniform = (stream: number, attempt: number) => number;
const uniformOf =
  (k0: number, k1: number): Uniform =>
  (stream, attempt) => {
    const [high, low] = threefry(k0, k1, stream, attempt);
    return (high * 2 ** 20 + (low >>> 12) + 0.5) / 2 ** 52;
  };

/** Marsaglia and Tsang (2000). */
function logGamma(u: Uniform, a: number): number {
  const d = (a < 1 ? a + 1 : a) - 1 / 3;
  for (let i = 0; i < 1000; i++) {
    const x = Math.SQRT2 * erfinv(2 * u(0, i) - 1);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(u(1, i)) < x ** 2 / 2 + d - d * v + d * Math.log(v))
      return Math.log(d * v) + (a < 1 ? Math.log(u(2, 0)) / a : 0);
  }
  return Number.NaN;
}

/** Inversion: counts up until the distribution function passes the uniform. */
function invert(u: number, probability: (k: number) => number, most: number): number {
  let rest = u;
  let k = 0;
  while (rest > probability(k) && probability(k) > 0 && k < most) rest -= probability(k++);
  return k;
}

/** Hörmann, "The transformed rejection method for generating Poisson random variables" (1993), algorithm PTRS. */
function poisson(u: Uniform, rate: number): number {
  if (!(rate >= 0)) return -1;
  const logProbability = (k: number): number => (k === 0 ? 0 : k * Math.log(rate)) - rate - lgamma(k + 1);
  if (rate < 10) return invert(u(0, 0), (k) => (rate === 0 && k > 0 ? 0 : Math.exp(logProbability(k))), Infinity);
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  for (let i = 0; i < 1000; i++) {
    const centred = u(0, i) - 0.5;
    const v = u(1, i);
    const us = 0.5 - Math.abs(centred);
    const k = Math.floor(((2 * a) / us + b) * centred + rate + 0.43);
    if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * (1.1239 + 1.1328 / (b - 3.4))) / (a / us ** 2 + b)) <= logProbability(k)) return k;
  }
  return -1;
}

/** Hörmann, "The generation of binomial random variates" (1993), algorithm BTRS. */
function binomial(u: Uniform, n: number, p: number): number {
  const q = 1 - p;
  const logChoose = (k: number): number => lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
  if (n * p < 10)
    return invert(u(0, 0), (k) => (p === 0 ? Number(k === 0) : Math.exp(logChoose(k)) * p ** k * q ** (n - k)), n);
  const deviation = Math.sqrt(n * p * q);
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const mode = Math.floor((n + 1) * p);
  for (let i = 0; i < 1000; i++) {
    const centred = u(0, i) - 0.5;
    const v = u(1, i);
    const us = 0.5 - Math.abs(centred);
    const k = Math.floor(((2 * a) / us + b) * centred + n * p + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > n) continue;
    const bound = logChoose(k) - logChoose(mode) + (k - mode) * Math.log(p / q);
    if (Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / us ** 2 + b)) <= bound) return k;
  }
  return -1;
}

const each =
  (draw: (u: Uniform, ...parameters: number[]) => number): Reference =>
  ([k0, k1, ...parameters]) => [
    {
      shape: k0.shape,
      values: k0.values.map((k, i) => draw(uniformOf(k, k1.values[i]), ...parameters.map((p) => p.values[i]))),
    },
  ];

export const rejectionReference: Readonly<Record<string, Reference>> = {
  logGammaSample: each(logGamma),
  poissonSample: each(poisson),
  binomialSample: each(binomial),
};
