import { describe, expect, it } from "vitest";
import {
  type Tensor,
  checkpoint,
  cond,
  formatGraph,
  grad,
  jit,
  jvp,
  linearize,
  makeGraph,
  countCalls,
  random,
  scan,
  stack,
  stopGradient,
  tensor,
  traceCount,
  valueAndGrad,
  vjp,
  vmap,
  where,
} from "../../src/index.js";
import { numbers } from "../support.js";

const f64 = (x: number | number[]): Tensor => tensor(x, { dtype: "f64" });
const cubes = (x: Tensor): Tensor => x.mul(x).mul(x).sum();

describe("grad", () => {
  it("differentiates over trees and keeps their structure", () => {
    const loss = ({ w, b }: { w: Tensor; b: Tensor[] }, x: Tensor): Tensor => w.mul(x).add(b[0]).square().sum();
    const g = grad(loss)({ w: f64([1, 2]), b: [f64(3)] }, f64([5, 7]));
    // d/dw = 2 (w x + b) x, d/db = 2 sum (w x + b).
    expect(numbers(g.w)).toEqual([2 * 8 * 5, 2 * 17 * 7]);
    expect(numbers(g.b[0])).toEqual([2 * 25]);
  });
  it("gives zeros, not an error, for what the function ignores", () => {
    expect(numbers(grad((x: { a: Tensor; b: Tensor }) => x.a.sum())({ a: f64([1]), b: f64([1, 2]) }))).toEqual([
      1, 0, 0,
    ]);
  });
  it("chooses arguments and passes auxiliary values on", () => {
    const f = (x: Tensor, y: Tensor): Tensor => x.mul(y).sum();
    expect(numbers(grad(f, { argnums: 1 })(f64([1, 2]), f64([3, 4])))).toEqual([1, 2]);
    const [a, b] = grad(f, { argnums: [0, 1] })(f64([1, 2]), f64([3, 4]));
    expect([numbers(a), numbers(b)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    const withAux = (x: Tensor): readonly [Tensor, { double: Tensor }] => [x.square().sum(), { double: x.mul(2) }];
    const [[value, aux], g] = valueAndGrad(withAux, { hasAux: true })(f64([1, 2]));
    expect([value.item(), numbers(aux), numbers(g)]).toEqual([5, [2, 4], [2, 4]]);
    const [jitted] = jit((x: Tensor) => grad(withAux, { hasAux: true })(x))(f64([1, 2]));
    expect(numbers(jitted)).toEqual([2, 4]);
  });
  it("nests", () => {
    expect(numbers(grad((x: Tensor) => grad(cubes)(x).sum())(f64([1, 2])))).toEqual([6, 12]);
    expect(grad((x: Tensor) => grad((y: Tensor) => x.mul(y).mul(y))(x))(f64(3)).item()).toBe(12);
  });
  it("keeps concrete primals, so that eager code may branch on them", () => {
    const f = (x: Tensor): Tensor => (x.item() > 0 ? x.mul(2) : x.neg());
    expect(grad(f)(f64(3)).item()).toBe(2);
    expect(grad(f)(f64(-3)).item()).toBe(-1);
  });
  it("stops where it is told to", () => {
    const f = (x: Tensor): Tensor => x.mul(x).mul(stopGradient(x));
    for (const g of [f, jit(f), checkpoint(f), (x: Tensor) => vmap(f)(stack([x, x])).at(1)]) {
      // x^2 s with s fixed: 2 x s, then 2 s, in both modes.
      expect(grad(g)(f64(3)).item()).toBe(18);
      expect(jvp(g, [f64(3)], [f64(1)])[1].item()).toBe(18);
      expect(grad(grad(g))(f64(3)).item()).toBe(6);
      expect(jvp(grad(g), [f64(3)], [f64(1)])[1].item()).toBe(6);
    }
    // A carry that is stopped in each step: x_3 = x_2 + w, whose only derivative is that of the last w.
    const path = (w: Tensor): Tensor =>
      scan((c: Tensor) => [stopGradient(c).add(w), undefined], w, null, { length: 3 })[0];
    expect([path(f64(2)).item(), grad(path)(f64(2)).item(), jit(grad(path))(f64(2)).item()]).toEqual([8, 1, 1]);
  });
  it("is right at the edges", () => {
    expect(grad((x: Tensor) => x.pow(2))(f64(0)).item()).toBe(0);
    expect(grad((x: Tensor) => x.pow(f64(2)))(f64(0)).item()).toBe(0);
    expect(grad((x: Tensor) => x.pow(f64(0)))(f64(0)).item()).toBe(0);
    expect(numbers(grad((x: Tensor) => x.norm())(f64([0, 0])))).toEqual([0, 0]);
    expect(numbers(grad((x: Tensor) => x.max())(f64([1, 3, 3])))).toEqual([0, 0.5, 0.5]);
    expect(grad((x: Tensor) => x.relu())(f64(0)).item()).toBe(0);
    expect(numbers(grad((x: Tensor) => x.logsumexp())(f64([1000, 1000])))).toEqual([0.5, 0.5]);
    expect(grad((x: Tensor) => where(x.greater(0), x.mul(3), 0).sum())(f64(-1)).item()).toBe(0);
  });
  it("refuses what has no derivative, naming it", () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow("expected a float scalar");
    expect(() => grad((p: { n: Tensor }) => p.n.sum())({ n: tensor([1], { dtype: "i32" }) })).toThrow(
      "argument 0 leaf n is i32[1]",
    );
    expect(() => grad((async (x: Tensor) => x.sum()) as unknown as (x: Tensor) => Tensor)(tensor([1]))).toThrow(
      "returned a Promise",
    );
    expect(() => grad((x: Tensor) => x.sum(), { argnums: 3 })(tensor([1]))).toThrow("argnums has 3");
  });
});

describe("vjp, jvp and linearize", () => {
  const f = (x: Tensor, y: Tensor): { p: Tensor; q: Tensor } => ({ p: x.mul(y), q: x.sum() });
  const [x, y] = [f64([1, 2]), f64([3, 5])];
  it("agree with each other", () => {
    const [out, pullback] = vjp(f, x, y);
    expect(numbers(out)).toEqual([3, 10, 3]);
    expect(numbers(pullback({ p: f64([1, 10]), q: f64(100) }))).toEqual([103, 150, 1, 20]);
    const tangents: [Tensor, Tensor] = [f64([1, 0]), f64([0, 1])];
    expect(numbers(jvp(f, [x, y], tangents)[1])).toEqual([3, 2, 1]);
    const [value, push] = linearize(f, x, y);
    expect(numbers(value)).toEqual([3, 10, 3]);
    expect(numbers(push(...tangents))).toEqual([3, 2, 1]);
    expect(numbers(push(f64([0, 1]), f64([0, 0])))).toEqual([0, 5, 1]);
  });
  it("say which leaf is wrong", () => {
    expect(() => vjp(f, x, y)[1]({ p: f64([1]), q: f64(1) })).toThrow("the cotangent at p is f64[1]");
  });
});

describe("vmap", () => {
  it("maps axes leaf by leaf, and nests", () => {
    const f = (p: { a: Tensor; b: Tensor }, x: Tensor): Tensor => p.a.mul(x).add(p.b);
    const out = vmap(f, { inAxes: [{ a: 0, b: null }, 1] })(
      { a: f64([1, 2]), b: f64(10) },
      tensor([[1, 2]], { dtype: "f64" }),
    );
    expect(out.shape).toEqual([2, 1]);
    expect(numbers(out)).toEqual([11, 14]);
    const outer = vmap(
      vmap((a: Tensor, b: Tensor) => a.mul(b), { inAxes: [null, 0] }),
      { inAxes: [0, null] },
    );
    expect(numbers(outer(f64([1, 2]), f64([3, 4])))).toEqual([3, 4, 6, 8]);
  });
  it("gives each key its own numbers, the same as without vmap", () => {
    const keys = random.split(random.key("vmap"), 3);
    const together = vmap((k: Tensor) => random.normal(k, [4]))(keys);
    expect(numbers(together)).toEqual([...keys].flatMap((k) => numbers(random.normal(k, [4]))));
  });
  it("says what cannot be mapped", () => {
    const f = (a: Tensor, b: Tensor): Tensor => a.add(b);
    expect(() => vmap(f)(f64([1]), f64([1, 2]))).toThrow("mapped sizes differ");
    expect(() => vmap(f, { inAxes: [0] })(f64([1]), f64([1]))).toThrow("inAxes has 1 entries for 2 arguments");
    expect(() => vmap(f, { inAxes: null })(f64([1]), f64([1]))).toThrow("no argument is mapped");
  });
});

describe("cond", () => {
  const f = (x: Tensor): Tensor =>
    cond(
      x.greater(0),
      (v: Tensor) => v.mul(v),
      (v: Tensor) => v.neg(),
      x,
    );
  it("takes one branch, in every transform", () => {
    for (const [x, y, d] of [
      [3, 9, 6],
      [-3, 3, -1],
    ]) {
      expect(f(f64(x)).item()).toBe(y);
      expect(jit(f)(f64(x)).item()).toBe(y);
      expect(grad(f)(f64(x)).item()).toBe(d);
      expect(jit(grad(f))(f64(x)).item()).toBe(d);
      expect(jvp(f, [f64(x)], [f64(1)])[1].item()).toBe(d);
    }
    expect(numbers(vmap(f)(f64([3, -3])))).toEqual([9, 3]);
    expect(numbers(jit(vmap(grad(f)))(f64([3, -3])))).toEqual([6, -1]);
    expect(grad(grad(f))(f64(3)).item()).toBe(2);
  });
  it("closes over outer values of either branch", () => {
    const g = (a: Tensor, b: Tensor): Tensor =>
      cond(
        a.greater(0),
        () => a.mul(b),
        () => b.mul(b),
      );
    expect(numbers(grad(g, { argnums: [0, 1] })(f64(2), f64(5)))).toEqual([5, 2]);
    expect(numbers(grad(g, { argnums: [0, 1] })(f64(-2), f64(5)))).toEqual([0, 10]);
  });
  it("maps operands with one choice for all", () => {
    const g = vmap(
      (c: Tensor, x: Tensor) =>
        cond(
          c,
          (v: Tensor) => v.mul(2),
          (v: Tensor) => v.add(1),
          x,
        ),
      { inAxes: [null, 0] },
    );
    expect(numbers(g(tensor(true), f64([1, 2])))).toEqual([2, 4]);
  });
  it("is one call into wasm, derivative, batch and nested calls included", () => {
    const g = jit((v: Tensor) => vmap(jit(grad(f)))(v));
    g(f64([1, -1]));
    expect(countCalls(() => g(f64([2, -2])))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
    const h = jit((x: Tensor) => grad(f)(x));
    h(f64(1));
    expect(countCalls(() => h(f64(-1)))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
  });
  it("refuses branches that differ", () => {
    expect(() =>
      cond(
        tensor(true),
        () => f64(1),
        () => tensor(1),
      ),
    ).toThrow("the branches differ");
    expect(() =>
      cond(
        tensor([true]),
        () => f64(1),
        () => f64(1),
      ),
    ).toThrow("expected a scalar tensor");
  });
});

describe("jit", () => {
  it("traces once for each shape, dtype and static argument", () => {
    let runs = 0;
    const f = (x: Tensor, mode: string): Tensor => {
      runs++;
      return mode === "double" ? x.mul(2) : x;
    };
    const g = jit(f, { staticArgnums: [1] });
    g(f64([1, 2]), "double");
    g(f64([3, 4]), "double");
    expect(runs).toBe(1);
    g(f64([1, 2, 3]), "double");
    g(tensor([1, 2]), "double");
    g(f64([1, 2]), "same");
    expect(runs).toBe(4);
    expect(traceCount(f)).toBe(4);
  });
  it("runs on the CPU where it is told to, and knows no other device by name", () => {
    const f = jit((x: Tensor) => x.mul(2), { device: "cpu", donate: [0] });
    expect(f(f64([1, 2])).toArray()).toEqual([2, 4]);
    expect(() => jit((x: Tensor) => x, { device: "gpu" as "cpu" })).toThrow('device is "gpu", expected "cpu"');
  });
  it("takes JS numbers as traced weak scalars", () => {
    let runs = 0;
    const f = jit((x: Tensor, s: number) => {
      runs++;
      return x.mul(s);
    });
    expect(numbers(f(f64([1, 2]), 0.1))).toEqual([0.1, 0.2]);
    expect(numbers(f(f64([1, 2]), 3))).toEqual([3, 6]);
    expect(runs).toBe(1);
    expect(f(tensor([1, 2]), 0.5).dtype).toBe("f32");
  });
  it("fixes captured tensors and works inside grad, vmap and itself", () => {
    const c = f64([2, 3]);
    const f = jit((x: Tensor) => x.mul(c).sum());
    expect(numbers(grad(f)(f64([1, 1])))).toEqual([2, 3]);
    expect(
      numbers(
        jit(vmap(grad(jit(f))))(
          tensor(
            [
              [1, 1],
              [2, 2],
            ],
            { dtype: "f64" },
          ),
        ),
      ),
    ).toEqual([2, 3, 2, 3]);
    // A capture that is itself being differentiated.
    expect(grad((a: Tensor) => jit((x: Tensor) => x.mul(a))(f64(5)))(f64(1)).item()).toBe(5);
  });
  it("is one call into wasm", () => {
    const f = jit((x: Tensor) => grad(cubes)(x).add(1).cumsum());
    f(f64([1, 2]));
    expect(countCalls(() => f(f64([1, 2])))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
  });
  it("explains that a traced value cannot be read", () => {
    for (const read of [
      (x: Tensor) => x.item(),
      (x: Tensor) => String(x),
      (x: Tensor) => JSON.stringify(x),
      (x: Tensor) => Number(x),
    ])
      expect(() => jit((x: Tensor) => tensor(Number(read(x))))(f64(1))).toThrow(
        /traced by jit.*where\(condition, a, b\) or cond/,
      );
  });
  it("returns inputs, constants and repeated results", () => {
    const [a, b, c, d] = jit((x: Tensor) => [x, tensor(7), x.mul(2), x.mul(2)])(f64(3));
    expect([a, b, c, d].map((t) => t.item())).toEqual([3, 7, 6, 6]);
  });
});

it("prints graphs", () => {
  expect(formatGraph(makeGraph((x: Tensor) => x.mul(2).sin().sum())(f64([1, 2])))).toMatchInlineSnapshot(`
    "(a: f64[2]) => {
      b: f64[2] = broadcast[shape=[2] axes=[]] 2
      c: f64[2] = mul a b
      d: f64[2] = sin c
      e: f64[] = sum[axes=[0]] d
      return e
    }"
  `);
});
