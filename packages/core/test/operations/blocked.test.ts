import { describe, expect, it } from "vitest";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { schedule } from "../../src/compiler/schedule.js";
import { traceGraph } from "../../src/graph/record.js";
import {
  type Tensor,
  eigh,
  eye,
  jit,
  jvp,
  lu,
  cholesky,
  matmul,
  qr,
  svd,
  tensor,
  triangularSolve,
} from "../../src/index.js";
import { type TensorType, sizeOf } from "../../src/tensor/shape.js";
import { generator } from "../primitives/inputs.js";
import { linalgReference } from "../reference/linalg.js";
import { numbers } from "../support.js";

/*
 * Factorisations around the sizes where kernels change (vectors, 32, 64, halves), by what they must satisfy to rounding: backward errors are
 * bounded by a small multiple of n times the machine epsilon (Higham 2002, theorems 9.3, 10.3, 19.4, equation 8.4).
 */

const random = generator(17);
const uniform = (dtype: "f32" | "f64", ...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    { shape, dtype },
  );
const largest = (x: Tensor): number => (x.size === 0 ? 0 : x.abs().max().item());
const sizes = [1, 2, 7, 8, 31, 32, 33, 63, 64, 65, 100, 130, 300];

describe.each(["f64", "f32"] as const)("%s factors", (dtype) => {
  const epsilon = dtype === "f64" ? 2 ** -52 : 2 ** -23;
  const close = (x: Tensor, y: Tensor, n: number): void =>
    expect(largest(x.sub(y))).toBeLessThanOrEqual(4 * (n + 4) * epsilon * Math.max(largest(y), 1));
  const orthonormal = (q: Tensor, n: number): void => close(matmul(q.matrixTranspose(), q), eye(n, n, dtype), n);

  it.each(sizes)("of %i rows, alone and in a batch", (n) => {
    for (const batch of [2, 33, 65].includes(n) ? [[], [3]] : [[]]) {
      const a = uniform(dtype, ...batch, n, n);
      const gram = matmul(a, a.matrixTranspose()).add(eye(n, n, dtype));
      const l = jit(cholesky)(gram);
      close(matmul(l, l.matrixTranspose()), gram, n);
      expect(largest(l.triu(1))).toBe(0);

      const factors = jit(lu)(a);
      close(matmul(factors.p, matmul(factors.l, factors.u)), a, n);
      expect(largest(factors.l)).toBeLessThanOrEqual(1);

      for (const columns of [1, 9])
        for (const lower of [true, false])
          for (const transposed of [true, false]) {
            const b = uniform(dtype, ...batch, n, columns);
            const t = lower ? l : l.matrixTranspose();
            // The other triangle is not read.
            const dirty = t.add(lower ? a.triu(1) : a.tril(-1));
            const x = jit((m: Tensor, y: Tensor) => triangularSolve(m, y, { lower, transposed }))(dirty, b);
            const back = matmul(transposed ? t.matrixTranspose() : t, x);
            expect(largest(back.sub(b))).toBeLessThanOrEqual(2 * n * epsilon * largest(t) * largest(x) + epsilon);
          }

      const { q, r } = jit((m: Tensor) => qr(m))(a);
      close(matmul(q, r), a, n);
      orthonormal(q, n);
      const symmetric = a.add(a.matrixTranspose());
      const { values, vectors } = jit(eigh)(symmetric);
      close(matmul(vectors.mul(values.expandDims(-2)), vectors.matrixTranspose()), symmetric, n);
      orthonormal(vectors, n);
      const { u, s, vt } = jit((m: Tensor) => svd(m))(a);
      close(matmul(u.mul(s.expandDims(-2)), vt), a, n);
      orthonormal(u, n);
      orthonormal(vt.matrixTranspose(), n);
    }
  });
});

/*
 * Blocked QR (Schreiber and Van Loan 1989): against the textbook's reflections, which fix the signs, and by its backward error.
 */
