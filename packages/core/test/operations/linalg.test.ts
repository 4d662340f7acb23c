import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import { type Tensor, eye, grad, jit, jvp, matmul, stack, tensor, vjp, vmap } from "../../src/index.js";
import { generator } from "../primitives/inputs.js";
import { expectClose, numbers } from "../support.js";

/* What factorisations must satisfy on hard matrices, and derivatives against differences and closed forms. */

const random = generator(3);
const normal = (...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => 2 * random() - 1),
    { shape },
  );
const f64 = (data: api.TensorData): Tensor => tensor(data, { dtype: "f64" });
const largest = (x: Tensor): number => (x.size === 0 ? 0 : x.abs().max().item());
const graded = (n: number): Tensor => f64(Array.from({ length: n }, (_, i) => 10 ** (-8 + (16 * i) / (n - 1))));

const hard: readonly (readonly [string, Tensor])[] = [
  ["1 x 1", normal(1, 1)],
  ["tall", normal(7, 3)],
  ["wide", normal(3, 7)],
  ["a batch", normal(2, 3, 4, 4)],
  ["zero", normal(4, 3).mul(0)],
  ["no rows", normal(0, 3)],
  ["no columns", normal(3, 0)],
  ["rank 2 of 12", matmul(normal(12, 2), normal(2, 12))],
  ["equal singular values", api.qr(normal(8, 8)).q.mul(3)],
  ["graded columns", normal(30, 30).mul(graded(30))],
  ["graded rows", normal(30, 30).mul(graded(30).expandDims(-1))],
  ["huge", normal(4, 4).mul(1e300)],
  ["tiny", normal(4, 4).mul(1e-300)],
  ["100 x 100", normal(100, 100)],
];
describe.each(hard)("factors of a matrix: %s", (_, a) => {
  const n = Math.max(...a.shape.slice(-2));
  const small = (x: Tensor, y: Tensor): void =>
    expect(largest(x.sub(y))).toBeLessThanOrEqual(1e-15 * n * Math.max(largest(a), Number.MIN_VALUE));
  const orthonormal = (q: Tensor): void => {
    const k = q.shape[q.ndim - 1];
    expect(largest(matmul(q.matrixTranspose(), q).sub(eye(k, k, "f64")))).toBeLessThanOrEqual(2e-15 * (n + 4));
  };
  it("multiply to it and are orthonormal", () => {
    const { p, l, u } = api.lu(a);
    small(matmul(p, matmul(l, u)), a);
    for (const mode of ["reduced", "complete"] as const) {
      const { q, r } = api.qr(a, { mode });
      small(matmul(q, r), a);
      orthonormal(q);
    }
    for (const fullMatrices of [false, true]) {
      const { u: left, s, vt } = api.svd(a, { fullMatrices });
      const k = s.shape[s.ndim - 1];
      const [first] = left.split([k], -1);
      const [top] = vt.split([k], -2);
      expect(largest(matmul(first.mul(s.expandDims(-2)), top).sub(a))).toBeLessThanOrEqual(1e-14 * n * largest(a));
      orthonormal(left);
      orthonormal(vt.matrixTranspose());
      expect(numbers(s)).toEqual(numbers(s.sort(-1, { descending: true })));
    }
  });
});

it("NaN and singular matrices stay visible", () => {
  const bad = f64([
    [1, NaN],
    [2, 3],
  ]);
  expect(numbers(api.svdvals(bad))).toEqual([NaN, NaN]);
  expect(numbers(api.eigvalsh(bad))).toEqual([NaN, NaN]);
  expect(numbers(api.pinv(bad)).every(Number.isNaN)).toBe(true);
  expect(numbers(api.cholesky(f64([[-1]])))).toEqual([NaN]);
  const singular = f64([
    [1, 2],
    [2, 4],
  ]);
  expect(numbers(api.solve(singular, f64([1, 1]))).some(Number.isFinite)).toBe(false);
  expect(numbers(api.eigvalsh(eye(2, 2, "f64").mul(1e200)))).toEqual([1e200, 1e200]);
});

const weights = (x: Tensor): Tensor =>
  tensor(
    Float64Array.from({ length: x.size }, (_, i) => Math.sin(i + 1)),
    { shape: x.shape },
  );
