import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Tensor,
  concat,
  dynamicUpdateSlice,
  foriLoop,
  grad,
  jit,
  makeGraph,
  scan,
  tensor,
  whileLoop,
} from "../../src/index.js";
import { traceGraph } from "../../src/graph/record.js";
import { kernelWork } from "../../src/backends/work.js";
import { slope } from "../support.js";
import { flatten } from "../../src/tensor/tree.js";
import { schedule } from "../../src/compiler/schedule.js";
import type { Procedure, Step } from "../../src/kernel/procedure.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { bits, runProcedureOnBoth } from "../backends/bothBackends.js";

/* Values that take the place of those that nobody reads any more: less memory and fewer copies, the same bits. */

const wave = (shape: readonly number[], phase = 0): Tensor =>
  tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i + phase)),
    { dtype: "f64" },
  ).reshape([...shape]);

/** The procedure, after comparing its bits with those of one where everything has a place of its own. */
function compiled(f: (...args: Tensor[]) => unknown, ...args: Tensor[]): Procedure {
  const { graph, captures } = traceGraph("test", args, (...xs) => flatten(f(...xs), "test").leaves);
  const inputs = [...captures, ...args].map((x) => x.storage);
  const [planned, apart] = [{ loops: false }, { loops: false, reuse: false }].map((options) =>
    schedule(graph, "test", options),
  );
  const [a, b] = [planned, apart].map((p) => runProcedureOnBoth(p, inputs.length, inputs));
  expect(a.map(bits)).toEqual(b.map(bits));
  return planned;
}

/** Bytes copied by the steps, those of a loop's body as often as it runs. */
function copied(p: Procedure): number {
  const of = (s: Step): number =>
    s.kind === "copy"
      ? s.bytes
      : s.kind === "loop"
        ? s.count * copied(s.body)
        : s.kind === "while"
          ? copied(s.body)
          : 0;
  return p.steps.reduce((sum, s) => sum + of(s), 0);
}
const buffersOf = (p: Procedure): number =>
  p.steps.reduce((sum, s) => sum + (s.kind === "loop" ? s.arguments.filter((a) => a.kind === "swap").length : 0), 0);

const rows = 40;
const columns = 6;
const bytes = 8 * rows * columns;
const setRow = (x: Tensor, row: Tensor, t: Tensor): Tensor => dynamicUpdateSlice(x, row.reshape([1, columns]), [t, 0]);

