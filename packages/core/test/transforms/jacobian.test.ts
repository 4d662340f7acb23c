import { describe, expect, it } from "vitest";
import {
  type Tensor,
  evalShape,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  stack,
  tensor,
  vmap,
  zeros,
} from "../../src/index.js";
import { expectClose, numbers } from "../support.js";

const f64 = (x: number | number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
const x = f64([0.3, -0.7, 1.1]);
const matrix = f64([
  [1, 2, 3],
  [4, 5, 6],
]);

describe.each([
  ["jacfwd", jacfwd],
  ["jacrev", jacrev],
] as const)("%s", (_, jacobian) => {
  it("gives the matrix of a linear map, and the derivative of one that is not", () => {
    expectClose(jacobian((v: Tensor) => matrix.matmul(v))(x), matrix);
    expectClose(
      jacobian((v: Tensor) => v.sin())(x),
      stack(numbers(x.cos()).map((c, i) => f64([0, 1, 2].map((j) => (i === j ? c : 0))))),
    );
    expect(jacobian((v: Tensor) => v.sum().square())(x).shape).toEqual([3]);
  });

  it("gives a tree of the argument at each leaf of the output", () => {
    const f = ({ a, b }: { a: Tensor; b: Tensor[] }) => ({
      product: matrix.mul(a).matmul(b[0]),
      total: b[0].sum(),
      constant: f64([1, 2]),
    });
    const j = jacobian(f)({ a: f64(2), b: [x] });
    expectClose(j.product.a, matrix.matmul(x));
    expectClose(j.product.b[0], matrix.mul(2));
    expectClose(j.total.b[0], f64([1, 1, 1]));
    expectClose(j.total.a, f64(0));
    expect([j.constant.a.shape, j.constant.b[0].shape]).toEqual([[2], [2, 3]]);
    expect(numbers(j.constant.b[0])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("takes argument numbers and an auxiliary output", () => {
    const f = (a: Tensor, n: Tensor, b: Tensor): Tensor => a.mul(b.square()).mul(n);
    const n = tensor(3, { dtype: "i32" });
    const [ja, jb] = jacobian(f, { argnums: [0, 2] })(f64(2), n, x);
    expectClose(ja, x.square().mul(3));
    expectClose(jb.diagonal(), x.mul(12));
    expectClose(jacobian(f, { argnums: 2 })(f64(2), n, x), jb);
    const [j, aux] = jacobian((v: Tensor) => [v.mul(2), { n: v.sum() }] as const, { hasAux: true })(x);
    expectClose(j.diagonal(), f64([2, 2, 2]));
    expectClose(aux.n, f64(0.7));
  });

  it("composes with jit, vmap and itself", () => {
    const f = (v: Tensor): Tensor => v.cumsum().sin();
    expectClose(jit(jacobian(f))(x), jacobian(f)(x));
    const xs = stack([x, x.mul(2)]);
    expectClose(vmap(jacobian(f))(xs), stack([jacobian(f)(x), jacobian(f)(x.mul(2))]));
    const third = jacobian(jacobian(jacobian((v: Tensor) => v.square().mul(v).sum())))(x);
    expect(third.shape).toEqual([3, 3, 3]);
    expectClose(third.sum(), f64(18));
    expectClose(jit(jacfwd(jacrev(f)))(x), jacrev(jacfwd(f))(x));
  });

  it("handles matrices, scalars and nothing", () => {
    const j = jacobian((m: Tensor) => m.T)(matrix);
    expect(j.shape).toEqual([3, 2, 2, 3]);
    expect(j.at(2, 1, 1, 2).item()).toBe(1);
    expect(j.sum().item()).toBe(6);
    expect(jacobian((v: Tensor) => v.mul(2))(f64(1)).item()).toBe(2);
    expect(jacobian((v: Tensor) => v.mul(2))(f64([])).shape).toEqual([0, 0]);
    expect(jacobian((v: Tensor) => v.sum())(tensor([1, 2])).dtype).toBe("f32");
  });

  it("says what is wrong", () => {
    expect(() => jacobian((v: Tensor) => ({ n: v.greater(0) }))(x)).toThrow(
      "the output at n is bool[3], expected a float",
    );
    expect(() => jacobian((v: Tensor) => v)(tensor([1], { dtype: "i32" }))).toThrow("expected a float");
    expect(() => jacobian((v: Tensor) => v, { argnums: 1 })(x)).toThrow("argnums has 1");
  });
});

describe("hessian and hvp", () => {
  // Second derivatives of sum_i exp(x_i x_{i+1}), by hand.
  const f = (v: Tensor): Tensor =>
    v
      .at([0, 2])
      .mul(v.at([1, 3]))
      .exp()
      .sum();
  const [a, b, c] = numbers(x);
  const [p, q] = [Math.exp(a * b), Math.exp(b * c)];
  const expected = f64([
    [b * b * p, (1 + a * b) * p, 0],
    [(1 + a * b) * p, a * a * p + c * c * q, (1 + b * c) * q],
    [0, (1 + b * c) * q, b * b * q],
  ]);
  it("agree with the derivatives by hand", () => {
    expectClose(hessian(f)(x), expected);
    expectClose(jit(hessian(f))(x), expected);
    const v = f64([1, -2, 0.5]);
    expectClose(hvp(f, [x], [v])[0], expected.matmul(v));
    expectClose(jit((u: Tensor) => hvp(f, [u], [v])[0])(x), expected.matmul(v));
    expectClose(
      vmap((u: Tensor) => hvp(f, [x], [u])[0])(stack([v, v.neg()])),
      stack([expected.matmul(v), expected.matmul(v).neg()]),
    );
  });
  it("work over trees and several arguments", () => {
    const g = ({ u }: { u: Tensor }, s: Tensor): Tensor => u.square().mul(s).sum();
    const h = hessian(g)({ u: x }, f64(2));
    expectClose(h.u.u.diagonal(), f64([4, 4, 4]));
    const [du, ds] = hvp(g, [{ u: x }, f64(2)], [{ u: x }, f64(1)]);
    expectClose(du.u, x.mul(4).add(x.mul(2)));
    expectClose(ds, x.square().sum().mul(2));
    const [both] = [hessian((u: Tensor, s: Tensor) => u.mul(s), { argnums: [0, 1] })(f64(2), f64(3))];
    expect(both.map((row) => row.map((y) => y.item()))).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
});

describe("evalShape", () => {
  it("gives shapes and dtypes without computing", () => {
    const f = ({ a, b }: { a: Tensor; b: Tensor }) => [a.matmul(b), { mean: a.mean(), mask: b.greater(0) }] as const;
    const big = { shape: [100_000, 5_000], dtype: "f32" } as const;
    expect(evalShape(f, { a: big, b: zeros([5_000, 1]) })).toEqual([
      { shape: [100_000, 1], dtype: "f32" },
      { mean: { shape: [], dtype: "f32" }, mask: { shape: [5_000, 1], dtype: "bool" } },
    ]);
    expect(
      evalShape(
        grad((v: Tensor) => v.sum()),
        { shape: [3], dtype: "f64" },
      ),
    ).toEqual({ shape: [3], dtype: "f64" });
  });
  it("throws what the function throws", () => {
    const m = { shape: [2, 3], dtype: "f32" } as const;
    expect(() => evalShape((v: Tensor) => v.matmul(v), m)).toThrow("matmul");
    expect(() => evalShape((v: Tensor) => tensor(v.sum().item()), m)).toThrow("evalShape");
    expect(() => evalShape((v: Tensor) => v, { shape: [-1], dtype: "f32" })).toThrow("evalShape: shape");
  });
});
