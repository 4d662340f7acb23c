import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as core from "../../src/index.js";
import { type Tensor, tensor } from "../../src/index.js";
import { incompleteBeta } from "../../src/primitives/incompleteBeta.js";
import { incompleteGamma } from "../../src/primitives/incompleteGamma.js";
import { gammaSampleDerivative } from "../../src/primitives/sampleDerivative.js";

/*
 * Special functions against mpmath (grids/special.py), and at the ends of their domains against SciPy. What is promised is 1e-13 relative in f64 and 1e-6 in f32;
 * where a bound is larger, the reason stands beside it.
 */
type F = (...x: Tensor[]) => Tensor;
interface Bound {
  readonly f: F;
  readonly f64?: number;
  readonly f32?: number;
}

const bounds: Readonly<Record<string, Bound>> = {
  gammainc: { f: core.gammainc },
  gammaincc: { f: core.gammaincc },
  // The rounding of an exponent of 450, 30 standard deviations out.
  gammaincHuge: { f: core.gammainc, f64: 3e-13 },
  gammainccHuge: { f: core.gammaincc, f64: 3e-13 },
  // An expansion whose first term left out is of the order a^(-3/2).
  gammaSampleDerivativeHuge: { f: gammaSampleDerivative, f64: 4e-9 },
  gammaincDa: { f: (a, x) => incompleteGamma("shape", a, x) },
  gammaSampleDerivative: { f: gammaSampleDerivative },
  betainc: { f: core.betainc },
  // Far in a tail the rounding of an exponent of some hundreds shows, and beside a large b a small a that of psi(a + b) - psi(b).
  betaincDa: { f: (a, b, x) => incompleteBeta("a", a, b, x), f64: 3e-13 },
  betaincDb: { f: (a, b, x) => incompleteBeta("b", a, b, x), f64: 3e-13 },
  betaln: { f: core.betaln },
  // The exponential of a logarithm, which has a rounding error of its own size.
  beta: { f: core.beta, f32: 4e-6 },
  zeta: { f: core.zeta },
  polygamma1: { f: (x) => core.polygamma(1, x) },
  polygamma2: { f: (x) => core.polygamma(2, x) },
  polygamma3: { f: (x) => core.polygamma(3, x) },
  polygamma5: { f: (x) => core.polygamma(5, x) },
  multigammaln3: { f: (x) => core.multigammaln(x, 3) },
  logit: { f: (x) => core.logit(x) },
  log1mexp: { f: core.log1mexp },
  sinc: { f: core.sinc },
  entr: { f: core.entr },
  xlogy: { f: core.xlogy },
  xlog1py: { f: core.xlog1py },
  relEntr: { f: core.relEntr },
  i0: { f: core.i0 },
  i1: { f: core.i1 },
};
const atEnds: Readonly<Record<string, F>> = {
  ...Object.fromEntries(Object.entries(bounds).map(([name, { f }]) => [name, f])),
  klDiv: core.klDiv,
  gammasgn: core.gammasgn,
};

type Row = readonly (number | string)[];
const { grid, specials } = JSON.parse(readFileSync(new URL("grids/special.json", import.meta.url), "utf8")) as {
  readonly grid: Readonly<Record<string, readonly Row[]>>;
  readonly specials: Readonly<Record<string, readonly Row[]>>;
};

/** Columns of arguments as tensors, and the values. */
function columns(rows: readonly Row[], dtype: "f32" | "f64"): { inputs: Tensor[]; expected: number[] } {
  const numbers = rows.map((row) => row.map(Number));
  const arity = numbers[0].length - 1;
  return {
    inputs: Array.from({ length: arity }, (_, k) =>
      tensor(
        numbers.map((row) => row[k]),
        { dtype },
      ),
    ),
    expected: numbers.map((row) => row[arity]),
  };
}

const normal = { f32: [2 ** -126, 2 ** 127], f64: [2 ** -1022, Number.MAX_VALUE] } as const;

describe.each(Object.keys(grid))("%s", (name) => {
  test.each(["f64", "f32"] as const)("%s: within its bound", (dtype) => {
    const { f, ...bound } = bounds[name];
    const limit = bound[dtype] ?? (dtype === "f64" ? 1e-13 : 1e-6);
    const { inputs, expected } = columns(grid[name], dtype);
    const actual = f(...inputs).toArray() as number[];
    const [low, high] = normal[dtype];
    const misses = expected
      .map((y, i) => ({
        x: grid[name][i].slice(0, -1),
        actual: actual[i],
        expected: y,
        error: Math.abs(actual[i] - y) / Math.abs(y),
      }))
      .filter((row, i) => Math.abs(expected[i]) >= low && Math.abs(expected[i]) < high && !(row.error <= limit));
    expect(misses).toEqual([]);
  });
});

test.each(Object.keys(specials))("%s: as SciPy at the ends of its domain", (name) => {
  const { inputs, expected } = columns(specials[name], "f64");
  const actual = atEnds[name](...inputs).toArray() as number[];
  const seen = actual.map((y, i) => [
    ...specials[name][i].slice(0, -1),
    Number.isNaN(y) || Math.abs(y - expected[i]) > 1e-14 ? y : expected[i],
  ]);
  expect(seen).toEqual(specials[name].map((row, i) => [...row.slice(0, -1), expected[i]]));
});

