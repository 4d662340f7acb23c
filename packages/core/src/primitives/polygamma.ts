import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, like, mul } from "./basis.js";
import { choose, select as where } from "./comparison.js";

/*
 * Derivatives of digamma and the zeta function, from other primitives, so that their own derivatives follow. `apply` binds an elementary one:
 * they are part of digamma's rule, so this file stands below the table of elementary functions.
 */
type Apply = (name: "pow" | "round" | "sin" | "cos", ...inputs: Tensor[]) => Tensor;

// B_2, B_4, ..., B_20
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];
const SHIFT = 10;

/**
 * zeta(s, q) = sum over k >= 0 of (q + k)^-s for s > 1, q > 0, by Euler and Maclaurin: ten terms, then with z = q + 10
 * z^-s (z / (s - 1) + 1/2 + sum of B_2k / (2k)! s (s + 1) ... (s + 2k - 2) z^(1 - 2k)).
 *
 * @param s the exponent: a tensor, or a number for a constant one.
 */
export function zeta(apply: Apply, s: Tensor | number, q: Tensor): Tensor {
  const c = (value: number): Tensor => like(q, value);
  const shifted = (k: number): Tensor => (typeof s === "number" ? c(s + k) : add(s, c(k)));
  const power = (x: Tensor): Tensor =>
    typeof s === "number" && s <= 4
      ? integerPower(div(c(1), x), s)
      : apply("pow", x, typeof s === "number" ? c(-s) : mul(s, c(-1)));
  const z = add(q, c(SHIFT));
  const inverse = div(c(1), z);
  const w = mul(inverse, inverse);
  // Horner's rule in w: term k takes (s + 2k - 1)(s + 2k) more than the one before.
  let series = c(0);
  let factorial = 1;
  const factors = BERNOULLI.map((b, i) => b / (factorial *= (2 * i + 1) * (2 * i + 2)));
  for (let i = BERNOULLI.length - 1; i >= 0; i--) {
    series = add(c(factors[i]), series);
    if (i > 0) series = mul(mul(series, w), mul(shifted(2 * i - 1), shifted(2 * i)));
  }
  const tail = add(add(div(z, shifted(-1)), c(0.5)), mul(mul(series, inverse), shifted(0)));
  let value = mul(power(z), tail);
  for (let k = SHIFT - 1; k >= 0; k--) value = add(value, power(add(q, c(k))));
  return value;
}

function integerPower(x: Tensor, n: number): Tensor {
  let y = x;
  for (let k = 1; k < n; k++) y = mul(y, x);
  return y;
}

/**
 * The n-th derivative of digamma, n >= 1: (-1)^(n + 1) n! zeta(apply, n + 1, x), and below 1/2 the reflection
 * psi_n(x) = (-1)^n psi_n(1 - x) - pi d^n/dx^n cot(pi x) (Abramowitz and Stegun 6.4.10, 6.4.7); NaN or infinite at the poles.
 */
export function polygamma(apply: Apply, n: number, x: Tensor): Tensor {
  const c = (value: number): Tensor => like(x, value);
  const left = choose("lt", x, c(0.5));
  const sign = n % 2 === 1 ? 1 : -1;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const series = mul(c(sign * factorial), zeta(apply, n + 1, where(left, sub(c(1), x), x)));
  // Where it is not used, the reflection is taken at a point without a pole; the nearest integer leaves the cotangent's argument small.
  const near = where(left, sub(x, apply("round", x)), c(0.25));
  const angle = mul(near, c(Math.PI));
  const cotangent = div(apply("cos", angle), apply("sin", angle));
  const reflection = mul(c(-(Math.PI ** (n + 1))), cotangentDerivative(n, cotangent));
  return where(left, add(mul(c(-sign), series), reflection), series);
}

/** d^n cot / dx^n, a polynomial in cot: d/dx p(cot) = -(1 + cot^2) p'(cot). */
function cotangentDerivative(n: number, cot: Tensor): Tensor {
  let p = [0, 1];
  for (let k = 0; k < n; k++) {
    const next = new Array<number>(p.length + 1).fill(0);
    p.forEach((c, i) => {
      if (i === 0) return;
      next[i - 1] -= i * c;
      next[i + 1] -= i * c;
    });
    p = next;
  }
  return p.reduceRight((sum, c) => add(mul(sum, cot), like(cot, c)), like(cot, 0));
}
