import { describe, expect, it } from "vitest";
import {
  type Tensor,
  cond,
  customJvp,
  customVjp,
  formatGraph,
  grad,
  jit,
  jvp,
  linearize,
  makeGraph,
  countCalls,
  scan,
  stack,
  stopGradient,
  tensor,
  vjp,
  vmap,
} from "../../src/index.js";
import { expectClose, numbers } from "../support.js";

const f64 = (x: number | number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
const i32 = (x: number | number[]): Tensor => tensor(x, { dtype: "i32" });

/** Derivatives of sin at x, to third order. */
const sines = (x: number): number[] => [Math.sin(x), Math.cos(x), -Math.sin(x), -Math.cos(x)];
const derivatives = (f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor)[] => [
  f,
  grad(f),
  grad(grad(f)),
  grad(grad(grad(f))),
];

describe("customJvp", () => {
  // The rule calls the function it belongs to, through its pair: sin' = cos, cos' = -sin.
  const sin: (x: Tensor) => Tensor = customJvp(
    (x: Tensor) => x.sin(),
    ([x], [t]) => [sin(x), cos(x).mul(t)],
  );
  const cos: (x: Tensor) => Tensor = customJvp(
    (x: Tensor) => x.cos(),
    ([x], [t]) => [cos(x), sin(x).neg().mul(t)],
  );
  const exp: (x: Tensor) => Tensor = customJvp(
    (x: Tensor) => x.exp(),
    ([x], [t]) => {
      const y = exp(x);
      return [y, y.mul(t)];
    },
  );

  it("has the derivative that the rule gives, not that of the function", () => {
    const f = customJvp(
      (x: Tensor) => x.square(),
      ([x], [t]) => [x.square(), t.mul(7)],
    );
    expect(f(f64(3)).item()).toBe(9);
    expect(grad(f)(f64(3)).item()).toBe(7);
    expect(jvp(f, [f64(3)], [f64(2)]).map((y) => y.item())).toEqual([9, 14]);
    const [value, push] = linearize(f, f64(3));
    expect([value.item(), push(f64(1)).item()]).toEqual([9, 7]);
  });
  it("differentiates the rule for higher orders, also where it calls the function itself", () => {
    derivatives(sin).forEach((d, n) => expectClose(d(f64(0.7)), f64(sines(0.7)[n]), 1e-14));
    derivatives(exp).forEach((d) => expectClose(d(f64(0.7)), f64(Math.exp(0.7)), 1e-14));
    derivatives(jit(sin)).forEach((d, n) => expectClose(jit(d)(f64(0.7)), f64(sines(0.7)[n]), 1e-14));
    const forward = (x: Tensor): Tensor =>
      jvp(
        grad((y: Tensor) => jvp(sin, [y], [f64(1)])[1]),
        [x],
        [f64(1)],
      )[1];
    expectClose(forward(f64(0.7)), f64(-Math.cos(0.7)), 1e-14);
    expect(formatGraph(makeGraph(exp)(f64(1)))).toContain("(...)");
  });
  it("maps, in every order with derivatives", () => {
    const xs = f64([0.1, -0.5, 2]);
    const of = (n: number): Tensor => f64(numbers(xs).map((x) => sines(x)[n]));
    derivatives(sin).forEach((d, n) => {
      expectClose(vmap(d)(xs), of(n), 1e-13);
      expectClose(jit(vmap(jit(d)))(xs), of(n), 1e-13);
    });
    expectClose(grad((v: Tensor) => vmap(sin)(v).sum())(xs), of(1), 1e-13);
    expectClose(vmap(vmap(grad(grad(sin))))(stack([xs, xs])), stack([of(2), of(2)]), 1e-13);
    expectClose(jvp(vmap(sin), [xs], [xs.mul(0).add(1)])[1], of(1), 1e-13);
    const product = customJvp(
      (a: Tensor, b: Tensor) => a.mul(b),
      ([a, b], [ta, tb]) => [a.mul(b), ta.mul(b).add(tb.mul(a))],
    );
    const total = (a: Tensor, b: Tensor): Tensor => vmap(product, { inAxes: [null, 0] })(a, b).sum();
    expect(numbers(grad(total, { argnums: [0, 1] })(f64(5), xs))).toEqual([1.6, 5, 5, 5]);
  });
  it("works inside scan and cond", () => {
    const f = (x: Tensor): Tensor =>
      scan(
        (c: Tensor) => [
          cond(
            c.greater(10),
            (v: Tensor) => v,
            (v: Tensor) => sin(v).add(exp(v)),
            c,
          ),
          undefined,
        ],
        x,
        null,
        { length: 3 },
      )[0];
    const plain = (x: Tensor): Tensor => [0, 1, 2].reduce((c) => (c.item() > 10 ? c : c.sin().add(c.exp())), x);
    derivatives(f).forEach((d, n) => expectClose(d(f64(0.1)), derivatives(plain)[n](f64(0.1)), 1e-11));
    expectClose(jit(vmap(grad(f)))(f64([0.1, 0.7])), stack([grad(plain)(f64(0.1)), grad(plain)(f64(0.7))]), 1e-12);
  });
  it("takes and gives trees; integers have zero tangents", () => {
    const f = customJvp(
      ({ x, n }: { x: Tensor; n: Tensor }, [w]: [Tensor]) => ({ y: x.mul(w), count: n.add(1) }),
      ([{ x, n }, [w]], [t, [tw]]) => {
        expect([t.n.dtype, t.n.shape]).toEqual(["i32", []]);
        return [
          { y: x.mul(w), count: n.add(1) },
          { y: t.x.mul(w).add(x.mul(tw)), count: t.n },
        ];
      },
    );
    const out = f({ x: f64(2), n: i32(4) }, [f64(3)]);
    expect([out.y.item(), out.count.item()]).toEqual([6, 5]);
    const [, pull] = vjp(f, { x: f64(2), n: i32(4) }, [f64(3)]);
    const [a, [w]] = pull({ y: f64(1), count: i32(0) });
    expect([a.x.item(), a.n.item(), w.item()]).toEqual([3, 0, 2]);
  });
  it("may leave out tangents that are zero", () => {
    const round = customJvp(
      (x: Tensor) => [x.round(), x.mul(2)],
      ([x], [t]) => [
        [x.round(), x.mul(2)],
        [null as unknown as Tensor, t.mul(2)],
      ],
    );
    expect(grad((x: Tensor) => round(x)[0].add(round(x)[1]))(f64(1.4)).item()).toBe(2);
    const step = customJvp(
      (x: Tensor) => x.sign(),
      ([x]) => [x.sign(), null],
    );
    expect(grad(step)(f64(1.4)).item()).toBe(0);
  });
  it("splits a rule whose loop carries values and tangents together", () => {
    const power = (x: Tensor): Tensor => scan((c: Tensor) => [c.mul(x), undefined], x, null, { length: 3 })[0];
    const f = customJvp(power, (xs, ts) => jvp(power, xs, ts));
    derivatives(f).forEach((d, n) =>
      expectClose(d(f64(1.5)), f64([1.5 ** 4, 4 * 1.5 ** 3, 12 * 1.5 ** 2, 24 * 1.5][n])),
    );
  });
  it("keeps captured tensors as constants, and says so when they vary", () => {
    const table = f64([2, 3]);
    const scaled = customJvp(
      (x: Tensor) => x.mul(table).sum(),
      ([x], [t]) => [
        scaled2(x),
        t
          .mul(table)
          .sum()
          .add(t.mul(f64([10, 20])).sum()),
      ],
    );
    const scaled2: (x: Tensor) => Tensor = scaled;
    expect(numbers(grad(scaled)(f64([1, 1])))).toEqual([12, 23]);
    expect(
      numbers(
        jit(vmap(grad(scaled)))(
          f64([
            [1, 1],
            [2, 2],
          ]),
        ),
      ),
    ).toEqual([12, 23, 12, 23]);
    const g = (a: Tensor, x: Tensor): Tensor =>
      customJvp(
        (v: Tensor) => v.mul(a),
        ([v], [t]) => [v.mul(a), t.mul(a)],
      )(x);
    expect(grad(g, { argnums: 1 })(f64(5), f64(2)).item()).toBe(5);
    expect(vmap(grad(g, { argnums: 1 }))(f64([5, 6]), f64([2, 2])).toArray()).toEqual([5, 6]);
    expect(grad((a: Tensor) => g(stopGradient(a), a))(f64(5)).item()).toBe(5);
    expect(() => grad(g)(f64(5), f64(2))).toThrow("differentiated with respect to a captured f64[]");
  });
  it("traces once for each type of argument", () => {
    let runs = 0;
    const f = customJvp(
      (x: Tensor) => {
        runs++;
        return x.sin();
      },
      ([x], [t]) => [x.sin(), t.mul(x.cos())],
    );
    for (const x of [f64(1), f64(2), f64([1, 2]), f64([3, 4]), tensor(1)]) grad((v: Tensor) => f(v).sum())(x);
    expect(runs).toBe(3);
  });
  it("is one wasm call under jit", () => {
    const f = jit((x: Tensor) => grad(grad(sin))(x));
    f(f64(1));
    expect(countCalls(() => f(f64(2)))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
  });
  it("refuses rules that do not fit", () => {
    const wrong = (result: (x: Tensor, t: Tensor) => unknown) =>
      customJvp(
        (x: Tensor) => x,
        ([x], [t]) => result(x, t) as [Tensor, Tensor],
      );
    expect(() => wrong((x) => x)(f64(1))).toThrow("must return [outputs, tangents of the outputs]");
    expect(() => wrong((x, t) => [x, stack([t, t])])(f64(1))).toThrow("the rule's tangent is f64[2], expected f64[]");
    expect(() => wrong((x, t) => [[x], t])(f64(1))).toThrow("the rule's output is [1], expected f64[]");
    expect(() => grad(wrong((x, t) => [x, t.square()]))(f64(1))).toThrow("not linear in the tangents");
    expect(() => grad(wrong((_, t) => [t, t]))(f64(1))).toThrow("not linear in the tangents");
    const own: (x: Tensor) => Tensor = customJvp(
      (x: Tensor) => x.sin(),
      ([x], [t]) => [x.sin(), grad(own)(x).mul(t)],
    );
    expect(() => own(f64(1))).toThrow("its own rule differentiates or maps it");
  });
});

describe("customVjp", () => {
  const sin: (x: Tensor) => Tensor = customVjp(
    (x: Tensor) => x.sin(),
    (x) => [sin(x), x],
    (x, ct) => [cos(x).mul(ct)],
  );
  const cos: (x: Tensor) => Tensor = customVjp(
    (x: Tensor) => x.cos(),
    (x) => [cos(x), { x }],
    ({ x }, ct) => [sin(x).neg().mul(ct)],
  );

  it("has the gradient that the backward pass gives", () => {
    const clipped = customVjp(
      (x: Tensor) => x,
      (x) => [x, undefined],
      (_, ct) => [ct.clip(-1, 1)],
    );
    expect(
      numbers(
        grad((x: Tensor) =>
          clipped(x)
            .mul(f64([3, 0.5, -9]))
            .sum(),
        )(f64([1, 1, 1])),
      ),
    ).toEqual([1, 0.5, -1]);
  });
  it("differentiates both passes for higher orders", () => {
    derivatives(sin).forEach((d, n) => expectClose(d(f64(0.7)), f64(sines(0.7)[n]), 1e-14));
    derivatives(sin).forEach((d, n) => expectClose(jit(d)(f64(0.7)), f64(sines(0.7)[n]), 1e-14));
  });
  it("runs the forward pass only under differentiation", () => {
    const f = customVjp(
      (x: Tensor) => x.add(1),
      (x) => [x.add(2), undefined],
      (_, ct) => [ct],
    );
    expect(f(f64(0)).item()).toBe(1);
    expect(vjp(f, f64(0))[0].item()).toBe(2);
  });
  it("maps both passes, and sums the cotangent of what was the same for all", () => {
    const xs = f64([0.1, -0.5, 2]);
    const of = (n: number): Tensor => f64(numbers(xs).map((x) => sines(x)[n]));
    derivatives(sin).forEach((d, n) => {
      expectClose(vmap(d)(xs), of(n), 1e-13);
      expectClose(jit(vmap(d))(xs), of(n), 1e-13);
    });
    expectClose(grad((v: Tensor) => vmap(sin)(v).sum())(xs), of(1), 1e-13);
    const affine = customVjp(
      (w: Tensor, x: Tensor, b: Tensor) => w.mul(x).add(b),
      (w, x, b) => [w.mul(x).add(b), [w, x]],
      ([w, x], ct) => [x.mul(ct), w.mul(ct), f64(1)],
    );
    const total = (w: Tensor, x: Tensor, b: Tensor): Tensor => vmap(affine, { inAxes: [null, 0, null] })(w, x, b).sum();
    // The last cotangent is 1 whatever comes in: in a loop three of them would add up.
    expectClose(grad(total, { argnums: [0, 1, 2] })(f64(5), xs, f64(1)), [xs.sum(), f64([5, 5, 5]), f64(3)]);
    expectClose(vmap(grad(total, { argnums: [0, 1] }), { inAxes: [0, null, null] })(f64([5, 6]), xs, f64(1)), [
      stack([xs.sum(), xs.sum()]),
      f64([
        [5, 5, 5],
        [6, 6, 6],
      ]),
    ]);
  });
  it("works inside scan and cond", () => {
    const f = (x: Tensor): Tensor =>
      scan(
        (c: Tensor) => [
          cond(
            c.greater(10),
            (v: Tensor) => v,
            (v: Tensor) => sin(v).add(cos(v)),
            c,
          ),
          undefined,
        ],
        x,
        null,
        { length: 3 },
      )[0];
    const plain = (x: Tensor): Tensor => [0, 1, 2].reduce((c) => c.sin().add(c.cos()), x);
    derivatives(f).forEach((d, n) => expectClose(d(f64(0.1)), derivatives(plain)[n](f64(0.1)), 1e-11));
    expectClose(jit(vmap(grad(f)))(f64([0.1, 0.7])), stack([grad(plain)(f64(0.1)), grad(plain)(f64(0.7))]), 1e-12);
  });
  it("takes trees, integers, and no cotangent for zero", () => {
    const lookup = customVjp(
      ({ table, at }: { table: Tensor; at: Tensor }, scale: Tensor) => table.take(at).mul(scale),
      (p, scale) => [p.table.take(p.at).mul(scale), { p, scale }],
      ({ p, scale }, ct) => [{ table: p.table.mul(0).add(ct.sum().mul(scale)), at: p.at }, null],
    );
    const [y, pull] = vjp(lookup, { table: f64([1, 2, 3]), at: i32([2, 0]) }, f64(2));
    expect(numbers(y)).toEqual([6, 2]);
    const [{ table, at }, scale] = pull(f64([1, 10]));
    expect([numbers(table), numbers(at), scale.item()]).toEqual([[22, 22, 22], [0, 0], 0]);
  });
  it("captures constants in any of the three functions", () => {
    const g = (a: Tensor, b: Tensor, c: Tensor, x: Tensor): Tensor =>
      customVjp(
        (v: Tensor) => v.mul(a),
        (v) => [v.mul(a).add(b), undefined],
        (_, ct) => [ct.mul(c).mul(a)],
      )(x);
    const args = [f64(2), f64(3), f64(5), f64(7)] as const;
    expect(g(...args).item()).toBe(14);
    const [value, pull] = vjp((x: Tensor) => g(args[0], args[1], args[2], x), args[3]);
    expect([value.item(), pull(f64(1))[0].item()]).toEqual([17, 10]);
    const many = vmap(grad(g, { argnums: 3 }), { inAxes: [null, 0, 0, null] });
    expect(numbers(many(args[0], f64([1, 2]), f64([5, 6]), args[3]))).toEqual([10, 12]);
    expect(() => grad(g, { argnums: 2 })(...args)).toThrow("differentiated with respect to a captured f64[]");
  });
  it("has no forward mode, and says what has", () => {
    expect(() => jvp(sin, [f64(1)], [f64(1)])).toThrow("customVjp(anonymous): forward-mode differentiation");
    expect(() => jit((x: Tensor) => jvp(sin, [x], [x])[1])(f64(1))).toThrow("customJvp");
    expect(() => linearize(sin, f64(1))[1](f64(1))).toThrow("customJvp");
    // Forward over reverse is another matter: it differentiates the two passes, which here must not be custom themselves.
    const square = customVjp(
      (x: Tensor) => x.mul(x),
      (x) => [x.mul(x), x],
      (x, ct) => [x.mul(2).mul(ct)],
    );
    expect(jvp(grad(square), [f64(3)], [f64(1)])[1].item()).toBe(2);
  });
  it("refuses passes that do not fit", () => {
    const wrong = (forward: (x: Tensor) => unknown, backward: (ct: Tensor) => unknown) =>
      customVjp(
        (x: Tensor) => x,
        (x) => forward(x) as [Tensor, Tensor],
        (_, ct) => backward(ct) as [Tensor],
      );
    const fine = (x: Tensor): unknown => [x, x];
    expect(() => wrong((x) => x, fine)(f64(1))).toThrow("must return [output, residuals]");
    expect(() => wrong((x) => [stack([x]), x], fine)(f64(1))).toThrow("the output of the forward pass is f64[1]");
    expect(() => wrong((x) => [x, 3], fine)(f64(1))).toThrow("residuals: the value is number 3");
    expect(() => wrong(fine, fine)(f64(1))).toThrow("the backward pass's cotangent is [2], expected an array of 1");
    expect(() => wrong(fine, (ct) => [stack([ct])])(f64(1))).toThrow("at [0] is f64[1], expected f64[]");
    expect(() => wrong(fine, (ct) => [ct.astype("f32")])(f64(1))).toThrow("at [0] is f32[], expected f64[]");
  });
});
