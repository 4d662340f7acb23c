import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  type Tensor,
  concat,
  cond,
  grad,
  jit,
  makeGraph,
  maximum,
  countCalls,
  scan,
  stopGradient,
  tensor,
  vmap,
  where,
} from "../../src/index.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { schedule } from "../../src/compiler/schedule.js";
import { expectClose } from "../support.js";

/*
 * Random programs over a pool of values: each step takes two earlier values and an operation. Compiled as a whole (fused, memory
 * shared) they must give what one operation after another gives, and so must their gradients.
 */

type Step = (a: Tensor, b: Tensor) => Tensor;
const rows = (x: Tensor): Tensor => (x.ndim === 2 ? x : x.reshape([1, x.size]));
const column = (x: Tensor): Tensor => x.reshape([x.size, 1]);

const steps: Record<string, Step> = {
  add: (a, b) => (compatible(a, b) ? a.add(b) : a.add(b.sum())),
  mul: (a, b) => (compatible(a, b) ? a.mul(b) : a.mul(b.mean())),
  sub: (a, b) => a.sub(b.max()),
  tanh: (a) => a.tanh(),
  sin: (a, b) => a.mul(0.5).sin().add(b.min()),
  sum0: (a) => (a.ndim > 0 ? a.sum(0) : a),
  sumLast: (a) => (a.ndim > 0 ? a.sum(-1, { keepDims: true }) : a),
  mean: (a) => a.mean(),
  softmax: (a) => (a.ndim > 0 ? a.softmax() : a),
  transpose: (a) => a.T,
  flip: (a) => (a.ndim > 0 ? a.flip(0) : a),
  slice: (a) => (a.ndim > 0 && a.shape[0] > 1 ? a.at([1, null]) : a),
  reshape: (a) => a.flatten(),
  outer: (a, b) => column(a.flatten().at([0, 3])).mul(b.flatten().at([0, 4])),
  matmul: (a, b) => rows(a).T.matmul(rows(a)).mul(b.mean()),
  concat: (a, b) => concat([a.flatten().at([0, 4]), b.flatten().at([0, 3])]),
  take: (a) => (a.ndim > 0 ? a.take(tensor([0, 0, -1], { dtype: "i32" })) : a),
  cumsum: (a) => (a.ndim > 0 ? a.mul(0.3).cumsum() : a),
  where: (a, b) => where(a.greater(b.mean()), a, a.mul(0.5)),
  maximum: (a, b) => maximum(a, b.mean()),
  stop: (a, b) => stopGradient(a).add(b.mean()),
  scan: (a, b) =>
    scan(
      (c: Tensor, x: Tensor) => [c.mul(0.5).add(x.mean()).sin(), c.mul(x.sum())],
      b.mean(),
      a.reshape([a.size, 1]),
    )[1],
  cond: (a, b) =>
    cond(
      b.mean().greater(0),
      (v: Tensor) => v.mul(2),
      (v: Tensor) => v.tanh(),
      a,
    ),
  vmap: (a, b) => (a.ndim > 0 ? vmap((r: Tensor) => r.mul(b.mean()).tanh())(a) : a),
  inner: (a, b) => a.mul(grad((v: Tensor) => v.sin().mul(a.mean()).sum())(b).mean()),
};
const compatible = (a: Tensor, b: Tensor): boolean =>
  a.ndim === b.ndim ? a.shape.every((n, i) => n === b.shape[i]) : a.ndim === 0 || b.ndim === 0;

const program = fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(), fc.nat()), {
  minLength: 3,
  maxLength: 25,
});
const inputs = [
  tensor(
    [
      [0.3, -0.7, 1.1],
      [0.2, 0.9, -0.4],
    ],
    { dtype: "f64" },
  ),
  tensor([0.5, -0.2, 0.8, -1.3], { dtype: "f64" }),
  tensor(0.6, { dtype: "f64" }),
];

const run =
  (list: readonly (readonly [string, number, number])[]) =>
  (...xs: Tensor[]): Tensor => {
    const pool = [...xs];
    for (const [name, i, j] of list) {
      // Mostly recent values, so that chains grow long.
      const a = pool[Math.max(0, pool.length - 1 - (i % 4))];
      const b = pool[j % pool.length];
      const next = steps[name](a, b);
      // Magnitudes and sizes stay moderate.
      pool.push(next.size > 60 ? next.flatten().at([0, 60]).sin() : next.sin());
    }
    return pool.slice(3).reduce((sum, x) => sum.add(x.mean()), tensor(0, { dtype: "f64" }));
  };

const failures = { numRuns: 150, seed: 20261123, endOnFailure: false };

it("random programs give the same compiled as one operation after another, forward and backward", () => {
  fc.assert(
    fc.property(program, (list) => {
      const f = run(list);
      const g = grad((p: Tensor[]) => f(...p));
      expectClose(jit(f)(...inputs), f(...inputs), 1e-11);
      const compiled = jit(g);
      expectClose(compiled(inputs), g(inputs), 1e-9);
      expect(countCalls(() => compiled(inputs))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
    }),
    failures,
  );
}, 120_000);

it("random programs give the same bits interpreted and compiled", () => {
  fc.assert(
    fc.property(program, (list) => {
      const f = run(list);
      const graph = makeGraph((p: Tensor[]) => grad((q: Tensor[]) => f(...q))(p))(inputs);
      const captured = graph.inputs.length - inputs.length;
      fc.pre(captured === 0);
      const procedure = schedule(graph);
      const storages = inputs.map((x) => x.storage);
      expect(compileToWasm(procedure, inputs.length).run(storages)).toEqual(
        interpretedProgram(procedure, inputs.length).run(storages),
      );
    }),
    { ...failures, numRuns: 60 },
  );
}, 120_000);
