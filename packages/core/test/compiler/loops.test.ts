import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Tensor,
  checkpoint,
  cond,
  concat,
  foriLoop,
  grad,
  makeGraph,
  scan,
  stack,
  switchCase,
  jvp,
  tensor,
  vmap,
  where,
  whileLoop,
  zeros,
} from "../../src/index.js";
import { schedule } from "../../src/compiler/schedule.js";
import type { Procedure } from "../../src/kernel/procedure.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { bits, runProcedureOnBoth } from "../backends/bothBackends.js";
import { slope } from "../support.js";

/* Loops as one kernel: the same bits as the loop of calls, on both backends. */

const f64 = (x: number | readonly unknown[]): Tensor => tensor(x as number[], { dtype: "f64" });
/** Values in (-1, 1) that do not repeat. */
const wave = (shape: readonly number[], phase = 0): Tensor =>
  f64(Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i + phase))).reshape([...shape]);

const i32 = (x: number): Tensor => tensor(x, { dtype: "i32" });

const loopsIn = (p: Procedure): number => p.steps.filter((s) => s.kind === "loop" || s.kind === "while").length;

/** How many loops of calls are left, after comparing the bits with a program that has nothing else. */
function loopsLeft(f: (...args: Tensor[]) => unknown, ...args: Tensor[]): number {
  const graph = makeGraph(f)(...args);
  const captured = graph.inputs.slice(0, graph.inputs.length - args.length);
  expect(captured).toEqual([]);
  const inputs = args.map((x) => x.storage);
  const [one, calls] = [{}, { loops: false }].map((options) => schedule(graph, "test", options));
  const [a, b] = [one, calls].map((p) => runProcedureOnBoth(p, inputs.length, inputs));
  expect(a.map(bits)).toEqual(b.map(bits));
  return loopsIn(one);
}

type Scan = (x: Tensor, xs: Tensor) => Tensor;
const last = (f: (c: Tensor, x: Tensor) => Tensor, reverse = false): Scan => {
  return (x, xs) => {
    const [c, path] = scan((h: Tensor, u: Tensor) => [f(h, u), h.mul(u)], x, xs, { reverse });
    return c.sum().add(path.square().sum());
  };
};

/** Carry shape, slice shape, body; all are one kernel, forward and backward. */
const small: Record<string, [number[], number[], Scan]> = {
  scalar: [[], [], last((h, u) => h.sin().add(u).tanh())],
  backwards: [[], [], last((h, u) => h.mul(0.9).add(u.exp()), true)],
  "matrix and vector": [[3], [3, 3], last((h, u) => u.matmul(h).tanh().add(h.mean()))],
  "a carry that shifts": [[4], [], last((h, u) => concat([u.reshape([1]), h.at([0, 3])]).mul(0.9))],
  "logsumexp of two states": [[2], [2, 2], last((h, u) => h.reshape([2, 1]).add(u).logsumexp(0))],
  "one shape throughout": [[16], [16], last((h, u) => h.sin().add(u).tanh())],
  "one shape of two axes": [[12, 10], [12, 10], last((h, u) => h.mul(u).add(0.5).div(h.square().add(1)))],
  "a batch of pairs": [[9, 2], [9], vmap(last((h, u) => stack([h.at(1).mul(u), h.at(0).sub(h.at(1).sin())])))],
  cond: [
    [],
    [],
    last((h, u) =>
      cond(
        u.greater(0),
        (a: Tensor) => a.sin(),
        (a) => a.mul(a).sub(0.5),
        h,
      ).add(u),
    ),
  ],
  switch: [
    [2],
    [],
    last((h, u) =>
      switchCase(
        u.mul(3).astype("i32"),
        [(a: Tensor) => a.mul(0.3), (a: Tensor) => a.at([null, null, -1]), (a: Tensor) => a.add(u)],
        h,
      ),
    ),
  ],
  nested: [[], [3], last((h, u) => scan((c: Tensor, v: Tensor) => [c.mul(v).sin(), undefined], h, u)[0])],
  swap: [
    [],
    [],
    (x, xs) => {
      const [[a, b, c]] = scan(
        ([p, q, r]: Tensor[], u: Tensor) => [[q, r.add(u.mul(p)), p], undefined],
        [x, x.sin(), x.cos()],
        xs,
      );
      return a.add(b.mul(2)).sub(c.mul(3));
    },
  ],
};

