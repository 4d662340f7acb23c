import { describe, expect, it } from "vitest";
import {
  type Tensor,
  associativeScan,
  foriLoop,
  grad,
  jacfwd,
  jit,
  jvp,
  linearize,
  map,
  countCalls,
  stack,
  switchCase,
  tensor,
  vjp,
  vmap,
  whileLoop,
} from "../../src/index.js";
import { expectClose, numbers, slope } from "../support.js";

const f64 = (x: number | number[] | number[][] | number[][][]): Tensor => tensor(x, { dtype: "f64" });
const i32 = (x: number | number[]): Tensor => tensor(x, { dtype: "i32" });
const loop = <T>(f: (x: Tensor) => T, xs: Tensor): T[] => [...xs].map(f);

/** Newton's iteration for the square root, until it is accurate: the number of rounds depends on the value. */
const root = (a: Tensor): Tensor =>
  whileLoop(
    ({ x }: { x: Tensor; n: Tensor }) => x.square().sub(a).abs().greater(a.mul(1e-13)),
    ({ x, n }) => ({ x: x.add(a.div(x)).mul(0.5), n: n.add(1) }),
    { x: a, n: i32(0) },
  ).x;

describe("whileLoop", () => {
  it("runs until the condition fails, not at all when it fails at once", () => {
    const collatz = (n: Tensor): Tensor =>
      whileLoop(
        ({ n: k }: { n: Tensor; steps: Tensor }) => k.greater(1),
        ({ n: k, steps }) => ({
          n: switchCase(k.rem(2), [(v: Tensor) => v.floorDivide(2), (v: Tensor) => v.mul(3).add(1)], k),
          steps: steps.add(1),
        }),
        { n, steps: i32(0) },
      ).steps;
    // A006577
    expect(numbers(stack([1, 2, 3, 6, 7, 27].map((n) => collatz(i32(n)))))).toEqual([0, 1, 7, 8, 16, 111]);
    expect(numbers(vmap(collatz)(i32([1, 2, 3, 6, 7, 27])))).toEqual([0, 1, 7, 8, 16, 111]);
    expect(numbers(jit(vmap(collatz))(i32([1, 2, 3, 6, 7, 27])))).toEqual([0, 1, 7, 8, 16, 111]);
  });

  it("is one wasm call when jitted, with nothing interpreted", () => {
    const f = jit(root);
    f(f64(2));
    const { result, wasmCalls, interpretedKernels } = countCalls(() => f(f64(3)));
    expectClose(result, f64(Math.sqrt(3)));
    expect([wasmCalls, interpretedKernels]).toEqual([1, 0]);
  });

  it("differentiates forward, to any order", () => {
    const along = (f: (x: Tensor) => Tensor) => (x: Tensor) => jvp(f, [x], [f64(1)])[1];
    const a = 1.7;
    expectClose(along(root)(f64(a)), f64(0.5 * a ** -0.5));
    expectClose(along(along(root))(f64(a)), f64(-0.25 * a ** -1.5));
    expectClose(along(along(along(root)))(f64(a)), f64(0.375 * a ** -2.5));
    expectClose(jit(along(root))(f64(a)), f64(0.5 * a ** -0.5));
    expectClose(jacfwd(vmap(root))(f64([1.7, 30])).diagonal(), f64([0.5 * a ** -0.5, 0.5 * 30 ** -0.5]));
    const [value, push] = linearize(root, f64(a));
    expectClose(value, f64(Math.sqrt(a)));
    expectClose(push(f64(3)), f64(1.5 * a ** -0.5));
  });

  it("maps each element to its own end", () => {
    const xs = f64([1e-3, 0.5, 2, 1e6]);
    expectClose(vmap(root)(xs), stack(loop(root, xs)));
    expectClose(jit(vmap(root))(xs), xs.sqrt());
    const tangent = (x: Tensor): Tensor => jvp(root, [x], [f64(1)])[1];
    expectClose(vmap(tangent)(xs), stack(loop(tangent, xs)));
    expect(vmap(root)(f64([])).shape).toEqual([0]);
  });

  it("maps the body alone, when the condition is the same for all", () => {
    const power = (n: Tensor, x: Tensor): Tensor =>
      whileLoop(
        ({ i }) => i.less(n),
        ({ i, y }) => ({ i: i.add(1), y: y.mul(x) }),
        { i: i32(0), y: f64(1) },
      ).y;
    expectClose(vmap(power, { inAxes: [null, 0] })(i32(3), f64([1, 2, 3])), f64([1, 8, 27]));
    expectClose(vmap(power)(i32([0, 1, 5]), f64([7, 2, 3])), f64([1, 2, 243]));
    expectClose(jvp((x: Tensor) => power(i32(3), x), [f64(2)], [f64(1)])[1], f64(12));
  });

  it("keeps a carry that others need, and drops none that the condition needs", () => {
    const f = jit(
      (n: Tensor) =>
        whileLoop(
          ({ i }) => i.less(n),
          ({ i, a, b, unused }) => ({ i: i.add(1), a: b, b: a.add(b), unused: unused.mul(2) }),
          { i: i32(0), a: f64(0), b: f64(1), unused: f64([1, 1]) },
        ).a,
    );
    expect(f(i32(30)).item()).toBe(832040);
  });

  it("refuses reverse mode, naming what has it", () => {
    expect(() => grad(root)(f64(2))).toThrow("Use scan, or foriLoop");
    // What the gradient does not pass through may loop.
    const counted = (x: Tensor): Tensor =>
      x.mul(
        whileLoop(
          (n: Tensor) => n.less(5),
          (n: Tensor) => n.add(2),
          i32(0),
        ),
      );
    expect(grad(counted)(f64(2)).item()).toBe(6);
  });

  it("says what is wrong", () => {
    const c = { a: f64(1), b: [f64([1, 2])] };
    expect(() =>
      whileLoop(
        () => f64([1, 2]).greater(0),
        (x) => x,
        c,
      ),
    ).toThrow("the condition returned bool[2]");
    expect(() =>
      whileLoop(
        () => f64(1),
        (x) => ({ ...x, b: [f64(1)] }),
        c,
      ),
    ).toThrow("whileLoop: carry leaf b[0] goes in as f64[2] and comes out as f64[]");
    expect(() =>
      whileLoop(
        () => f64(1),
        ({ a, b }) => ({ a: a.astype("f32"), b }),
        c,
      ),
    ).toThrow("carry leaf a goes in as f64[] and comes out as f32[]");
    expect(() =>
      whileLoop(
        () => f64(1),
        ({ a }) => ({ a, b: [] as Tensor[] }),
        c,
      ),
    ).toThrow("the step returned {a}");
  });
});