const shapes = [
  [49, 49],
  [70, 52],
  [52, 70],
  [130, 70],
  [70, 130],
  [300, 50],
  [50, 300],
  [200, 96],
];
describe.each(shapes)("qr of %i x %i", (m, n) => {
  it.each([true, false])("is that of reflections one by one, complete: %s", (complete) => {
    const mode = complete ? "complete" : "reduced";
    if (m * n < 4000) {
      const x = uniform("f64", 2, m, n);
      const { q, r } = jit((a: Tensor) => qr(a, { mode }))(x);
      const expected = linalgReference.qr([{ shape: x.shape, values: Array.from(x.storage) }], { complete });
      [q, r].forEach((y, i) => {
        expect(y.shape).toEqual(expected[i].shape);
        expect(largest(y.sub(tensor(Float64Array.from(expected[i].values), { shape: y.shape })))).toBeLessThan(1e-11);
      });
      expect(largest(r.tril(-1))).toBe(0);
    }
    for (const [dtype, epsilon] of [
      ["f32", 2 ** -23],
      ["f64", 2 ** -52],
    ] as const)
      // The largest and the smallest sizes: nothing overflows on the way.
      for (const scale of dtype === "f32" ? [1, 2 ** 120, 2 ** -110] : [1, 2 ** 1015, 2 ** -970]) {
        const a = uniform(dtype, m, n);
        const scaled = a.mul(scale);
        const factors = qr(scaled, { mode });
        const k = factors.q.shape[1];
        const bound = 4 * (Math.min(m, n) + 4) * epsilon;
        const gram = matmul(factors.q.matrixTranspose(), factors.q);
        expect(largest(gram.sub(eye(k, k, dtype)))).toBeLessThanOrEqual(bound);
        expect(largest(matmul(factors.q, factors.r.div(scale)).sub(a))).toBeLessThanOrEqual(bound);
      }
  });
});
it("a blocked qr with dependent columns, zeros, or an entry that is not finite", () => {
  const n = 100;
  const low = matmul(uniform("f64", n, 3), uniform("f64", 3, n));
  for (const x of [low, low.mul(0), uniform("f64", n, n).triu(), eye(n, n, "f64")]) {
    const { q, r } = qr(x);
    expect(largest(matmul(q, r).sub(x))).toBeLessThanOrEqual(1e-13);
    expect(largest(matmul(q.matrixTranspose(), q).sub(eye(n, n, "f64")))).toBeLessThanOrEqual(1e-13);
  }
  for (const bad of [NaN, Infinity]) {
    const { q, r } = qr(uniform("f32", n, n).mul(tensor([...Array<number>(n - 1).fill(1), bad])));
    for (const y of [q, r]) expect(numbers(y).every(Number.isNaN)).toBe(true);
  }
});
it.each([
  [100, 100],
  [130, 60],
  [60, 130],
])("a blocked qr of %i x %i has the tangents of its factors", (m, n) => {
  const [x, d] = [uniform("f64", m, n), uniform("f64", m, n)];
  const factors = (a: Tensor): readonly [Tensor, Tensor] => {
    const { q, r } = qr(a);
    return [q, r];
  };
  const [[q, r], [dq, dr]] = jit((a: Tensor, t: Tensor) => jvp(factors, [a], [t]))(x, d);
  // What d(q r) and d(q^T q) are, and r stays triangular: these have one solution.
  const size = 1e-13 * n * largest(dq) * largest(r);
  expect(largest(matmul(dq, r).add(matmul(q, dr)).sub(d))).toBeLessThanOrEqual(size);
  const s = matmul(q.matrixTranspose(), dq);
  expect(largest(s.add(s.matrixTranspose()))).toBeLessThanOrEqual(size);
  expect(largest(dr.tril(-1))).toBeLessThanOrEqual(size);
});

