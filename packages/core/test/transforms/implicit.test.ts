import { describe, expect, it } from "vitest";
import {
  type LinearSolver,
  type Tensor,
  bicgstab,
  cg,
  customRoot,
  dense,
  fixedPoint,
  gmres,
  grad,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearSolve,
  stack,
  tensor,
  vmap,
  whileLoop,
} from "../../src/index.js";
import { expectClose } from "../support.js";

const f64 = (x: number | number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
// The inverse of each matrix is by hand: det = 11 and -5.
const positive = f64([
  [4, 1],
  [1, 3],
]);
const inversePositive = f64([
  [3, -1],
  [-1, 4],
]).div(11);
const general = f64([
  [1, 2],
  [3, 1],
]);
const inverseGeneral = f64([
  [1, -2],
  [-3, 1],
]).div(-5);
const b = f64([1, -2]);

describe.each<[string, LinearSolver<Tensor>, Tensor, Tensor]>([
  ["cg", cg({ tolerance: 1e-14 }), positive, inversePositive],
  [
    "cg with a preconditioner and a start",
    cg({ tolerance: 1e-14, x0: f64([1, 1]), preconditioner: (r: Tensor) => r.div(f64([4, 3])) }),
    positive,
    inversePositive,
  ],
  ["bicgstab", bicgstab({ tolerance: 1e-14 }), general, inverseGeneral],
  ["gmres", gmres({ tolerance: 1e-14 }), general, inverseGeneral],
  ["gmres restarted", gmres({ tolerance: 1e-14, restart: 1, maxIterations: 2000 }), positive, inversePositive],
  ["dense", dense(), general, inverseGeneral],
])("linearSolve by %s", (_, solver, matrix, inverse) => {
  const solve = (a: Tensor, rhs: Tensor): Tensor => linearSolve((x: Tensor) => a.matmul(x), rhs, solver);
  const exact = inverse.matmul(b);
  it("solves, eagerly and compiled", () => {
    expectClose(solve(matrix, b), exact);
    expectClose(jit(solve)(matrix, b), exact);
    expectClose(solve(matrix, b.mul(0)), b.mul(0));
  });
  it("maps over either", () => {
    const bs = stack([b, f64([3, 5]), b.mul(0)]);
    expectClose(vmap(solve, { inAxes: [null, 0] })(matrix, bs), bs.matmul(inverse.T));
    expectClose(vmap(solve, { inAxes: [0, null] })(stack([matrix, matrix.mul(2)]), b), stack([exact, exact.div(2)]));
  });
  it("has the implicit derivative in both modes, to second order", () => {
    // x = A^-1 b: dx/db = A^-1, dx_i/dA_jk = -(A^-1)_ij x_k.
    const dA = inverse.neg().reshape([2, 2, 1]).mul(exact);
    for (const jacobian of [jacfwd, jacrev]) {
      const [ja, jb] = jacobian(solve, { argnums: [0, 1] })(matrix, b);
      expectClose(ja, dA, 1e-9);
      expectClose(jb, inverse, 1e-9);
    }
    // b^T A(s)^-1 b with A(s) = s A: b^T A^-1 b / s, at s = 2.
    const f = (s: Tensor): Tensor => solve(matrix.mul(s), b).mul(b).sum();
    const q = exact.mul(b).sum();
    expectClose(grad(f)(f64(2)), q.div(-4), 1e-9);
    expectClose(grad(grad(f))(f64(2)), q.div(4), 1e-9);
    expectClose(jvp(grad(f), [f64(2)], [f64(1)])[1], q.div(4), 1e-9);
    expectClose(jit(vmap(grad(f)))(f64([1, 2])), stack([q.neg(), q.div(-4)]), 1e-9);
  });
});

describe("linearSolve", () => {
  it("takes trees and f32", () => {
    const solved = linearSolve(
      ({ u, v }: { u: Tensor; v: Tensor[] }) => ({ u: u.mul(2), v: [v[0].add(u.sum())] }),
      { u: tensor([[2, 4]]), v: [tensor(5)] },
      gmres(),
    );
    expectClose(solved, { u: tensor([[1, 2]]), v: [tensor(2)] }, 1e-5);
    expect(solved.u.dtype).toBe("f32");
  });
  it("converges on larger systems", () => {
    const n = 60;
    const a = f64(
      Array.from({ length: n }, (_, i) =>
        Array.from({ length: n }, (_, j) => (i === j ? 4 : 0) + Math.sin(7 * i + 3 * j) / 5),
      ),
    );
    const x = f64(Array.from({ length: n }, (_, i) => Math.cos(i)));
    for (const solver of [gmres<Tensor>({ tolerance: 1e-12 }), bicgstab<Tensor>({ tolerance: 1e-12 }), dense<Tensor>()])
      expectClose(
        linearSolve((v: Tensor) => a.matmul(v), a.matmul(x), solver),
        x,
        1e-9,
      );
    const spd = a.T.matmul(a);
    expectClose(
      linearSolve((v: Tensor) => spd.matmul(v), spd.matmul(x), cg({ tolerance: 1e-12 })),
      x,
      1e-8,
    );
  });
  it("says what is wrong", () => {
    expect(() => linearSolve((x: Tensor) => x.sum(), b, cg())).toThrow("matvec returns f64[], expected f64[2]");
    expect(() => linearSolve((x: Tensor) => x, tensor([1], { dtype: "i32" }), cg())).toThrow("expected a float");
  });
});

describe("customRoot", () => {
  const newton = (f: (x: Tensor) => Tensor, init: Tensor): Tensor =>
    whileLoop(
      ({ x }) => f(x).abs().greater(1e-13),
      ({ x }) => {
        const [y, dy] = jvp(f, [x], [f64(1)]);
        return { x: x.sub(y.div(dy)) };
      },
      { x: init },
    ).x;
  const cubeRoot = (a: Tensor): Tensor => customRoot((x: Tensor) => x.mul(x).mul(x).sub(a), f64(1), newton);
  const [a, exact] = [2.3, [1, 1 / 3, -2 / 9, 10 / 27].map((c, i) => c * 2.3 ** (1 / 3 - i))];

  it("finds the root and differentiates it, to third order", () => {
    expectClose(cubeRoot(f64(a)), f64(exact[0]));
    expectClose(grad(cubeRoot)(f64(a)), f64(exact[1]));
    expectClose(grad(grad(cubeRoot))(f64(a)), f64(exact[2]));
    expectClose(grad(grad(grad(cubeRoot)))(f64(a)), f64(exact[3]));
    expectClose(jvp(cubeRoot, [f64(a)], [f64(1)])[1], f64(exact[1]));
    expectClose(jvp(grad(cubeRoot), [f64(a)], [f64(1)])[1], f64(exact[2]));
  });
  it("composes with jit and vmap", () => {
    expectClose(jit(grad(cubeRoot))(f64(a)), f64(exact[1]));
    expectClose(vmap(cubeRoot)(f64([8, 27, a])), f64([2, 3, exact[0]]));
    expectClose(jit(vmap(grad(cubeRoot)))(f64([8, a])), f64([1 / 12, exact[1]]));
  });
});

describe("fixedPoint", () => {
  const squareRoot = (a: Tensor): Tensor => fixedPoint((x: Tensor, p: Tensor) => x.add(p.div(x)).mul(0.5), a, f64(1));
  it("finds the point and differentiates it, to second order", () => {
    const a = 3.1;
    expectClose(squareRoot(f64(a)), f64(Math.sqrt(a)));
    expectClose(grad(squareRoot)(f64(a)), f64(0.5 * a ** -0.5));
    expectClose(grad(grad(squareRoot))(f64(a)), f64(-0.25 * a ** -1.5));
    expectClose(jvp(squareRoot, [f64(a)], [f64(1)])[1], f64(0.5 * a ** -0.5));
    expectClose(jit(vmap(grad(squareRoot)))(f64([1, 4, 9])), f64([0.5, 0.25, 1 / 6]));
  });
  it("takes trees, and what the function captures", () => {
    // x = A x / 10 + theta: x = (I - A / 10)^-1 theta.
    const solve = (m: Tensor, theta: { c: Tensor }): Tensor =>
      fixedPoint(
        (x: { v: Tensor }, { c }: { c: Tensor }) => ({ v: m.matmul(x.v).div(10).add(c) }),
        theta,
        { v: f64([0, 0]) },
        { solver: dense() },
      ).v;
    const system = f64([
      [1, 0],
      [0, 1],
    ]).sub(general.div(10));
    const direct = (m: Tensor, c: Tensor): Tensor => linearSolve((x: Tensor) => x.sub(m.matmul(x).div(10)), c, dense());
    expectClose(system.matmul(solve(general, { c: b })), b);
    expectClose(jacrev((m: Tensor) => solve(m, { c: b }))(general), jacfwd((m: Tensor) => direct(m, b))(general));
    expectClose(jacfwd((c: Tensor) => solve(general, { c }))(b), jacrev((c: Tensor) => direct(general, c))(b));
  });
  it("says what is wrong", () => {
    expect(() => fixedPoint((x: Tensor) => stack([x, x]), null, f64(1))).toThrow("customRoot: f returns f64[2]");
  });
});