describe("foriLoop", () => {
  const product = (x: Tensor, to: number | Tensor): Tensor => foriLoop(1, to, (i, y: Tensor) => y.mul(x).add(i), x);
  it("counts, with bounds known or not", () => {
    expect(foriLoop(3, 7, (i, s: Tensor) => s.add(i), i32(0)).item()).toBe(18);
    expect(foriLoop(i32(3), i32(7), (i, s: Tensor) => s.add(i), i32(0)).item()).toBe(18);
    expect(foriLoop(7, 3, (i, s: Tensor) => s.add(i), i32(5)).item()).toBe(5);
    expect(foriLoop(i32(7), 3, (i, s: Tensor) => s.add(i), i32(5)).item()).toBe(5);
    expectClose(product(f64(0.9), i32(6)), product(f64(0.9), 6));
    expectClose(vmap(product)(f64([0.9, 2]), i32([6, 2])), stack([product(f64(0.9), 6), product(f64(2), 2)]));
  });
  it("has both modes with static bounds, forward with traced ones", () => {
    const expected = f64(slope((v) => product(f64(v), 6).item(), 0.9));
    expectClose(grad((x: Tensor) => product(x, 6))(f64(0.9)), expected, 1e-9);
    expectClose(jit(grad((x: Tensor) => product(x, 6)))(f64(0.9)), expected, 1e-9);
    expectClose(jvp((x: Tensor) => product(x, i32(6)), [f64(0.9)], [f64(1)])[1], expected, 1e-9);
    expect(() => grad((x: Tensor) => product(x, i32(6)))(f64(0.9))).toThrow("foriLoop with bounds that are JS numbers");
  });
  it("says what is wrong", () => {
    expect(() => foriLoop(0, 1.5, (_, c: Tensor) => c, f64(1))).toThrow("the upper bound is 1.5");
    expect(() => foriLoop(0, f64(2), (_, c: Tensor) => c, f64(1))).toThrow('Cast it with astype("i32")');
  });
});

