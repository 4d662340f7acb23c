import { type Batched, type Primitive, definePrimitive } from "../graph/primitive.js";
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
  select as choose,
  sub as minus,
  unary,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sub } from "./arithmetic.js";
import { add, like, mul } from "./basis.js";
import { batchSize, lead, matmul, matrixTranspose } from "./linalg.js";
import { at, dotProduct, epsilon, powerOfTwo } from "./matrixKernel.js";
import { SWEEPS, rotateRowChains, rowStride } from "./rotations.js";
import { diagonalOf, reciprocalOrZero, spread } from "./svd.js";

/**
 * Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix: Householder reflections make it tridiagonal, implicit QL
 * diagonal (Golub and Van Loan, 8.3), with at most 30 sweeps for each eigenvalue.
 */
export const eighPrimitive: Primitive = definePrimitive<object>({
  name: "eigh",
  infer: ([x]) => [
    { shape: x.shape.slice(0, -1), dtype: x.dtype },
    { shape: x.shape, dtype: x.dtype },
  ],
  // M = V^T dA V: dw = diag M, dV = V (F * M), F_ij = 1 / (w_j - w_i) off the diagonal (Giles 2008, 3.1).
  jvp: ([x], [t]) => {
    const [w, v] = bind(eighPrimitive, [x], {});
    const symmetric = mul(like(t as Tensor, 0.5), add(t as Tensor, matrixTranspose(t as Tensor)));
    const m = matmul(matrixTranspose(v), matmul(symmetric, v));
    const n = w.shape[w.ndim - 1];
    // Vectors of equal eigenvalues are free: 0 keeps derivatives of what does not depend on them right.
    const f = reciprocalOrZero(sub(spread(w, n), spread(w, n, true)));
    return { primals: [w, v], tangents: [diagonalOf(m), matmul(v, mul(f, m))] };
  },
  batch: (inputs, axes, size): Batched => ({
    outputs: bind(eighPrimitive, lead(inputs, axes, size), {}),
    axes: [0, 0],
  }),
  lower: ([x], outputs) => {
    const n = x.shape[x.shape.length - 1];
    const matrix = n * rowStride(n);
    return {
      kind: "kernel",
      kernel: {
        name: "eigh",
        buffers: buffersOf([x], outputs, [
          ...[matrix, matrix, n + 1, n + 1, n + 1, 2 * n * SWEEPS].map((size) => typeOf(x.dtype, [size])),
          typeOf("i32", [3 * SWEEPS]),
        ]),
        body: batchSize(x.shape) * n === 0 ? [] : diagonalize(x),
      },
    };
  },
});

const [TRIANGLE, VECTORS, DIAGONAL, BESIDE, WORK, LIST, CHAINS] = [3, 4, 5, 6, 7, 8, 9];

/**
 * Buffers: 0 input, 1 eigenvalues, 2 eigenvectors, 3 the lower triangle being reduced (row i then holds the reflector v_i), 4 vectors as rows,
 * 5 the diagonal, 6 what is beside it, 7 tau of the reflectors, 8 and 9 the rotations.
 */