test("gammasgn follows the sign of a zero", () => {
  expect(core.gammasgn(tensor([0, -0, NaN, -3])).toArray()).toEqual([1, -1, NaN, NaN]);
});

test("the last derivatives that there are say so", () => {
  const second = (f: (a: Tensor) => Tensor): Tensor => core.grad(core.grad(f))(tensor(2, { dtype: "f64" }));
  expect(() => second((a) => core.gammainc(a, 1.5))).toThrow(/second derivatives in a are not defined/);
  expect(() => second((a) => core.betainc(a, 1.5, 0.3))).toThrow(/second derivatives in a and b are not defined/);
  expect(() => core.grad((a: Tensor) => gammaSampleDerivative(a, a))(tensor(2, { dtype: "f64" }))).toThrow(
    /gamma sample/,
  );
});

test("sinc and i1 have the derivatives of their series at 0", () => {
  const zero = tensor(0, { dtype: "f64" });
  const first = core.grad((x: Tensor) => core.sinc(x));
  const second = core.grad(first);
  expect(first(zero).item()).toBe(0);
  expect(
    core
      .grad((x: Tensor) => core.i1(x))(zero)
      .item(),
  ).toBeCloseTo(0.5, 14);
  expect(second(zero).item()).toBeCloseTo(-(Math.PI ** 2) / 3, 13);
  expect(core.grad(core.grad(second))(zero).item()).toBeCloseTo(Math.PI ** 4 / 5, 11);
});

const close = (actual: Tensor, expected: Tensor, tolerance: number): void => {
  const e = expected.toArray() as number[];
  (actual.toArray() as number[]).forEach((y, i) =>
    expect(Math.abs(y - e[i]) / Math.abs(e[i]), `element ${i}`).toBeLessThan(tolerance),
  );
};

test("betaln and zeta have the derivatives of their definitions in every branch", () => {
  const a = tensor([0.1, 3, 9, 12, 200, 0.5, 1e5], { dtype: "f64" });
  const b = tensor([0.2, 4, 30, 15, 0.3, 1e6, 2e5], { dtype: "f64" });
  const [da, db] = core.grad((x: Tensor, y: Tensor) => core.betaln(x, y).sum(), { argnums: [0, 1] })(a, b) as [
    Tensor,
    Tensor,
  ];
  const total = core.digamma(a.add(b));
  close(da, core.digamma(a).sub(total), 1e-10);
  close(db, core.digamma(b).sub(total), 1e-7);
  const q = tensor([0.2, 1, 5, 40], { dtype: "f64" });
  close(core.grad((x: Tensor) => core.zeta(3, x).sum())(q), core.zeta(4, q).mul(-3), 1e-12);
  // zeta'(2) = -0.9375482543158437537... (OEIS A073002)
  const atTwo = core.grad((s: Tensor) => core.zeta(s, 1))(tensor(2, { dtype: "f64" }));
  expect(atTwo.item()).toBeCloseTo(-0.937548254315844, 12);
});

test("gradients at the edges are numbers where they exist", () => {
  const at = (f: (x: Tensor) => Tensor, x: number): number =>
    core
      .grad(f)(tensor(x, { dtype: "f64" }))
      .item();
  expect(at((x) => core.xlogy(x, 2), 0)).toBeCloseTo(Math.LN2, 15);
  expect(at((y) => core.xlogy(0, y), 0)).toBe(0);
  expect(at((x) => core.gammainc(1, x), 0)).toBe(1);
  expect(at((x) => core.gammainc(2, x), 0)).toBe(0);
  expect(core.gammainc(tensor([1e-3, 2]), 0).toArray()).toEqual([0, 0]);
  expect(core.gammaincc(tensor([1e-3, 2]), 0).toArray()).toEqual([1, 1]);
  expect(at((x) => core.betainc(1, 3, x), 0)).toBe(3);
  expect(at((x) => core.logit(x), 0.5)).toBe(4);
  expect(at((x) => core.log1mexp(x), 1e-3)).toBeCloseTo(1 / Math.expm1(1e-3), 9);
  expect(at((x) => core.logNdtr(x), -1e4)).toBeCloseTo(1e4, 3);
});

test("empty and nested tensors, under jit and vmap", () => {
  const empty = core.zeros([0, 3]);
  for (const f of Object.values(bounds)) {
    const arity = f.f.length === 0 ? 1 : Math.max(1, f.f.length);
    expect(f.f(...Array.from({ length: arity }, () => empty)).shape).toEqual([0, 3]);
  }
  const x = tensor(
    [
      [0.3, 2],
      [5, 0.1],
    ],
    { dtype: "f64" },
  );
  for (const f of [(v: Tensor) => core.gammainc(2, v), (v: Tensor) => core.zeta(3, v), core.sinc, core.logNdtr]) {
    const expected = f(x).toArray();
    expect(core.jit(f)(x).toArray()).toEqual(expected);
    expect(core.vmap(core.vmap(f))(x).toArray()).toEqual(expected);
  }
});

test("erfcinv inverts erfc in its tail", () => {
  // erfc(20) and erfc(5) by mpmath
  close(
    core.erfcinv(tensor([5.395865611607901e-176, 1.5374597944280347e-12, 1.5], { dtype: "f64" })),
    tensor([20, 5, -0.4769362762044699], { dtype: "f64" }),
    1e-14,
  );
});
