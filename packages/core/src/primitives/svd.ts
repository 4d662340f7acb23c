import { plainForm } from "../graph/form.js";
import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind } from "../graph/trace.js";
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
  select as either,
  sub as minus,
  unary,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, range, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { div, sub } from "./arithmetic.js";
import { add, broadcast, like, mul, sum } from "./basis.js";
import { eq, select } from "./comparison.js";
import { batchSize, isMatrix, lead, matmul, matrixTranspose } from "./linalg.js";
import { diagonalMask } from "./lu.js";
import { at, dotProduct, epsilon, powerOfTwo, rotateRows } from "./matrixKernel.js";

/** 1 / x, and 0 at 0. */
export function reciprocalOrZero(x: Tensor): Tensor {
  const zero = eq(x, like(x, 0));
  return select(zero, like(x, 0), div(like(x, 1), select(zero, like(x, 1), x)));
}
/** Vectors [..., n] as the rows of [..., n, n]: entry (i, j) is w_j. `byRow`: w_i. */
export const spread = (w: Tensor, rows: number, byRow = false): Tensor => {
  const r = w.ndim + 1;
  const n = w.shape[r - 2];
  const shape = [...w.shape.slice(0, -1), byRow ? n : rows, byRow ? rows : n];
  return broadcast(w, shape, byRow ? range(r - 1) : range(r).filter((a) => a !== r - 2));
};
export const diagonalOf = (x: Tensor): Tensor => sum(select(diagonalMask(x), x, like(x, 0)), [x.ndim - 2]);

/**
 * x = u diag(s) v^T for x [..., m, n], m >= n: u [..., m, n], s [..., n] descending, v [..., n, n]. One-sided Jacobi: plane rotations
 * from the right until all columns are orthogonal to rounding, relative to their lengths (Demmel and Veselic 1992), at most 60 sweeps.
 */
export const svdPrimitive: Primitive = definePrimitive<object>({
  name: "svd",
  form: plainForm((inputs) => {
    if (!isMatrix(inputs)) return false;
    const [m, n] = inputs[0].shape.slice(-2);
    return m >= n;
  }),
  infer: ([x]) => {
    const batch = x.shape.slice(0, -2);
    const n = x.shape[x.shape.length - 1];
    return [typeOf(x.dtype, x.shape), typeOf(x.dtype, [...batch, n]), typeOf(x.dtype, [...batch, n, n])];
  },
  /*
   * P = U^T dA V. With dU = U A + (part outside of the range), dV = V B, A and B antisymmetric, P - diag = A S - S B, so that
   * (A + B)_ij = (P_ij + P_ji) / (s_j - s_i) and (A - B)_ij = (P_ij - P_ji) / (s_i + s_j): no squares are subtracted (after Townsend 2016).
   * Where singular values are equal the bases are free; the choice A + B = 0 keeps derivatives of what does not depend on them right.
   */
  jvp: ([x], [t]) => {
    const [u, s, v] = bind(svdPrimitive, [x], {});
    const n = s.shape[s.ndim - 1];
    const m = x.shape[x.ndim - 2];
    const moved = matmul(t as Tensor, v);
    const p = matmul(matrixTranspose(u), moved);
    const [byRow, byColumn] = [spread(s, n, true), spread(s, n)];
    const turned = matrixTranspose(p);
    const both = mul(add(p, turned), reciprocalOrZero(sub(byColumn, byRow)));
    const apart = mul(sub(p, turned), reciprocalOrZero(add(byColumn, byRow)));
    const half = like(p, 0.5);
    const [a, b] = [mul(half, add(both, apart)), mul(half, sub(both, apart))];
    const outside = mul(sub(moved, matmul(u, p)), reciprocalOrZero(spread(s, m)));
    const du = matmul(u, a);
    return {
      primals: [u, s, v],
      tangents: [m > n ? add(du, outside) : du, diagonalOf(p), matmul(v, b)],
    };
  },
  batch: (inputs, axes, size) => ({ outputs: bind(svdPrimitive, lead(inputs, axes, size), {}), axes: [0, 0, 0] }),
  lower: ([x], outputs) => {
    const [m, n] = x.shape.slice(-2);
    return {
      kind: "kernel",
      kernel: {
        name: "svd",
        buffers: buffersOf(
          [x],
          outputs,
          [n * m, n * n, n, m].map((size) => typeOf(x.dtype, [size])),
        ),
        body: hestenes(x),
      },
    };
  },
});