function diagonalize(x: TensorType): Statement[] {
  const n = x.shape[x.shape.length - 1];
  const { dtype } = x;
  const stride = rowStride(n);
  const [b, i, j, k, r, l, m, sweeps, budget, used, first, best, live] = (
    ["b", "i", "j", "k", "r", "l", "m", "sweeps", "budget", "used", "first", "best", "live"] as const
  ).map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, alpha, tail, beta, tau, total, c, s, p, f, g, e, h] = (
    ["factor", "alpha", "tail", "beta", "tau", "total", "c", "s", "p", "f", "g", "e", "h"] as const
  ).map(real);
  const lit = (value: number): Expression => constant(dtype, value);
  const [zero, one, two] = [0, 1, 2].map(lit);
  const next = (local: Local, by = 1): Expression => plus(read(local), int(by));
  const cell = (buffer: number, row: Expression, column: Expression): [number, Expression] => [
    buffer,
    plus(times(row, int(stride)), column),
  ];
  const a = (row: Expression, column: Expression): Expression => load(dtype, ...cell(TRIANGLE, row, column));
  const vector = (e: Expression): Expression => a(read(i), e);
  const of = (buffer: number) => (e: Expression) => load(dtype, buffer, e);
  const [d, beside, work] = [DIAGONAL, BESIDE, WORK].map(of);
  const lanes = (index: Local, extent: Expression, ...body: Statement[]): Statement =>
    forLoop(index, extent, body, "lanes");
  const input = (row: Expression, column: Expression): Expression =>
    load(dtype, 0, plus(times(read(b), int(n * n)), at(row, n, column)));

  // Row i from the last: H = 1 - tau v v^T maps its first i entries to the last of them; A <- H A H.
  const last = minus(read(i), int(1));
  const reduce: Statement[] = [
    assign(alpha, vector(last)),
    ...dotProduct(tail, last, vector, vector),
    assign(beta, read(alpha)),
    assign(tau, zero),
    // What is below rounding of the largest entry is left out, before its squares lose digits; NaN is not.
    ifElse(
      compare("le", read(tail), lit(dtype === "f64" ? 2 ** -900 : 2 ** -100)),
      [],
      [
        assign(
          beta,
          unary(
            "neg",
            binary("copysign", unary("sqrt", plus(times(read(alpha), read(alpha)), read(tail))), read(alpha)),
          ),
        ),
        assign(tau, over(minus(read(beta), read(alpha)), read(beta))),
        assign(total, minus(read(alpha), read(beta))),
        lanes(k, last, store(...cell(TRIANGLE, read(i), read(k)), over(vector(read(k)), read(total)))),
        store(...cell(TRIANGLE, read(i), last), one),
        // p = A v, each row of the triangle also as a column.
        forLoop(r, read(i), [
          ...dotProduct(total, next(r), (e) => a(read(r), e), vector),
          assign(h, vector(read(r))),
          lanes(k, read(r), store(WORK, read(k), plus(work(read(k)), times(read(h), a(read(r), read(k)))))),
          store(WORK, read(r), read(total)),
        ]),
        // A <- A - v w^T - w v^T with w = tau p - (tau^2 / 2) (p v) v.
        ...dotProduct(total, read(i), work, vector),
        assign(total, times(times(lit(0.5), times(read(tau), read(tau))), read(total))),
        lanes(
          k,
          read(i),
          store(WORK, read(k), minus(times(read(tau), work(read(k))), times(read(total), vector(read(k))))),
        ),
        forLoop(r, read(i), [
          assign(g, vector(read(r))),
          assign(h, work(read(r))),
          lanes(
            k,
            next(r),
            store(
              ...cell(TRIANGLE, read(r), read(k)),
              minus(a(read(r), read(k)), plus(times(read(g), work(read(k))), times(read(h), vector(read(k))))),
            ),
          ),
        ]),
      ],
    ),
    store(BESIDE, last, read(beta)),
    store(DIAGONAL, read(i), read(tau)),
  ];
  // Q^T = H_1 H_2 ..., each from the right; H_i changes i columns.
  const v = (column: Expression): Expression => load(dtype, ...cell(VECTORS, read(r), column));
  const gather: Statement[] = [
    assign(tau, d(read(i))),
    store(DIAGONAL, read(i), a(read(i), read(i))),
    ifElse(compare("ne", read(tau), zero), [
      forLoop(r, read(i), [
        ...dotProduct(total, read(i), v, vector),
        assign(total, times(read(tau), read(total))),
        lanes(
          k,
          read(i),
          store(...cell(VECTORS, read(r), read(k)), minus(v(read(k)), times(read(total), vector(read(k))))),
        ),
      ]),
    ]),
  ];
  // Of numbers that were scaled to at most about n: below this squares lose digits.
  const floor = lit(dtype === "f64" ? 2 ** -500 : 2 ** -60);
  const coupled = compare(
    "gt",
    unary("abs", beside(read(m))),
    plus(times(lit(epsilon(dtype)), plus(unary("abs", d(read(m))), unary("abs", d(next(m))))), floor),
  );
  const sweep: Statement[] = [
    assign(g, over(minus(d(next(l)), d(read(l))), times(two, beside(read(l))))),
    assign(h, unary("sqrt", plus(times(read(g), read(g)), one))),
    assign(
      g,
      plus(minus(d(read(m)), d(read(l))), over(beside(read(l)), plus(read(g), binary("copysign", read(h), read(g))))),
    ),
    assign(s, one),
    assign(c, one),
    assign(p, zero),
    assign(i, read(m)),
    assign(first, read(used)),
    assign(live, int(1)),
    whileLoop(binary("and", compare("gt", read(i), read(l)), compare("eq", read(live), int(1))), [
      assign(j, next(i, -1)),
      assign(e, beside(read(j))),
      assign(f, times(read(s), read(e))),
      assign(total, times(read(c), read(e))),
      assign(h, unary("sqrt", plus(times(read(f), read(f)), times(read(g), read(g))))),
      ifElse(
        compare("gt", read(h), floor),
        [
          store(BESIDE, read(i), read(h)),
          assign(s, over(read(f), read(h))),
          assign(c, over(read(g), read(h))),
          assign(g, minus(d(read(i)), read(p))),
          assign(h, plus(times(minus(d(read(j)), read(g)), read(s)), times(times(two, read(c)), read(total)))),
          assign(p, times(read(s), read(h))),
          store(DIAGONAL, read(i), plus(read(g), read(p))),
          assign(g, minus(times(read(c), read(h)), read(total))),
          store(LIST, times(read(used), int(2)), read(c)),
          store(LIST, plus(times(read(used), int(2)), int(1)), read(s)),
          assign(used, next(used)),
          assign(i, read(j)),
        ],
        // The bulge has vanished: the matrix falls apart here.
        [assign(live, int(0)), store(BESIDE, read(i), zero), store(DIAGONAL, read(i), minus(d(read(i)), read(p)))],
      ),
    ]),
    ifElse(compare("eq", read(live), int(1)), [
      store(DIAGONAL, read(l), minus(d(read(l)), read(p))),
      store(BESIDE, read(l), read(g)),
    ]),
    store(BESIDE, read(m), zero),
    ...[read(m), minus(read(used), read(first)), read(first)].map((value, entry) =>
      store(CHAINS, plus(times(read(sweeps), int(3)), int(entry)), value),
    ),
    assign(sweeps, next(sweeps)),
    assign(budget, next(budget, -1)),
  ];
  const busy = binary("and", compare("lt", read(l), int(n)), compare("gt", read(budget), int(0)));
  return [
    forLoop(
      b,
      batchSize(x.shape),
      [
        ...powerOfTwo(factor, n * n, (e) => load(dtype, 0, plus(times(read(b), int(n * n)), e))),
        forLoop(i, n, [
          forLoop(j, next(i), [
            store(
              ...cell(TRIANGLE, read(i), read(j)),
              times(
                read(factor),
                plus(times(lit(0.5), input(read(i), read(j))), times(lit(0.5), input(read(j), read(i)))),
              ),
            ),
          ]),
          lanes(j, int(n), store(...cell(VECTORS, read(i), read(j)), zero)),
          store(...cell(VECTORS, read(i), read(i)), one),
        ]),
        forLoop(j, n - 1, [assign(i, minus(int(n - 1), read(j))), ...reduce]),
        store(DIAGONAL, int(0), a(int(0), int(0))),
        store(BESIDE, int(n - 1), zero),
        forLoop(j, n - 1, [assign(i, next(j)), ...gather]),
        assign(l, int(0)),
        assign(budget, int(30 * n)),
        whileLoop(busy, [
          assign(used, int(0)),
          assign(sweeps, int(0)),
          whileLoop(binary("and", busy, compare("lt", read(sweeps), int(SWEEPS))), [
            assign(m, read(l)),
            whileLoop(binary("and", compare("lt", read(m), int(n - 1)), coupled), [assign(m, next(m))]),
            ifElse(compare("eq", read(m), read(l)), [assign(l, next(l))], sweep),
          ]),
          rotateRowChains({ list: LIST, chains: CHAINS, count: sweeps }, dtype, VECTORS, n, -1),
        ]),
        // Selection sort; a chosen value is marked by raising it to infinity.
        forLoop(i, n, [
          assign(best, int(0)),
          assign(h, lit(Infinity)),
          forLoop(j, n, [ifElse(compare("lt", d(read(j)), read(h)), [assign(best, read(j)), assign(h, d(read(j)))])]),
          store(
            1,
            plus(times(read(b), int(n)), read(i)),
            over(choose(compare("lt", read(h), lit(Infinity)), read(h), lit(NaN)), read(factor)),
          ),
          forLoop(k, n, [
            store(
              2,
              plus(times(read(b), int(n * n)), at(read(k), n, read(i))),
              load(dtype, ...cell(VECTORS, read(best), read(k))),
            ),
          ]),
          store(DIAGONAL, read(best), lit(Infinity)),
        ]),
      ],
      "parallel",
    ),
  ];
}