describe("switchCase", () => {
  const scale = f64(3);
  const branches = [(v: Tensor) => v.sin(), (v: Tensor) => v.mul(scale), (v: Tensor) => v.square().mul(scale)];
  const f = (i: Tensor, v: Tensor): Tensor => switchCase(i, branches, v);
  it("runs the branch, clamping the index", () => {
    expectClose(
      stack([-4, 0, 1, 2, 9].map((i) => f(i32(i), f64(0.5)))),
      f64([Math.sin(0.5), Math.sin(0.5), 1.5, 0.75, 0.75]),
    );
    expectClose(
      vmap(f, { inAxes: [0, null] })(i32([-4, 0, 1, 2, 9]), f64(0.5)),
      f64([Math.sin(0.5), Math.sin(0.5), 1.5, 0.75, 0.75]),
    );
    expectClose(jit(f)(i32(2), f64(0.5)), f64(0.75));
    expectClose(switchCase(i32(5), [(v: Tensor) => v.mul(2)], f64(2)), f64(4));
  });
  it("has the derivative of the branch", () => {
    const expected = f64([Math.cos(0.5), 3, 3]);
    const g = (i: Tensor): Tensor => grad((v: Tensor) => f(i, v))(f64(0.5));
    expectClose(stack([0, 1, 2].map((i) => g(i32(i)))), expected);
    expectClose(vmap(g)(i32([0, 1, 2])), expected);
    expectClose(
      grad((s: Tensor) => switchCase(i32(1), [(v: Tensor) => v, (v: Tensor) => v.mul(s)], f64(4)))(f64(2)),
      f64(4),
    );
  });
  it("says what is wrong", () => {
    expect(() => switchCase(i32(0), [], f64(1))).toThrow("at least one");
    expect(() => switchCase(f64(0), branches, f64(1))).toThrow("the index is f64[]");
    expect(() => switchCase(i32(0), [(v: Tensor) => v, (v: Tensor) => stack([v, v])], f64(1))).toThrow(
      "1 returns * f64[2], 0 returns * f64[]",
    );
  });
});

describe("map", () => {
  const xs = {
    a: f64([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10],
    ]),
    b: f64([1, 2, 3, 4, 5]),
  };
  const f = ({ a, b }: typeof xs) => ({ y: a.sum().mul(b), z: a });
  it.each([1, 2, 3, 5, 8])("is vmap, %i at a time", (batchSize) => {
    expectClose(map(f, xs, { batchSize }), vmap(f)(xs));
    expectClose(jit((v: typeof xs) => map(f, v, { batchSize }))(xs), vmap(f)(xs));
    expectClose(
      grad((v: typeof xs) => map(f, v, { batchSize }).y.square().sum())(xs),
      grad((v: typeof xs) => vmap(f)(v).y.square().sum())(xs),
    );
  });
  it("says what is wrong", () => {
    expect(() => map(f, { a: xs.a, b: f64([1]) })).toThrow("map: xs leaf b is f64[1]");
    expect(() => map(f, xs, { batchSize: 0 })).toThrow("batchSize is 0");
    expect(map((v: Tensor) => v.mul(2), f64([])).shape).toEqual([0]);
  });
});

