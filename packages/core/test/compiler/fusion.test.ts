import { describe, expect, test } from "vitest";
import {
  type Tensor,
  concat,
  logaddexp,
  makeGraph,
  random,
  softmax,
  softplus,
  take,
  tensor,
  tree,
  valueAndGrad,
  zeros,
} from "../../src/index.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { schedule } from "../../src/compiler/schedule.js";
import { traceGraph } from "../../src/graph/record.js";
import { explain } from "../../src/debug/index.js";
import type { Storage } from "../../src/tensor/dtype.js";

/** Kernels that run over more than a few elements: the passes over data. */
const passes = (f: (...args: Tensor[]) => unknown, ...args: Tensor[]): number =>
  schedule(makeGraph(f)(...args)).steps.filter(
    (s) => s.kind === "kernel" && s.kernel.buffers.some((b) => b.access !== "scratch" && b.length >= 100),
  ).length;

const normal = (seed: number, shape: readonly number[], dtype: "f32" | "f64" = "f64"): Tensor =>
  random.normal(random.key(seed), shape, { dtype });

const layerNorm = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => {
  const centred = x.sub(x.mean(-1, { keepDims: true }));
  return centred
    .div(centred.square().mean(-1, { keepDims: true }).add(1e-5).sqrt())
    .mul(scale)
    .add(shift);
};
const groups = tensor(
  Array.from({ length: 300 }, (_, i) => i % 5),
  { dtype: "i32" },
);
const [x, y] = [normal(1, [300]), normal(2, [300])];
const design = normal(3, [300, 6]);

/** What is computed, on what, and in how many passes. */
const programs: Record<string, [f: (...args: Tensor[]) => unknown, args: Tensor[], passes: number]> = {
  "softmax of rows": [(t) => softmax(t, -1), [normal(4, [40, 200], "f32")], 1],
  "layer norm": [layerNorm, [normal(5, [33, 150], "f32"), normal(6, [150], "f32"), normal(7, [150], "f32")], 1],
  "sums over one slice": [(t) => [t.at([10, null]).sum(), t.at([10, null]).square().sum()], [x], 1],
  "linear regression": [
    valueAndGrad((q: Tensor) => {
      const scale = q.at(2).exp();
      const residual = y.sub(q.at(0).add(q.at(1).mul(x))).div(scale);
      return residual.square().mul(-0.5).sub(q.at(2)).sum();
    }),
    [normal(8, [3])],
    1,
  ],
  "logistic regression": [
    valueAndGrad((q: Tensor) => {
      const eta = design.matmul(q);
      return y.mul(eta).sub(softplus(eta)).sum();
    }),
    [normal(9, [6])],
    3,
  ],
  "varying intercepts": [valueAndGrad((q: Tensor) => y.sub(take(q, groups)).square().sum()), [normal(10, [5])], 2],
  "a mixture": [
    valueAndGrad((q: Tensor) => {
      const part = (k: number): Tensor =>
        y
          .sub(q.at(k))
          .div(q.at(k + 2).exp())
          .square()
          .mul(-0.5)
          .sub(q.at(k + 2));
      return logaddexp(part(0).add(q.at(4)), part(1)).sum();
    }),
    [normal(11, [5])],
    1,
  ],
  "moments of columns": [
    (t: Tensor) => [t.sum(0), t.square().sum(0), t.max(0), t.add(1)],
    [normal(12, [1500, 7], "f32")],
    1,
  ],
  "moments of everything": [
    (t: Tensor) => [t.sum(), t.square().sum(), t.abs().max(), t.mul(2)],
    [normal(13, [70, 129], "f32")],
    1,
  ],
  "a sum through a transposed view": [(t: Tensor) => t.add(t.transpose()).sum(), [normal(14, [90, 90], "f32")], 2],
  "a product of transposed factors": [
    (t: Tensor, u: Tensor) => t.transpose().matmul(u.transpose()),
    [normal(17, [20, 30], "f32"), normal(18, [40, 20], "f32")],
    1,
  ],
  "short rows": [
    (t: Tensor) =>
      t
        .sub(t.max(1, { keepDims: true }))
        .exp()
        .sum(1),
    [normal(15, [500, 3])],
    1,
  ],
  "concatenation between": [(t: Tensor) => concat([t.mul(2), t.exp()]).sum(), [normal(16, [200])], 3],
};

describe("what fusion makes of programs", () => {
  test.each(Object.entries(programs))("%s", (_name, [f, args, expected]) => {
    expect(passes(f, ...args)).toBe(expected);
    const { graph, captures } = traceGraph("program", args, (...inputs) => tree.leaves(f(...inputs)) as Tensor[]);
    const storages = [...captures, ...args].map((t) => t.storage);
    const run = (fuse: boolean, wasm: boolean): Storage[] => {
      const procedure = schedule(graph, "test", { fuse });
      const program = wasm
        ? compileToWasm(procedure, graph.inputs.length)
        : interpretedProgram(procedure, graph.inputs.length);
      return program.run(storages);
    };
    const fused = run(true, true);
    expect(run(false, true)).toEqual(fused);
    expect(run(true, false)).toEqual(fused);
    expect(fused.every((s) => s.every(Number.isFinite))).toBe(true);
  });

  test("what a broadcast repeats is computed once", () => {
    // Through the alias that keeps the axis too: 8 exponentials a row, not 64.
    const { kernels } = explain((t: Tensor) => softmax(t, -1))(normal(19, [1000, 8], "f32"));
    const exponentials = kernels.reduce((n, k) => n + k.runs * k.flops, 0);
    expect(exponentials / 8000).toBeLessThan(80);
  });

  test("sums of columns keep their digits", () => {
    const sums = zeros([1_000_000, 2]).add(0.1).sum(0).toArray() as number[];
    for (const s of sums) expect(Math.abs(s - 1e5) / 1e5).toBeLessThan(1e-4);
  });
});