const weighed = (x: Tensor): Tensor => x.mul(weights(x)).sum();
const b = normal(4, 2);
const spd = (x: Tensor): Tensor => matmul(x, x.matrixTranspose()).add(eye(4, 4, "f64"));
const functions: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
  ["solve", (x) => weighed(api.solve(x, b.mul(x.at(0, 0))))],
  ["inv", (x) => weighed(api.inv(x))],
  ["det", (x) => api.det(x)],
  ["slogdet", (x) => api.slogdet(x).logabsdet],
  ["luSolve", (x) => weighed(api.luSolve(api.luFactor(x), b, { transposed: true }))],
  ["qr, wide", (x) => weighed(matmul(api.qr(x.at([0, 3])).q, api.qr(x.at([0, 3])).r.sin()))],
  ["svdvals", (x) => weighed(api.svdvals(x))],
  ["pinv of a tall matrix", (x) => weighed(api.pinv(x.at(null, [0, 2])))],
  ["lstsq of a wide matrix", (x) => weighed(api.lstsq(x.at([0, 2]), b.at([0, 2])).x)],
  ["expm", (x) => weighed(api.expm(x.mul(3)))],
  ["matrixPower", (x) => weighed(api.matrixPower(x, -3))],
  ["nuclear norm", (x) => api.norm(x, { ord: "nuc" })],
  ["norm of order 3", (x) => api.norm(x, { ord: 3 })],
  ["conditionNumber", (x) => api.conditionNumber(x)],
  ["eigvalsh", (x) => weighed(api.eigvalsh(x))],
  ["choleskyInverse", (x) => weighed(api.choleskyInverse(api.cholesky(spd(x), { upper: true }), { upper: true }))],
  ["householderProduct", (x) => weighed(api.householderProduct(x, x.at(0)))],
];
describe.each(functions)("%s", (_, f) => {
  const x = normal(4, 4).add(eye(4, 4, "f64").mul(2));
  const d = normal(4, 4);
  const along = (g: (y: Tensor) => Tensor) => (y: Tensor) => jvp(g, [y], [d])[1];
  const backward = (g: (y: Tensor) => Tensor) => (y: Tensor) => {
    const [value, pull] = vjp(g, y);
    return pull(value.mul(0).add(1))[0].mul(d).sum();
  };
  const difference = (g: (y: Tensor) => Tensor): number => {
    const h = 1e-4;
    const moved = (step: number): number => g(x.add(d.mul(step))).item();
    return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
  };
  it("has derivatives to second order, compiled too", () => {
    for (const first of [along, backward]) {
      expectClose(first(f)(x), f64([difference(f)]), 1e-7);
      for (const second of [along, backward]) expectClose(second(first(f))(x), f64([difference(first(f))]), 1e-6);
    }
    expectClose(jit(grad(f))(x), grad(f)(x), 0);
  });
  it("maps as a loop does", () => {
    const xs = [x, x.add(d.mul(0.1)), x.matrixTranspose()];
    expectClose(vmap(grad(f))(stack(xs)), stack(xs.map(grad(f))), 1e-11);
  });
});

describe("determinants of singular matrices", () => {
  const diagonal = (values: number[]): Tensor => eye(values.length, values.length, "f64").mul(f64(values));
  it("have the cofactors for gradients", () => {
    // d det / dA = det(A) A^-T: for diag(2, 3, 5, 7, 0) only the last entry is left, 210.
    const expected = diagonal([0, 0, 0, 0, 210]);
    expectClose(grad(api.det)(diagonal([2, 3, 5, 7, 0])), expected, 1e-12);
    expect(largest(grad(api.det)(diagonal([2, 3, 5, 0, 0])))).toBe(0);
  });
  it("have second and third derivatives", () => {
    // det(D + t 1) = (2 + t)(3 + t)(5 + t) t^2 has second derivative 60 at 0; with t^3, third derivative 36.
    const along = (g: (t: Tensor) => Tensor) => (t: Tensor) => jvp(g, [t], [f64(1)])[1];
    const line = (values: number[]) => (t: Tensor) => api.det(diagonal(values).add(eye(5, 5, "f64").mul(t)));
    expectClose(along(along(line([2, 3, 5, 0, 0])))(f64(0)), f64(60), 1e-12);
    expectClose(along(along(along(line([2, 3, 0, 0, 0]))))(f64(0)), f64(36), 1e-12);
    expectClose(along(along(along(line([2, 0, 0, 0, 0]))))(f64(0)), f64(0), 1e-12);
  });
});

it("norms have the derivative 0 at 0", () => {
  const zero = normal(3, 3).mul(0);
  for (const ord of [1, 2, 3, 0.5, Infinity])
    expect(largest(grad((x: Tensor) => api.vectorNorm(x, { ord }))(zero))).toBe(0);
  expect(largest(grad((x: Tensor) => api.matrixNorm(x))(zero))).toBe(0);
});

it("derivatives that do not exist are errors", () => {
  const complete = (x: Tensor): Tensor => api.qr(x, { mode: "complete" }).q.sum();
  expect(() => grad(complete)(normal(4, 2))).toThrow("has no derivative. Use the reduced form");
  expect(() => api.solve(normal(2, 3, 3), normal(2, 4))).toThrow("expected b of shape [..., 3, m]");
});