describe("associativeScan", () => {
  const lengths = [0, 1, 2, 3, 5, 8, 13];
  const data = (n: number): Tensor => f64(Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1)));
  const sums = (x: Tensor, reverse = false): Tensor =>
    associativeScan((a: Tensor, b: Tensor) => a.add(b), x, { reverse });
  const recurrence = (t: { a: Tensor; b: Tensor }): Tensor =>
    associativeScan((l: { a: Tensor; b: Tensor }, r) => ({ a: l.a.mul(r.a), b: r.a.mul(l.b).add(r.b) }), t).b;

  it.each(lengths)("agrees with the running loop over %i elements", (n) => {
    const values = numbers(data(n));
    let [s, h] = [0, 0];
    expectClose(sums(data(n)), f64(values.map((v) => (s += v))));
    expectClose(sums(data(n), true), sums(data(n).flip()).flip());
    expectClose(recurrence({ a: data(n), b: data(n).cos() }), f64(values.map((v) => (h = v * h + Math.cos(v)))));
    expectClose(
      associativeScan((a: Tensor, b: Tensor) => a.maximum(b), data(n)),
      f64(values.map((_, i) => Math.max(...values.slice(0, i + 1)))),
    );
  });
  it.each(lengths)("multiplies %i matrices in order", (n) => {
    const m = f64(
      Array.from({ length: n }, (_, i) => [
        [1, 0.1 * i],
        [0.5, 1 - 0.2 * i],
      ]),
    ).reshape([n, 2, 2]);
    const scanned = associativeScan((a: Tensor, b: Tensor) => a.matmul(b), m);
    let p = f64([
      [1, 0],
      [0, 1],
    ]);
    for (let i = 0; i < n; i++) {
      p = p.matmul(m.at(i));
      expectClose(scanned.at(i), p);
    }
  });
  it("takes another axis, maps and differentiates", () => {
    const x = f64([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expectClose(
      associativeScan((a: Tensor, b: Tensor) => a.add(b), x, { axis: -1 }),
      x.cumsum(1),
    );
    expectClose(vmap((r: Tensor) => sums(r))(x), x.cumsum(1));
    const t = { a: data(7), b: data(7).cos() };
    const sequential = ({ a, b }: typeof t): Tensor => {
      let h = f64(0);
      let total = f64(0);
      for (let i = 0; i < 7; i++) {
        h = a.at(i).mul(h).add(b.at(i));
        total = total.add(h.square());
      }
      return total;
    };
    const parallel = (v: typeof t): Tensor => recurrence(v).square().sum();
    expectClose(grad(parallel)(t), grad(sequential)(t));
    expectClose(jit(grad(parallel))(t), grad(sequential)(t));
    expectClose(jvp(parallel, [t], [t])[1], jvp(sequential, [t], [t])[1]);
    expect(vjp(sums, data(3))[1](f64([1, 1, 1])).length).toBe(1);
  });
  it("calls f a logarithmic number of times", () => {
    let calls = 0;
    associativeScan((a: Tensor, b: Tensor) => (calls++, a.add(b)), data(1024));
    expect(calls).toBeLessThanOrEqual(20);
  });
  it("says what is wrong", () => {
    expect(() => associativeScan((a: Tensor) => a.sum(), data(4))).toThrow(
      "leaf 0 goes into f as f64[2] and comes out as f64[]",
    );
    expect(() => recurrence({ a: data(3), b: data(4) })).toThrow("xs leaf b is f64[4]");
  });
});

it("foriLoop with JS bounds speaks in its own name, though it is a scan", () => {
  expect(() => foriLoop(0, 3, (i, c: Tensor) => c.add(i).expandDims(0), tensor(1))).toThrow(
    "foriLoop: carry leaf 0 goes in as f32[] and comes out as f32[1]",
  );
});