describe("small scans", () => {
  for (const [name, [carry, slice, f]] of Object.entries(small))
    it(`are one kernel each way: ${name}`, () => {
      for (const length of [1, 2, 7]) {
        const g = (x: Tensor, xs: Tensor): Tensor => f(x, xs).sum();
        const batch = name.startsWith("a batch");
        const args = [wave(carry, 0.4), batch ? wave([...slice, length]) : wave([length, ...slice])] as const;
        expect(loopsLeft(g, ...args)).toBe(0);
        expect(loopsLeft((x, xs) => [...grad(g, { argnums: [0, 1] })(x, xs)], ...args)).toBe(0);
      }
    });

  it("have the derivative of the function that they compute", () => {
    const xs = wave([6]);
    for (const [name, [carry, slice, f]] of Object.entries(small)) {
      if (name === "switch") continue; // the choice has jumps
      const batch = name.startsWith("a batch");
      const [x, u, along] = [wave(carry, 0.4), wave(batch ? [...slice, 6] : [6, ...slice]), wave(carry, 2)];
      const at = (s: number): Tensor => f(x.add(along.mul(s)), u).sum();
      const expected = slope((s) => at(s).item(), 0);
      const got = grad((v: Tensor) => f(v, u).sum())(x)
        .mul(along)
        .sum()
        .item();
      expect(Math.abs(got - expected), name).toBeLessThan(1e-7 * (1 + Math.abs(expected)));
    }
    expect(xs.size).toBe(6);
  });

  it("of no steps and of a thousand", () => {
    const f = (x: Tensor, xs: Tensor): Tensor[] => [...grad(small.scalar[2], { argnums: [0, 1] })(x, xs)];
    expect(loopsLeft(f, f64(0.3), zeros([0], "f64"))).toBe(2); // which run no round
    expect(loopsLeft(f, f64(0.3), wave([1000]))).toBe(0);
    expect(loopsLeft((x) => foriLoop(0, 1000, (i, c: Tensor) => c.mul(0.99).add(i), x), f64(1))).toBe(0);
  });

  it("leave loops of calls where lanes read from each other, or the body is large", () => {
    const roll = last((h, u) => concat([h.at([1, 32]), h.at([0, 1])]).mul(u));
    loopsLeft(roll, wave([32]), wave([4, 32]));
    const large = last((h, u) => u.matmul(h).tanh());
    expect(loopsLeft(large, wave([40]), wave([4, 40, 40]))).toBe(1);
    loopsLeft(
      last((h, u) => h.cumsum().mul(u)),
      wave([40]),
      wave([4, 40]),
    );
    loopsLeft(
      last((h, u) => h.mul(u).add(h.sum()).add(u.max())),
      wave([40]),
      wave([4, 40]),
    );
  });
});