describe("eigenvalues", () => {
  it.each([33, 130])("of the second difference are 2 - 2 cos(k pi / (%i + 1))", (n) => {
    const entry = (distance: number): number => (distance === 0 ? 2 : distance === 1 ? -1 : 0);
    const x = tensor(
      Float64Array.from({ length: n * n }, (_, p) => entry(Math.abs((p % n) - Math.floor(p / n)))),
      { shape: [n, n] },
    );
    const exact = Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
    expect(largest(eigh(x).values.sub(tensor(exact)))).toBeLessThanOrEqual(4 * n * 2 ** -52);
  });
  it("that differ by 200 orders of magnitude, and a matrix that falls apart", () => {
    const values = [-3, -1e-200, 0, 1e-200, 1e-30, 1, 2, 2, 2];
    const d = eye(9, 9, "f64").mul(tensor(Float64Array.from(values)));
    expect(numbers(eigh(d).values)).toEqual(values);
  });
});

describe("graded matrices", () => {
  it.each(["f32", "f64"] as const)("keep orthonormal vectors in %s, from 1 to the smallest numbers", (dtype) => {
    const n = 40;
    const exponents = Float64Array.from({ length: n }, (_, i) => (dtype === "f32" ? -1.0 : -7.5) * i);
    const scale = tensor(
      exponents.map((e) => 10 ** e),
      { dtype },
    );
    const x = uniform(dtype, n, n).mul(scale);
    const both = x.add(x.matrixTranspose());
    const bound = 8 * n * (dtype === "f32" ? 2 ** -23 : 2 ** -52);
    const { u, s, vt } = svd(x);
    const { values, vectors } = eigh(both);
    expect(largest(matmul(u.mul(s.expandDims(-2)), vt).sub(x))).toBeLessThanOrEqual(bound);
    expect(
      largest(matmul(vectors.mul(values.expandDims(-2)), vectors.matrixTranspose()).sub(both)),
    ).toBeLessThanOrEqual(bound);
    for (const q of [u, vt.matrixTranspose(), vectors])
      expect(largest(matmul(q.matrixTranspose(), q).sub(eye(n, n, dtype)))).toBeLessThanOrEqual(bound);
  });
  it("with zeros on the diagonal of the bidiagonal form converge", () => {
    // A nilpotent shift: singular values 1, ..., 1, 0.
    const n = 20;
    const x = tensor(
      Float64Array.from({ length: n * n }, (_, p) => ((p % n) - Math.floor(p / n) === 1 ? 1 : 0)),
      { shape: [n, n] },
    );
    const { u, s, vt } = svd(x);
    expect(largest(matmul(u.mul(s.expandDims(-2)), vt).sub(x))).toBeLessThanOrEqual(1e-15);
    expect(largest(s.sub(tensor(Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? 1 : 0)))))).toBeLessThanOrEqual(
      1e-15,
    );
  });
});

describe("compiled and interpreted factorisations have the same bits", () => {
  const all: readonly (readonly [string, (x: Tensor) => readonly Tensor[]])[] = [
    ["cholesky", (x) => [cholesky(matmul(x, x.matrixTranspose()))]],
    ["lu", (x) => Object.values(lu(x)) as Tensor[]],
    ["triangularSolve", (x) => [triangularSolve(x, x), triangularSolve(x, x.at(0), { transposed: true })]],
    ["eigh", (x) => Object.values(eigh(x)) as Tensor[]],
    ["svd", (x) => Object.values(svd(x)) as Tensor[]],
    ["qr", (x) => [x, x.at(null, [0, 50]), x.at([0, 50])].flatMap((y) => Object.values(qr(y)) as Tensor[])],
  ];
  it.each(all)("%s", (name, f) => {
    for (const dtype of ["f32", "f64"] as const)
      for (const n of [5, 33, 70]) {
        const x = uniform(dtype, n, n).add(eye(n, n, dtype).mul(3));
        const types: TensorType[] = [{ shape: x.shape, dtype }];
        const { graph } = traceGraph(name, types, f);
        const procedure = schedule(graph);
        const storages = [x.storage];
        const [a, b] = [interpretedProgram(procedure, 1).run(storages), compileToWasm(procedure, 1).run(storages)];
        expect(a).toEqual(b);
        if (name === "qr") expect(compileToWasm(schedule(graph, "main", { fuse: false }), 1).run(storages)).toEqual(b);
      }
  });
});
