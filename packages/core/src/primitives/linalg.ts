import { plainForm, alike } from "../graph/form.js";
import { type Batched, type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { bind, bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add as plus,
  binary,
  compare,
  constant,
  div as over,
  int,
  load,
  mul as times,
  read,
  select as choose,
  sub as minus,
  unary,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type Shape, type TensorType, range, sizeOf, type as typeOf, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, broadcast, broadcastAxis, like, moveAxis, mul, neg, sum, transpose } from "./basis.js";
import { choose as compareTensors, select } from "./comparison.js";
import { dot } from "./dot.js";
import { iota } from "./iota.js";
import { epsilon, powerOfTwo } from "./matrixKernel.js";

/* Matrices in the last two axes; all axes before them are a batch. Each has a kernel of its own, made for small n. */

export const isMatrix = (inputs: readonly TensorType[]): boolean =>
  alike(inputs, 1, "float") && inputs[0].shape.length > 1;
export const isSquare = (inputs: readonly TensorType[]): boolean => {
  if (!alike(inputs, 1, "float")) return false;
  const [{ shape }] = inputs;
  return shape.length > 1 && shape[shape.length - 1] === shape[shape.length - 2];
};

export const lead = (inputs: readonly Tensor[], axes: readonly (number | null)[], size: number): Tensor[] =>
  inputs.map((x, i) => (axes[i] === null ? broadcastAxis(x, 0, size) : moveAxis(x, axes[i] as number, 0)));

/** Batched a @ b over the last two axes. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const r = a.ndim;
  const batch = range(r - 2);
  return dot(a, b, { contractA: [r - 1], contractB: [r - 2], batchA: batch, batchB: batch });
}
export const matrixTranspose = (x: Tensor): Tensor => transpose(x, [...range(x.ndim - 2), x.ndim - 1, x.ndim - 2]);

/** 1 where row - column >= offset (lower), as a mask of the last two axes. */
export function lowerMask(x: TensorType, offset = 0): Tensor {
  const r = x.shape.length;
  const row = iota("i32", x.shape, r - 2);
  const column = iota("i32", x.shape, r - 1);
  return compareTensors("ge", row, add(column, like(column, offset)));
}
export const tril = (x: Tensor, offset = 0): Tensor => select(lowerMask(x, offset), x, like(x, 0));

/** Lower triangular L with x = L L^T. Reads the lower triangle; a matrix that is not positive definite gives NaN. */
export const choleskyPrimitive: Primitive = definePrimitive<object>({
  name: "cholesky",
  form: plainForm(isSquare),
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  // dL = L phi(L^-1 dA L^-T), phi: the lower triangle with its diagonal halved (Smith 1995; Murray 2016).
  jvp: ([x], [t]) => {
    const l = bind1(choleskyPrimitive, [x], {});
    const below = tril(t as Tensor);
    const symmetric = add(below, matrixTranspose(tril(below, 1)));
    const half = triangularSolve(l, symmetric, { lower: true, transposed: false });
    const inner = matrixTranspose(triangularSolve(l, matrixTranspose(half), { lower: true, transposed: false }));
    const strict = tril(inner, 1);
    const phi = mul(like(inner, 0.5), add(tril(inner), strict));
    return { primals: [l], tangents: [matmul(l, phi)] };
  },
  batch: (inputs, axes, size) => ({ outputs: [bind1(choleskyPrimitive, lead(inputs, axes, size), {})], axes: [0] }),
  lower: ([x], [y]) => {
    const n = x.shape[x.shape.length - 1];
    const { dtype } = x;
    const [m, i, j, k] = ["m", "i", "j", "k"].map(index);
    const total: Local = { name: "total", dtype };
    const at = (r: Expression, c: Expression): Expression =>
      plus(plus(times(read(m), int(n * n)), times(r, int(n))), c);
    const l = (r: Expression, c: Expression): Expression => load(dtype, 1, at(r, c));
    const body: Statement[] = [
      forLoop(i, n, [
        forLoop(j, n, [store(1, at(read(i), read(j)), constant(dtype, 0))]),
        forLoop(j, plus(read(i), int(1)), [
          assign(total, load(dtype, 0, at(read(i), read(j)))),
          forLoop(k, read(j), [assign(total, minus(read(total), times(l(read(i), read(k)), l(read(j), read(k)))))]),
          ifElse(
            compare("eq", read(i), read(j)),
            [store(1, at(read(i), read(i)), unary("sqrt", read(total)))],
            [store(1, at(read(i), read(j)), over(read(total), l(read(j), read(j))))],
          ),
        ]),
      ]),
    ];
    return {
      kind: "kernel",
      kernel: { name: "cholesky", buffers: buffersOf([x], [y]), body: [forLoop(m, batchSize(x.shape), body)] },
    };
  },
});

interface Triangle {
  readonly lower: boolean;
  readonly transposed: boolean;
}

/** Solves op(a) x = b for x [..., n, m], a triangular; op transposes when `transposed`. The other triangle is not read. */
export const triangularSolvePrimitive: Primitive<Triangle> = definePrimitive({
  name: "triangularSolve",
  form: {
    params: { lower: "flag", transposed: "flag" },
    accepts: (inputs) => {
      if (inputs.length !== 2 || !isSquare([inputs[0]])) return false;
      const [a, b] = inputs;
      return (
        a.dtype === b.dtype &&
        a.shape.length === b.shape.length &&
        sameShape(a.shape.slice(0, -1), b.shape.slice(0, -1))
      );
    },
  },
  infer: ([, b]) => [{ shape: b.shape, dtype: b.dtype }],
  jvp: ([a, b], [ta, tb], p) => {
    const x = triangularSolve(a, b, p);
    let right: Tangent = tb;
    if (ta !== null) {
      const da = p.lower ? tril(ta) : matrixTranspose(tril(matrixTranspose(ta)));
      const correction = matmul(p.transposed ? matrixTranspose(da) : da, x);
      right = right === null ? neg(correction) : sub(right, correction);
    }
    return { primals: [x], tangents: [triangularSolve(a, right as Tensor, p)] };
  },
  transpose: ([ct], [a, b], p) => [
    null,
    isLinear(b) ? triangularSolve(a as Tensor, ct as Tensor, { ...p, transposed: !p.transposed }) : null,
  ],
  batch: (inputs, axes, size, p) => ({
    outputs: [bind1(triangularSolvePrimitive, lead(inputs, axes, size), p)],
    axes: [0],
  }),
  lower: ([a, b], [y], { lower, transposed }) => {
    const n = a.shape[a.shape.length - 1];
    const columns = b.shape[b.shape.length - 1];
    const { dtype } = a;
    const [m, s, k, c, row, other] = ["m", "s", "k", "c", "row", "other"].map(index);
    const forward = lower !== transposed;
    const entry = (r: Expression, q: Expression): Expression =>
      load(
        dtype,
        0,
        plus(times(read(m), int(n * n)), transposed ? plus(times(q, int(n)), r) : plus(times(r, int(n)), q)),
      );
    const at = (r: Expression): Expression => plus(times(plus(times(read(m), int(n)), r), int(columns)), read(c));
    const step = (local: Local): Expression => (forward ? read(local) : minus(int(n - 1), read(local)));
    const factor: Local = { name: "factor", dtype };
    const body: Statement[] = [
      forLoop(s, n, [
        assign(row, step(s)),
        forLoop(c, columns, [store(2, at(read(row)), load(dtype, 1, at(read(row))))], "lanes"),
        forLoop(k, read(s), [
          assign(other, step(k)),
          assign(factor, entry(read(row), read(other))),
          forLoop(
            c,
            columns,
            [
              store(
                2,
                at(read(row)),
                minus(load(dtype, 2, at(read(row))), times(read(factor), load(dtype, 2, at(read(other))))),
              ),
            ],
            "lanes",
          ),
        ]),
        assign(factor, entry(read(row), read(row))),
        forLoop(c, columns, [store(2, at(read(row)), over(load(dtype, 2, at(read(row))), read(factor)))], "lanes"),
      ]),
    ];
    return {
      kind: "kernel",
      kernel: {
        name: "triangularSolve",
        buffers: buffersOf([a, b], [y]),
        body: [forLoop(m, batchSize(a.shape), body)],
      },
    };
  },
});

export const triangularSolve = (a: Tensor, b: Tensor, p: Triangle): Tensor =>
  bind1(triangularSolvePrimitive, [a, b], p);

export const batchSize = (shape: Shape): number => sizeOf(shape.slice(0, -2));

/**
 * Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations until the
 * off-diagonal part is below rounding (Golub & Van Loan, 8.5), at most 30 sweeps.
 */
export const eighPrimitive: Primitive = definePrimitive<object>({
  name: "eigh",
  form: plainForm(isSquare),
  infer: ([x]) => [
    { shape: x.shape.slice(0, -1), dtype: x.dtype },
    { shape: x.shape, dtype: x.dtype },
  ],
  // M = V^T dA V: dw = diag M, dV = V (F * M), F_ij = 1 / (w_j - w_i) off the diagonal (Giles 2008, 3.1).
  jvp: ([x], [t]) => {
    const [w, v] = bind(eighPrimitive, [x], {});
    const symmetric = mul(like(t as Tensor, 0.5), add(t as Tensor, matrixTranspose(t as Tensor)));
    const m = matmul(matrixTranspose(v), matmul(symmetric, v));
    const r = x.ndim;
    const byColumn = broadcast(
      w,
      x.shape,
      range(r).filter((a) => a !== r - 2),
    );
    const byRow = broadcast(w, x.shape, range(r - 1));
    const gap = sub(byColumn, byRow);
    const diagonal = compareTensors("eq", iota("i32", x.shape, r - 2), iota("i32", x.shape, r - 1));
    // Vectors of equal eigenvalues are free: 0 keeps derivatives of what does not depend on them right.
    const same = compareTensors("eq", gap, like(gap, 0));
    const f = select(same, like(gap, 0), div(like(gap, 1), select(same, like(gap, 1), gap)));
    const dw = sum(select(diagonal, m, like(m, 0)), [r - 2]);
    return { primals: [w, v], tangents: [dw, matmul(v, mul(f, m))] };
  },
  batch: (inputs, axes, size): Batched => ({
    outputs: bind(eighPrimitive, lead(inputs, axes, size), {}),
    axes: [0, 0],
  }),
  lower: ([x], [w, v]) => ({
    kind: "kernel",
    kernel: {
      name: "eigh",
      buffers: buffersOf([x], [w, v], [typeOf(x.dtype, x.shape.slice(-2)), typeOf(x.dtype, x.shape.slice(-2))]),
      body: jacobi(x),
    },
  }),
});

/** Buffers: 0 input, 1 eigenvalues, 2 eigenvectors, 3 the matrix being made diagonal, 4 the vectors before sorting. */
function jacobi(x: TensorType): Statement[] {
  const n = x.shape[x.shape.length - 1];
  const { dtype } = x;
  const [m, i, j, k, p, q, sweep, best] = ["m", "i", "j", "k", "p", "q", "sweep", "best"].map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, off, norm, apq, theta, t, c, s, u, v, low] = [
    "factor",
    "off",
    "norm",
    "apq",
    "theta",
    "t",
    "c",
    "s",
    "u",
    "v",
    "low",
  ].map(real);
  const lit = (value: number): Expression => constant(dtype, value);
  const square = (e: Expression): Expression => times(e, e);
  const at = (r: Expression, col: Expression): Expression => plus(times(r, int(n)), col);
  const a = (r: Local, col: Local): Expression => load(dtype, 3, at(read(r), read(col)));
  const set = (buffer: number, r: Local, col: Local, value: Expression): Statement =>
    store(buffer, at(read(r), read(col)), value);
  const input = (r: Local, col: Local): Expression =>
    load(dtype, 0, plus(times(read(m), int(n * n)), at(read(r), read(col))));
  // The pair (x_p, x_q) <- (c x_p - s x_q, s x_p + c x_q), for row or column k of a buffer.
  const rotate = (buffer: number, first: Expression, second: Expression): Statement[] => [
    assign(u, load(dtype, buffer, first)),
    assign(v, load(dtype, buffer, second)),
    store(buffer, first, minus(times(read(c), read(u)), times(read(s), read(v)))),
    store(buffer, second, plus(times(read(s), read(u)), times(read(c), read(v)))),
  ];
  const rotation: Statement[] = [
    assign(apq, a(p, q)),
    ifElse(compare("gt", unary("abs", read(apq)), lit(0)), [
      assign(theta, over(minus(a(q, q), a(p, p)), times(lit(2), read(apq)))),
      assign(
        t,
        over(
          choose(compare("ge", read(theta), lit(0)), lit(1), lit(-1)),
          plus(unary("abs", read(theta)), unary("sqrt", plus(square(read(theta)), lit(1)))),
        ),
      ),
      assign(c, over(lit(1), unary("sqrt", plus(square(read(t)), lit(1))))),
      assign(s, times(read(t), read(c))),
      forLoop(k, n, rotate(3, at(read(k), read(p)), at(read(k), read(q)))),
      forLoop(k, n, rotate(3, at(read(p), read(k)), at(read(q), read(k)))),
      forLoop(k, n, rotate(4, at(read(k), read(p)), at(read(k), read(q)))),
    ]),
  ];
  const measure: Statement[] = [
    assign(off, lit(0)),
    assign(norm, lit(0)),
    forLoop(i, n, [
      forLoop(j, n, [
        assign(u, square(a(i, j))),
        assign(norm, plus(read(norm), read(u))),
        ifElse(compare("ne", read(i), read(j)), [assign(off, plus(read(off), read(u)))]),
      ]),
    ]),
  ];
  const busy = binary(
    "and",
    compare("lt", read(sweep), int(30)),
    compare("gt", read(off), times(lit(epsilon(dtype) ** 2), read(norm))),
  );
  const sorted: Statement[] = [
    // Selection sort of the diagonal; each chosen entry is marked by raising it to infinity.
    forLoop(i, n, [
      assign(best, int(0)),
      assign(low, lit(Infinity)),
      forLoop(j, n, [ifElse(compare("lt", a(j, j), read(low)), [assign(best, read(j)), assign(low, a(j, j))])]),
      store(
        1,
        plus(times(read(m), int(n)), read(i)),
        over(choose(compare("lt", read(low), lit(Infinity)), read(low), lit(NaN)), read(factor)),
      ),
      forLoop(k, n, [
        store(2, plus(times(read(m), int(n * n)), at(read(k), read(i))), load(dtype, 4, at(read(k), read(best)))),
      ]),
      set(3, best, best, lit(Infinity)),
    ]),
  ];
  return [
    forLoop(m, batchSize(x.shape), [
      ...powerOfTwo(factor, n * n, (e) => load(dtype, 0, plus(times(read(m), int(n * n)), e))),
      forLoop(i, n, [
        forLoop(j, n, [
          set(3, i, j, times(read(factor), plus(times(lit(0.5), input(i, j)), times(lit(0.5), input(j, i))))),
          set(4, i, j, choose(compare("eq", read(i), read(j)), lit(1), lit(0))),
        ]),
      ]),
      assign(sweep, int(0)),
      ...measure,
      whileLoop(busy, [
        forLoop(p, n, [
          assign(q, plus(read(p), int(1))),
          whileLoop(compare("lt", read(q), int(n)), [...rotation, assign(q, plus(read(q), int(1)))]),
        ]),
        assign(sweep, plus(read(sweep), int(1))),
        ...measure,
      ]),
      ...sorted,
    ]),
  ];
}