describe("work that is the same in each step", () => {
  const kernelsIn = (p: Procedure): string[] =>
    p.steps.flatMap((s) =>
      s.kind === "kernel" ? [s.kernel.name] : s.kind === "loop" || s.kind === "while" ? kernelsIn(s.body) : [],
    );
  const inLoops = (f: (...args: Tensor[]) => unknown, ...args: Tensor[]): string[] => {
    const p = schedule(makeGraph(f)(...args), "test", { fuse: false });
    return p.steps.flatMap((s) => (s.kind === "loop" || s.kind === "while" ? kernelsIn(s.body) : []));
  };
  const a = wave([40, 40]);
  const step = (w: Tensor, h: Tensor): Tensor => w.matmul(w).exp().matmul(h).tanh();

  it("stands in front of the loop, also of loops in loops", () => {
    const once = (w: Tensor, h: Tensor): Tensor => foriLoop(0, 3, (_, c: Tensor) => step(w, c), h);
    const nested = (w: Tensor, h: Tensor): Tensor =>
      foriLoop(0, 3, (_, c: Tensor) => foriLoop(0, 2, (_i, d: Tensor) => step(w, d), c), h);
    for (const f of [once, nested]) {
      const names = inLoops(f, a, wave([40]));
      expect(names.filter((n) => n === "dot")).toHaveLength(1);
      expect(names).not.toContain("exp");
      loopsLeft(f, a, wave([40]));
      loopsLeft((w, h) => grad((v: Tensor) => f(v, h).sum())(w), a, wave([40]));
    }
    // By hand.
    const m = a.matmul(a).exp();
    const expected = m.matmul(m.matmul(m.matmul(wave([40])).tanh()).tanh()).tanh();
    expect([...once(a, wave([40])).storage]).toEqual([...expected.storage]);
  });

  it("stays inside where it may not run, or a barrier stands before it", () => {
    const never = (w: Tensor, h: Tensor): Tensor => foriLoop(0, 0, (_, c: Tensor) => step(w, c), h);
    expect(inLoops(never, a, wave([40])).filter((n) => n === "dot")).toHaveLength(2);
    const again = (w: Tensor, h: Tensor): Tensor =>
      foriLoop(0, 3, (_, c: Tensor) => checkpoint((v: Tensor) => step(w, v))(c), h).sum();
    loopsLeft((w, h) => grad((v: Tensor) => again(v, h))(w), a, wave([40]));
  });
});

/* Random bodies: a pool of values over shapes that share an axis, or almost. */
type Op = (a: Tensor, b: Tensor) => Tensor;
const ops: readonly Op[] = [
  (a, b) => (a.shape.join() === b.shape.join() ? a.add(b) : a.add(b.sum())),
  (a, b) => (a.shape.join() === b.shape.join() ? a.mul(b) : a.mul(b.mean())),
  (a) => a.sin(),
  (a) => (a.ndim > 0 ? a.flip(0) : a.tanh()),
  (a) => (a.ndim > 0 ? a.mul(0.3).cumsum(0) : a),
  (a) => (a.ndim > 0 ? a.sum(0) : a),
  (a) => (a.ndim > 0 ? a.sum(-1, { keepDims: true }).mul(0.1).add(a) : a),
  (a) => (a.ndim > 0 ? a.softmax() : a),
  (a) => a.T,
  (a) => (a.ndim > 0 && a.shape[0] > 1 ? concat([a.at([1, null]), a.at([0, 1])]) : a),
  (a, b) => where(a.greater(b.mean()), a, a.mul(0.5)),
  (a, b) =>
    cond(
      b.sum().greater(0),
      (v: Tensor) => v.sin(),
      (v) => v.mul(0.5),
      a,
    ),
  (a, b) => (a.ndim === 2 ? a.T.matmul(a).mul(b.mean()) : a.mul(b.max())),
  (a) => (a.ndim > 0 ? concat([a.at([0, 1]), a.at([-1, null]), a.at([0, 1])]) : a),
  (a) => (a.ndim > 0 ? a.take(a.at(0).sum().mul(5).astype("i32")) : a),
  (a) => (a.ndim > 0 ? a.sort() : a),
  (a, b) => scan((c: Tensor) => [c.mul(0.5).add(b.mean()), c.cos()], a, null, { length: 3 })[1].sum(0),
  (a) => a.flatten(),
];