describe("in place", () => {
  it("a chain of kernels needs one buffer where inputs and outputs pair off", () => {
    // The barrier between two elementwise kernels is a running sum, which is none.
    const f = (x: Tensor): Tensor => x.cumsum(0).sin().cumsum(0).cos().cumsum(0).sum();
    expect(compiled(f, wave([rows, columns])).frameBytes).toBeLessThanOrEqual(2 * bytes);
  });

  it("an update writes what changes, into the buffer that ends there", () => {
    const f = (x: Tensor, i: Tensor): Tensor =>
      setRow(setRow(x.mul(2), x.at(0), i), x.at(1), i.add(1)).scatterAdd(i.reshape([1]), x.at([0, 1]));
    expect(copied(compiled(f, wave([rows, columns]), tensor(3, { dtype: "i32" })))).toBe(0);
  });

  it("an update of what is read later, or is an input, copies it", () => {
    const both = (x: Tensor, i: Tensor): Tensor[] => {
      const y = x.mul(2).cumsum(0);
      return [setRow(y, x.at(0), i), y.cumsum(1)];
    };
    const i = tensor(3, { dtype: "i32" });
    // What else reads it comes first, if it can.
    expect(copied(compiled(both, wave([rows, columns]), i))).toBe(0);
    const after = (x: Tensor, k: Tensor): Tensor => {
      const y = x.mul(2).cumsum(0);
      return setRow(y, x.at(0), k).cumsum(1).add(y);
    };
    expect(copied(compiled(after, wave([rows, columns]), i))).toBe(bytes);
    expect(copied(compiled((x, k) => setRow(x, x.at(0), k), wave([rows, columns]), i))).toBe(bytes);
    expect(copied(compiled((x, k) => [setRow(x, x.at(0), k), setRow(x, x.at(1), k)], wave([rows, columns]), i))).toBe(
      2 * bytes,
    );
  });

  it("a carry of which a step changes a row is not copied in each step", () => {
    const f = (x: Tensor): Tensor => foriLoop(1, rows, (t, c: Tensor) => setRow(c, c.at(t.sub(1)).sin(), t), x);
    const once = compiled(f, wave([rows, columns]));
    expect(copied(once)).toBeLessThan(bytes + 200);
    compiled((x) => grad((v: Tensor) => f(v).square().sum())(x), wave([rows, columns]));
    const g = (x: Tensor): Tensor =>
      whileLoop(
        ({ t }) => t.less(rows),
        ({ t, c }) => ({ t: t.add(1), c: setRow(c, c.at(t.sub(1)).sin(), t) }),
        { t: tensor(1, { dtype: "i32" }), c: x },
      ).c;
    const graph = makeGraph((x: Tensor, t: Tensor) =>
      whileLoop(
        (s) => s.t.less(rows),
        (s) => ({ t: s.t.add(1), c: setRow(s.c, s.c.at(s.t.sub(1)).sin(), s.t) }),
        { t, c: x },
      ),
    )(wave([rows, columns]), tensor(1, { dtype: "i32" }));
    expect(copied(schedule(graph))).toBeLessThan(bytes + 200);
    expect(g(wave([rows, columns])).storage).toEqual(f(wave([rows, columns])).storage);
  });

  it("the gradient of a loop that reads or writes one row a step touches one row a step", () => {
    const reads = (xs: Tensor): Tensor =>
      foriLoop(0, rows, (t, c: Tensor) => c.mul(0.9).add(xs.at(t)).sin(), wave([columns])).sum();
    const writes = (x: Tensor): Tensor =>
      foriLoop(1, rows, (t, c: Tensor) => c.updateAt([t], c.at(t.sub(1)).sin()), x)
        .square()
        .sum();
    for (const f of [reads, writes]) {
      const g = (x: Tensor): Tensor => grad(f)(x);
      const p = compiled(g, wave([rows, columns], 2));
      const inLoops = p.steps.flatMap((s) => (s.kind === "loop" ? s.body.steps : []));
      for (const s of inLoops) if (s.kind === "kernel") expect(kernelWork(s.kernel)).toBeLessThan(rows * columns);
      expect(copied(p)).toBeLessThan(3 * bytes);
      const [x, along] = [wave([rows, columns], 2), wave([rows, columns], 3)];
      const expected = slope((h) => f(x.add(along.mul(h))).item(), 0);
      expect(Math.abs(g(x).mul(along).sum().item() - expected)).toBeLessThan(1e-8);
    }
  });

  it("an update at a position outside is dropped", () => {
    const f = jit((x: Tensor, t: Tensor) => x.updateAt([t], 5));
    const at = (t: number): number[] => [...f(tensor([1, 2, 3]), tensor(t, { dtype: "i32" })).storage];
    expect([at(0), at(-1), at(3), at(-4)]).toEqual([
      [5, 2, 3],
      [1, 2, 5],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it("carries that pass through each other, or are read after they are written, have two places", () => {
    const big = [rows, columns];
    const run = (f: (c: Tensor[], u: Tensor) => [Tensor[], unknown]) =>
      compiled((x, y, us) => scan(f, [x, y], us), wave(big), wave(big, 1), wave([5]));
    expect(buffersOf(run(([p, q], u) => [[q, p.mul(u)], p.sum()]))).toBeGreaterThan(0);
    run(([p, q], u) => [[p.cumsum(0), q.add(p.cumsum(1)).mul(u)], undefined]);
    run(([p, q], u) => [[p.add(q.cumsum(0)), q.sub(p.cumsum(0)).mul(u)], p]);
    expect(buffersOf(run(([p, q], u) => [[p.mul(u), q.add(u)], u]))).toBe(0);
  });
});

type Op = (a: Tensor, b: Tensor, t: Tensor) => Tensor;
const size = 5;
const ops: readonly Op[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a) => a.sin(),
  (a) => a.flip(0),
  (a) => a.T,
  (a) => a.cumsum(0).mul(0.3),
  (a, b) => a.matmul(b).mul(0.1),
  (a, b) => a.add(b.at(0)),
  (a, b, t) => dynamicUpdateSlice(a, b.at([0, 1]), [t, 0]),
  (a, b, t) => a.scatterAdd(t.reshape([1]), b.at([1, 2])),
  (a, b) => concat([b.at([2, size]), a.at([0, 2])]),
  (a, b, t) => a.add(b.at(t)),
  (a) =>
    a
      .reshape([size * size])
      .cumsum(0)
      .reshape([size, size])
      .tanh(),
];

describe("random programs with updates", () => {
  it("have the bits of those where everything has a place of its own, in and out of loops", () => {
    const program = fc.record({
      length: fc.nat(3),
      steps: fc.array(fc.tuple(fc.nat(ops.length - 1), fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 12 }),
      next: fc.array(fc.nat(50), { minLength: 3, maxLength: 3 }),
      twice: fc.boolean(),
    });
    fc.assert(
      fc.property(program, ({ length, steps, next, twice }) => {
        const body = (carry: Tensor[], t: Tensor): Tensor[] => {
          const pool = [...carry];
          for (const [op, i, j] of steps)
            pool.push(ops[op](pool[Math.max(0, pool.length - 1 - (i % 4))], pool[j % pool.length], t));
          return next.map((k) => pool[Math.max(0, pool.length - 1 - (k % 6))]);
        };
        const square = [size, size];
        const g = (x: Tensor, y: Tensor, ts: Tensor): unknown => {
          const start = twice ? body([x, y, x], ts.at(0)) : [x, y, x];
          return scan((c: Tensor[], u: Tensor) => [body(c, u), c[1].sum()], start, ts);
        };
        const ts = tensor(
          Array.from({ length: length + 1 }, (_, i) => (i * 3) % size),
          { dtype: "i32" },
        );
        compiled(g, wave(square), wave(square, 1), ts);
      }),
      { numRuns: 50, seed: 4 },
    );
  });
});
