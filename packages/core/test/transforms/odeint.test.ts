import { describe, expect, it } from "vitest";
import { type Tensor, grad, hessian, jacfwd, jacrev, jit, odeint, stack, tensor, vmap } from "../../src/index.js";
import { expectClose, numbers, slope } from "../support.js";

const f64 = (x: number | number[]): Tensor => tensor(x, { dtype: "f64" });
const tight = { rtol: 1e-11, atol: 1e-11 };
const ts = f64([0, 0.5, 1, 2, 3.5, 5]);
const decay = (y: Tensor, _t: Tensor, k: Tensor): Tensor => y.mul(k).neg();

describe("odeint", () => {
  it("decays exponentially", () => {
    const exact = ts.mul(-0.7).exp().mul(3);
    const solve = (y: Tensor, k: Tensor): Tensor => odeint(decay, y, ts, k, tight);
    expectClose(solve(f64(3), f64(0.7)), exact, 1e-9);
    expectClose(jit(solve)(f64(3), f64(0.7)), exact, 1e-9);
    const f32 = odeint(decay, tensor(3), tensor([0, 1, 2]), tensor(0.7));
    expect(f32.dtype).toBe("f32");
    expectClose(f32, tensor([3, 3 * Math.exp(-0.7), 3 * Math.exp(-1.4)]), 1e-4);
  });

  it("turns with the harmonic oscillator, over trees", () => {
    const out = odeint(
      ({ q, p }: { q: Tensor; p: Tensor[] }) => ({ q: p[0], p: [q.neg()] }),
      { q: f64([1, 0]), p: [f64([0, 2])] },
      ts,
      undefined,
      tight,
    );
    expectClose(out.q, stack([ts.cos(), ts.sin().mul(2)], 1), 1e-9);
    expectClose(out.p[0], stack([ts.sin().neg(), ts.cos().mul(2)], 1), 1e-9);
  });

  const lotkaVolterra = (y: Tensor, _t: Tensor, p: Tensor): Tensor => {
    const [u, v] = y;
    return stack([
      u.mul(p.at(0)).sub(u.mul(v).mul(p.at(1))),
      u
        .mul(v)
        .mul(p.at(3))
        .sub(v.mul(p.at(2))),
    ]);
  };
  it("agrees with SciPy on Lotka and Volterra's equations", () => {
    // scipy.integrate.solve_ivp(method="DOP853", rtol=1e-12, atol=1e-13), a, b, c, d = 1.5, 1, 3, 1, y0 = 1, 1
    const recorded = [
      [1.0, 1.0],
      [1.5312307797029638, 0.4101551742527335],
      [2.772850901840236, 0.2587108781422323],
      [6.777189388280306, 2.0127537115625533],
      [1.1279686875253905, 0.7015132452497089],
      [6.098494675969349, 0.628137902186853],
    ];
    expectClose(
      odeint(lotkaVolterra, f64([1, 1]), ts, f64([1.5, 1, 3, 1]), tight),
      f64(recorded.flat()).reshape([6, 2]),
      1e-8,
    );
  });

  it("has the gradient of the closed form, with respect to everything", () => {
    // y = y0 exp(-k (t - t0) + (t^2 - t0^2) / 2)
    const exact = (y: Tensor, k: Tensor, t: Tensor): Tensor =>
      t
        .sub(t.at(0))
        .mul(k)
        .neg()
        .add(t.square().sub(t.at(0).square()).div(2))
        .exp()
        .mul(y);
    const solve = (y: Tensor, k: Tensor, t: Tensor): Tensor =>
      odeint((u: Tensor, s: Tensor, c: Tensor) => u.mul(s.sub(c)), y, t, k, tight);
    const loss = (f: typeof solve) => (y: Tensor, k: Tensor, t: Tensor) =>
      f(y, k, t)
        .mul(f64([1, -2, 3]))
        .square()
        .sum();
    const times = f64([0.2, 0.9, 1.5]);
    const argnums = [0, 1, 2] as const;
    const expected = grad(loss(exact), { argnums })(f64(1.3), f64(0.8), times);
    expectClose(grad(loss(solve), { argnums })(f64(1.3), f64(0.8), times), expected, 1e-7);
    expectClose(jit(grad(loss(solve), { argnums }))(f64(1.3), f64(0.8), times), expected, 1e-7);
    const captured = (k: Tensor): Tensor =>
      odeint((u: Tensor) => u.mul(k), f64(1), f64([0, 1]), undefined, tight).at(1);
    expectClose(grad(captured)(f64(0.5)), f64(Math.exp(0.5)), 1e-8);
  });

  it("has the gradient that finite differences have", () => {
    const last = (p: Tensor): Tensor =>
      odeint(lotkaVolterra, f64([1, 1]), ts, p, tight)
        .at(-1)
        .sum();
    const p = [1.5, 1, 3, 1];
    const numeric = p.map((_, i) => slope((v) => last(f64(p.with(i, v))).item(), p[i], 1e-3));
    expectClose(grad(last)(f64(p)), f64(numeric), 1e-6);
  });

  it("maps each problem with steps of its own", () => {
    const solve = (y: Tensor, k: Tensor): Tensor => odeint(decay, y, f64([0, 1, 2]), k, tight);
    const ks = f64([0.1, 1, 5]);
    expectClose(vmap(solve, { inAxes: [null, 0] })(f64(2), ks), stack([...ks].map((k) => solve(f64(2), k))), 1e-9);
    const g = (k: Tensor): Tensor => grad((c: Tensor) => solve(f64(2), c).at(2))(k);
    expectClose(vmap(g)(ks), ks.mul(-2).exp().mul(-4), 1e-8);
  });

  it("has second derivatives, forward over reverse", () => {
    const f = (k: Tensor): Tensor => odeint(decay, f64(1), f64([0, 1]), k, tight).at(1);
    expectClose(hessian(f)(f64(0.4)), f64(Math.exp(-0.4)), 1e-6);
    expectClose(jacrev(f)(f64(0.4)), f64(-Math.exp(-0.4)), 1e-8);
    expect(() => jacfwd(f)(f64(0.4))).toThrow("forward-mode");
  });

  it("gives NaN when steps run out or times go back, and the start for one time", () => {
    const [first, , last] = numbers(odeint(decay, f64(1), f64([0, 1, 100]), f64(1), { ...tight, maxSteps: 5 }));
    expect([first, last]).toEqual([1, NaN]);
    expect(numbers(odeint(decay, f64(1), f64([1, 0]), f64(1)))).toEqual([1, NaN]);
    expect(numbers(odeint(decay, f64(2), f64([1, 1]), f64(1)))).toEqual([2, 2]);
    expect(numbers(odeint(decay, f64(2), f64([1]), f64(1)))).toEqual([2]);
    // y' = y^2 from 1 has no solution beyond t = 1.
    expect(numbers(odeint((y: Tensor) => y.square(), f64(1), f64([0, 2]), undefined, { maxSteps: 2000 }))[1]).toBeNaN();
  });

  it("says what is wrong", () => {
    expect(() => odeint(decay, f64(1), f64(1), f64(1))).toThrow("odeint: ts is f64[]");
    expect(() => odeint((y: Tensor) => stack([y, y]), f64(1), ts)).toThrow("f returns f64[2], expected f64[]");
  });
});