describe("random scans", () => {
  it("have the bits of loops of calls", () => {
    const program = fc.record({
      shape: fc.constantFrom([], [2], [3], [8], [9], [8, 2], [2, 8], [8, 8], [3, 1]),
      length: fc.constantFrom(1, 2, 3),
      reverse: fc.boolean(),
      steps: fc.array(fc.tuple(fc.nat(ops.length - 1), fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 8 }),
    });
    let kernels = 0;
    fc.assert(
      fc.property(program, ({ shape, length, reverse, steps }) => {
        const f = (x: Tensor, xs: Tensor): Tensor => {
          const step = (h: Tensor, u: Tensor): [Tensor, Tensor] => {
            const pool = [h, u];
            for (const [op, i, j] of steps)
              pool.push(ops[op](pool[(pool.length - 1 - (i % 4) + pool.length) % pool.length], pool[j % pool.length]));
            const out = pool[pool.length - 1];
            const next = out.shape.join() === h.shape.join() ? out : h.add(out.mean());
            return [next.tanh(), out];
          };
          const [c, path] = scan(step, x, xs, { reverse });
          return c.sum().add(path.mean());
        };
        const args = [wave(shape, 0.4), wave([length, ...shape])];
        if (loopsLeft(f, ...args) === 0) kernels++;
        loopsLeft((x, xs) => [...grad(f, { argnums: [0, 1] })(x, xs)], ...args);
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(kernels).toBeGreaterThan(15);
  });
});

describe("a small while", () => {
  const newton = (a: Tensor): Tensor =>
    whileLoop(
      ({ x }: { x: Tensor; n: Tensor }) => x.square().sub(a).abs().greater(a.mul(1e-13)),
      ({ x, n }) => ({ x: x.add(a.div(x)).mul(0.5), n: n.add(1) }),
      { x: a.mul(1), n: i32(0) },
    ).x;
  const rounds = (step: (x: Tensor, k: Tensor) => Tensor) => (x: Tensor, n: Tensor) =>
    whileLoop(
      ([k]: Tensor[]) => k.less(n),
      ([k, v]: Tensor[]) => [k.add(1), step(v, k)],
      [i32(0), x],
    )[1];
  const swap = (x: Tensor, n: Tensor): Tensor[] =>
    whileLoop(
      ([k, a]: Tensor[]) => k.less(n).logicalAnd(a.less(100)),
      ([k, a, b]: Tensor[]) => [k.add(1), b, a.add(b)],
      [i32(0), x, x.sin()],
    );

  it("is one kernel, as are its tangents and a few of them together", () => {
    const tangent = (x: Tensor): Tensor => jvp(newton, [x], [f64(1)])[1];
    for (const a of [1e-3, 2, 1e6, 1e300]) for (const f of [newton, tangent]) expect(loopsLeft(f, f64(a))).toBe(0);
    expect(loopsLeft(vmap(newton), f64([1e-3, 0.5, 2, 1e6]))).toBe(0);
  });
  it.each([0, 1, 2, 5, 40])("runs %i rounds, in lanes too", (n) => {
    for (const shape of [[], [3], [2, 2], [16], [12, 10], [1000]])
      expect(
        loopsLeft(
          rounds((v, k) => v.sin().add(k.astype("f64").mul(v))),
          wave(shape),
          i32(n),
        ),
      ).toBe(0);
    expect(loopsLeft(swap, f64(0.7), i32(n))).toBe(0);
    expect(loopsLeft(vmap(swap, { inAxes: [0, null] }), wave([3], 1), i32(n))).toBe(0);
    // The carry does not change, and what the condition reads does not either.
    const still = (x: Tensor, m: Tensor): Tensor =>
      whileLoop(
        () => m.less(0),
        (v: Tensor) => v.add(1),
        x,
      );
    expect(loopsLeft(still, f64(2), i32(n))).toBe(0);
  });
  it("is a loop of calls where it holds another loop, or its end depends on many elements", () => {
    const nested = (x: Tensor, n: Tensor): Tensor => rounds((v) => newton(v.add(2)))(x, n);
    expect(loopsLeft(nested, f64(2), i32(3))).toBe(1);
    const far = (x: Tensor): Tensor =>
      whileLoop(
        (v: Tensor) => v.sum().less(1e6),
        (v: Tensor) => v.mul(1.5).add(1),
        x,
      );
    expect(loopsLeft(far, wave([1000]))).toBe(1);
    expect(loopsLeft(far, wave([7]))).toBe(0);
  });
});