/** Buffers: 0 input, 1 u, 2 s, 3 v, 4 columns of x v, 5 columns of v, 6 lengths of the columns, 7 one vector. */
function hestenes(x: TensorType): Statement[] {
  const [m, n] = x.shape.slice(-2);
  const { dtype } = x;
  const [b, i, j, p, q, sweep, best, busy] = ["b", "i", "j", "p", "q", "sweep", "best", "busy"].map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, alpha, beta, gamma, zeta, t, c, s, length, total] = [
    "factor",
    "alpha",
    "beta",
    "gamma",
    "zeta",
    "t",
    "c",
    "s",
    "length",
    "total",
  ].map(real);
  const lit = (value: number): Expression => constant(dtype, value);
  const input = (e: Expression): Expression => load(dtype, 0, plus(times(read(b), int(m * n)), e));
  const column = (k: Local) => (e: Expression) => load(dtype, 4, at(read(k), m, e));
  const product = (into: Local, f: Local, g: Local): Statement[] => dotProduct(into, m, column(f), column(g));
  const [rowP, rowQ] = [(width: number) => times(read(p), int(width)), (width: number) => times(read(q), int(width))];
  const bound = Math.sqrt(m) * epsilon(dtype);
  const magnitude = unary("abs", read(zeta));
  const rotation: Statement[] = [
    ...product(alpha, p, p),
    ...product(beta, q, q),
    ...product(gamma, p, q),
    ifElse(
      compare(
        "gt",
        unary("abs", read(gamma)),
        times(lit(bound), times(unary("sqrt", read(alpha)), unary("sqrt", read(beta)))),
      ),
      [
        assign(busy, int(1)),
        assign(zeta, over(minus(read(beta), read(alpha)), times(lit(2), read(gamma)))),
        // For a huge zeta its square would overflow, and the 1 does not count.
        assign(
          t,
          over(
            binary("copysign", lit(1), read(zeta)),
            plus(
              magnitude,
              either(
                compare("gt", magnitude, lit(1e15)),
                magnitude,
                unary("sqrt", plus(times(read(zeta), read(zeta)), lit(1))),
              ),
            ),
          ),
        ),
        assign(c, over(lit(1), unary("sqrt", plus(times(read(t), read(t)), lit(1))))),
        assign(s, times(read(t), read(c))),
        rotateRows(4, m, rowP(m), rowQ(m), c, s),
        rotateRows(5, n, rowP(n), rowQ(n), c, s),
      ],
    ),
  ];
  const u = (row: Expression, k: Expression): Expression => plus(times(read(b), int(m * n)), at(row, n, k));
  const put = (value: Expression): Statement => forLoop(j, m, [store(1, u(read(j), read(i)), value)]);
  // A column of length zero: the unit vector that lies farthest from the columns so far, made orthogonal to them twice.
  const completion: Statement[] = [
    assign(best, int(0)),
    assign(length, lit(-1)),
    forLoop(j, m, [
      ...dotProduct(
        total,
        read(i),
        (k) => load(dtype, 1, u(read(j), k)),
        (k) => load(dtype, 1, u(read(j), k)),
      ),
      assign(total, minus(lit(1), read(total))),
      ifElse(compare("gt", read(total), read(length)), [assign(best, read(j)), assign(length, read(total))]),
    ]),
    forLoop(j, m, [store(7, read(j), either(compare("eq", read(j), read(best)), lit(1), lit(0)))]),
    forLoop(p, 2, [
      forLoop(q, read(i), [
        ...dotProduct(
          total,
          m,
          (k) => load(dtype, 7, k),
          (k) => load(dtype, 1, u(k, read(q))),
        ),
        forLoop(j, m, [
          store(7, read(j), minus(load(dtype, 7, read(j)), times(read(total), load(dtype, 1, u(read(j), read(q)))))),
        ]),
      ]),
    ]),
    ...dotProduct(
      total,
      m,
      (k) => load(dtype, 7, k),
      (k) => load(dtype, 7, k),
    ),
    assign(length, unary("sqrt", read(total))),
    put(over(load(dtype, 7, read(j)), read(length))),
  ];
  const sorted: Statement[] = [
    forLoop(i, n, [...product(alpha, i, i), store(6, read(i), unary("sqrt", read(alpha)))]),
    forLoop(i, n, [
      // The longest that is left; a chosen one is marked by -2. NaN is never the longest.
      assign(best, int(0)),
      assign(length, lit(-1)),
      forLoop(j, n, [
        ifElse(compare("gt", load(dtype, 6, read(j)), read(length)), [
          assign(best, read(j)),
          assign(length, load(dtype, 6, read(j))),
        ]),
      ]),
      ifElse(compare("lt", read(length), lit(0)), [assign(length, lit(NaN))], [store(6, read(best), lit(-2))]),
      store(2, plus(times(read(b), int(n)), read(i)), over(read(length), read(factor))),
      forLoop(j, n, [
        store(3, plus(times(read(b), int(n * n)), at(read(j), n, read(i))), load(dtype, 5, at(read(best), n, read(j)))),
      ]),
      ifElse(compare("eq", read(length), lit(0)), completion, [
        put(over(load(dtype, 4, at(read(best), m, read(j))), read(length))),
      ]),
    ]),
  ];
  return [
    forLoop(b, batchSize(x.shape), [
      ...powerOfTwo(factor, m * n, input),
      forLoop(j, n, [
        forLoop(i, m, [store(4, at(read(j), m, read(i)), times(input(at(read(i), n, read(j))), read(factor)))]),
        forLoop(i, n, [
          store(
            5,
            at(read(j), n, read(i)),
            plus(either(compare("eq", read(i), read(j)), lit(1), lit(0)), times(lit(0), read(factor))),
          ),
        ]),
      ]),
      assign(sweep, int(0)),
      assign(busy, int(1)),
      whileLoop(binary("and", compare("lt", read(sweep), int(60)), compare("eq", read(busy), int(1))), [
        assign(busy, int(0)),
        forLoop(p, n, [
          forLoop(j, minus(int(n - 1), read(p)), [assign(q, plus(plus(read(p), int(1)), read(j))), ...rotation]),
        ]),
        assign(sweep, plus(read(sweep), int(1))),
      ]),
      ...sorted,
    ]),
  ];
}
