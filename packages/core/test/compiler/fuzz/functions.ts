import { type Tensor, maximum, minimum, stopGradient, where } from "../../../src/index.js";

/* Tables of functions that steps choose from. */

type Smooth = readonly [f: (x: Tensor) => Tensor, bound: (bound: number) => number];
/** Elementwise functions with their bounds; arguments are of moderate size. */
export const elementwise: readonly Smooth[] = [
  [(x) => x.neg(), (m) => m],
  [(x) => x.abs(), (m) => m],
  [(x) => x.sin(), () => 1],
  [(x) => x.cos(), () => 1],
  [(x) => x.tanh(), () => 1],
  [(x) => x.mul(0.5).exp(), (m) => Math.exp(m / 2)],
  [(x) => x.square().add(0.5).log(), (m) => 1 + Math.log1p(m * m)],
  [(x) => x.abs().log1p(), (m) => Math.log1p(m)],
  [(x) => x.square().add(0.25).sqrt(), (m) => m + 1],
  [(x) => x.square(), (m) => m * m],
  [(x) => x.sigmoid(), () => 1],
  [(x) => x.softplus(), (m) => m + 1],
  [(x) => x.relu(), (m) => m],
  [(x) => x.erf(), () => 1],
  [(x) => x.atan(), () => 1.6],
  [(x) => x.square().add(1).reciprocal(), () => 1],
  [(x) => x.gelu(), (m) => m + 0.2],
  [(x) => x.silu(), (m) => m + 0.3],
  [(x) => x.mul(0.4).expm1(), (m) => Math.exp(0.4 * m) + 1],
  [(x) => x.mul(0.4).sinh(), (m) => Math.exp(0.4 * m)],
  [(x) => x.square().add(0.3).pow(0.7), (m) => (m * m + 1) ** 0.7],
  [(x) => x.clip(-0.8, 1.2), () => 1.2],
  [(x) => x.square().add(1).rsqrt(), () => 1],
  [(x) => x.logSigmoid(), (m) => m + 1],
  [(x) => x.mul(2.5).floor(), (m) => 2.5 * m + 1],
  [(x) => x.mul(1.5).round(), (m) => 1.5 * m + 1],
  [(x) => x.sign(), () => 1],
  [(x) => x.square().add(2.5).lgamma(), (m) => (m + 2) ** 2.5],
  [(x) => x.asinh(), (m) => Math.asinh(m) + 0.1],
  [(x) => x.mul(3).add(1), (m) => 3 * m + 1],
  [(x) => x.div(3), (m) => m / 3],
  [(x) => stopGradient(x), (m) => m],
];
export const binary: readonly (readonly [(a: Tensor, b: Tensor) => Tensor, (m: number, k: number) => number])[] = [
  [(a, b) => a.add(b), (m, k) => m + k],
  [(a, b) => a.sub(b), (m, k) => m + k],
  [(a, b) => a.mul(b), (m, k) => m * k],
  [(a, b) => a.div(b.square().add(0.7)), (m) => 1.5 * m],
  [(a, b) => maximum(a, b), Math.max],
  [(a, b) => minimum(a, b), Math.max],
  [(a, b) => a.atan2(b.square().add(0.5)), () => 1.6],
  [(a, b) => a.hypot(b.add(0.1)), (m, k) => m + k + 1],
  [(a, b) => a.square().add(0.5).pow(b.mul(0.5)), (m, k) => (m * m + 3) ** (k / 2)],
  [(a, b) => a.logaddexp(b), (m, k) => m + k + 1],
  [(a, b) => a.lerp(b, 0.3), (m, k) => m + k],
];
export const comparisons: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => a.less(b),
  (a, b) => a.lessEqual(b),
  (a, b) => a.greater(b),
  (a, b) => a.greaterEqual(b),
  (a, b) => a.equal(b),
  (a, b) => a.notEqual(b),
];

/** Bodies of loops, branches and mapped functions: shape and dtype kept, results at most about 2. */
const bodies: readonly ((x: Tensor) => Tensor)[] = [
  (x) => x.sin(),
  (x) => x.tanh(),
  (x) => x.mul(0.5).add(0.1),
  (x) => x.square().mul(0.3).cos(),
  (x) => x.sigmoid(),
  (x) => where(x.greater(0.1), x.mul(0.7), x.mul(0.2)),
  (x) => x.sub(x.mean()).atan(),
  (x) => (x.ndim === 0 ? x.mul(0.9) : x.softmax()),
  (x) => (x.ndim === 0 ? x.neg() : x.flip(0)),
  (x) => (x.ndim === 0 ? x.cos() : x.roll(1, 0).mul(0.8)),
  (x) => x.mul(x.square().sum().add(1).rsqrt()),
  (x) => (x.ndim === 0 ? x : x.mul(0.25).cumsum(-1).tanh()),
];
/** Some of them in a row, by the digits of n. Two-dimensional ones may multiply by a small matrix. */
export function body(n: number): (x: Tensor) => Tensor {
  const chosen: number[] = [];
  for (let rest = n, k = 0; k < 1 + (n % 3); k++, rest = Math.floor(rest / bodies.length))
    chosen.push(rest % bodies.length);
  return (x) => {
    // What is empty has no mean.
    if (x.size === 0) return x.tanh();
    const y = chosen.reduce((v, k) => bodies[k](v), x);
    return y.dtype === x.dtype ? y : y.astype(x.dtype);
  };
}
