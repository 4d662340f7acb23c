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
import { batchSize, lead, matmul, matrixTranspose } from "./linalg.js";
import { diagonalMask } from "./lu.js";
import { at, dotProduct, epsilon, powerOfTwo } from "./matrixKernel.js";
import { SWEEPS, rotateRowChains, rowStride } from "./rotations.js";

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
 * x = u diag(s) v^T for x [..., m, n], m >= n: u [..., m, n], s [..., n] descending, v [..., n, n]. Householder reflections from both sides
 * make it bidiagonal, implicit QR with shifts diagonal (Golub and Van Loan, 8.6), with at most 30 sweeps for each singular value.
 */
export const svdPrimitive: Primitive = definePrimitive<object>({
  name: "svd",
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
    const list = 2 * n * SWEEPS;
    return {
      kind: "kernel",
      kernel: {
        name: "svd",
        buffers: buffersOf([x], outputs, [
          ...[m * rowStride(n), n * rowStride(m), n * rowStride(n), n + 1, n + 1, n, m, 2 * n, list, list].map((size) =>
            typeOf(x.dtype, [size]),
          ),
          typeOf("i32", [3 * SWEEPS]),
        ]),
        body: batchSize(x.shape) * n === 0 ? [] : bidiagonalize(x),
      },
    };
  },
});

const [REDUCED, LEFT, RIGHT, DIAGONAL, BESIDE, WORK, COLUMN, TAU, LEFT_LIST, RIGHT_LIST, CHAINS] = range(11, 4);

/**
 * Buffers: 0 input, 1 u, 2 s, 3 v, 4 the matrix being reduced (row j then holds the right reflector j), 5 and 6 left and right vectors as rows,
 * 7 the diagonal, 8 what is beside it, 9 a row and 10 a column, 11 tau of the right reflectors, then of the left, 12 to 14 the rotations.
 */
function bidiagonalize(x: TensorType): Statement[] {
  const [m, n] = x.shape.slice(-2);
  const { dtype } = x;
  const [wide, tall] = [rowStride(n), rowStride(m)];
  const [b, i, j, k, r, from, low, high, sweeps, budget, used, first, best, zeroShift] = (
    ["b", "i", "j", "k", "r", "from", "low", "high", "sweeps", "budget", "used", "first", "best", "zeroShift"] as const
  ).map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, alpha, tail, beta, tau, total, c, s, f, g, h, y] = (
    ["factor", "alpha", "tail", "beta", "tau", "total", "c", "s", "f", "g", "h", "y"] as const
  ).map(real);
  const lit = (value: number): Expression => constant(dtype, value);
  const [zero, one] = [lit(0), lit(1)];
  const next = (local: Local, by = 1): Expression => plus(read(local), int(by));
  const square = (e: Expression): Expression => times(e, e);
  type Cell = readonly [number, Expression];
  const get = (cell: Cell): Expression => load(dtype, ...cell);
  const set = (cell: Cell, value: Expression): Statement => store(...cell, value);
  const lanes = (extent: Expression, ...body: Statement[]): Statement => forLoop(k, extent, body, "lanes");
  const input = (e: Expression): Expression => load(dtype, 0, plus(times(read(b), int(m * n)), e));
  const matrix = (row: Expression, column: Expression): Cell => [REDUCED, at(row, wide, column)];
  const left = (row: Expression, column: Expression): Cell => [LEFT, at(row, tall, column)];
  const right = (row: Expression, column: Expression): Cell => [RIGHT, at(row, wide, column)];
  const d = (e: Expression): Cell => [DIAGONAL, e];
  const beside = (e: Expression): Cell => [BESIDE, e];
  const column = (e: Expression): Cell => [COLUMN, e];
  const rest = minus(int(n), read(from));
  const behind = (e: Expression): Expression => plus(read(from), e);
  const tall1 = minus(int(m), read(j));
  const down = (e: Expression): Expression => plus(read(j), e);
  const right1 = (e: Expression): Cell => matrix(read(j), behind(e));
  const minusTimes = (cell: Cell, weight: Expression, e: Expression): Statement =>
    set(cell, minus(get(cell), times(weight, e)));

  /** v and tau of the reflection that maps a vector to beta and zeros. What is below rounding of the largest entry is left out. */
  const reflector = (extent: Expression, vector: (e: Expression) => Cell): Statement[] => {
    const others = (e: Expression): Cell => vector(plus(e, int(1)));
    const left = minus(extent, int(1));
    const entry = (e: Expression): Expression => get(others(e));
    return [
      assign(alpha, get(vector(int(0)))),
      ...dotProduct(tail, left, entry, entry),
      assign(beta, read(alpha)),
      assign(tau, zero),
      ifElse(
        compare("le", read(tail), lit(dtype === "f64" ? 2 ** -900 : 2 ** -100)),
        [],
        [
          assign(
            beta,
            unary("neg", binary("copysign", unary("sqrt", plus(square(read(alpha)), read(tail))), read(alpha))),
          ),
          assign(tau, over(minus(read(beta), read(alpha)), read(beta))),
          assign(total, minus(read(alpha), read(beta))),
          lanes(left, set(others(read(k)), over(entry(read(k)), read(total)))),
        ],
      ),
      set(vector(int(0)), one),
    ];
  };
  /** Row <- row (1 - tau v v^T). */
  const reflectRow = (
    extent: Expression,
    row: (e: Expression) => Cell,
    vector: (e: Expression) => Cell,
  ): Statement[] => [
    ...dotProduct(
      total,
      extent,
      (e) => get(row(e)),
      (e) => get(vector(e)),
    ),
    assign(total, times(read(tau), read(total))),
    lanes(extent, minusTimes(row(read(k)), read(total), get(vector(read(k))))),
  ];
  const below = (e: Expression): Cell => matrix(down(read(r)), behind(e));
  const work: Cell = [WORK, read(k)];
  const fromLeft = [
    assign(g, times(read(h), get(column(read(r))))),
    lanes(rest, minusTimes(below(read(k)), read(g), get(work))),
  ];
  const reduce: Statement[] = [
    assign(from, next(j)),
    forLoop(r, tall1, [set(column(read(r)), get(matrix(down(read(r)), read(j))))]),
    ...reflector(tall1, column),
    store(TAU, plus(read(j), int(n)), read(tau)),
    set(d(read(j)), read(beta)),
    lanes(tall1, set(left(read(j), down(read(k))), get(column(read(k))))),
    lanes(rest, set(work, zero)),
    forLoop(r, tall1, [
      assign(g, get(column(read(r)))),
      lanes(rest, set(work, plus(get(work), times(read(g), get(below(read(k))))))),
    ]),
    assign(h, read(tau)),
    assign(r, int(0)),
    ...fromLeft,
    ifElse(compare("gt", rest, int(0)), [
      ...reflector(rest, right1),
      store(TAU, read(j), read(tau)),
      set(beside(read(j)), read(beta)),
      forLoop(i, minus(tall1, int(1)), [assign(r, next(i)), ...fromLeft, ...reflectRow(rest, below, right1)]),
    ]),
  ];
  const gather: Statement[] = [
    assign(j, minus(int(n - 1), read(i))),
    assign(from, next(j)),
    assign(tau, load(dtype, TAU, read(j))),
    forLoop(r, rest, [...reflectRow(rest, (e) => right(behind(read(r)), behind(e)), right1)]),
    assign(tau, load(dtype, TAU, plus(read(j), int(n)))),
    lanes(tall1, set(column(read(k)), get(left(read(j), down(read(k)))))),
    lanes(int(m), set(left(read(j), read(k)), zero)),
    set(left(read(j), read(j)), one),
    forLoop(r, minus(int(n), read(j)), [...reflectRow(tall1, (e) => left(down(read(r)), down(e)), column)]),
  ];

  // Entries were scaled to less than 2: what is smaller than this vanishes in rounding.
  const tiny = lit(epsilon(dtype) / 16);
  const size = (cell: Cell): Expression => unary("abs", get(cell));
  const before = binary("max", next(low, -1), int(0));
  const coupled = compare(
    "gt",
    size(beside(before)),
    plus(times(lit(epsilon(dtype)), plus(size(d(before)), size(d(read(low))))), tiny),
  );
  /** c, s with c f + s g = h, c g - s f = 0. */
  const givens: Statement[] = [
    assign(h, unary("sqrt", plus(square(read(f)), square(read(g))))),
    assign(c, one),
    assign(s, zero),
    ifElse(compare("gt", read(h), lit(dtype === "f64" ? 2 ** -500 : 2 ** -60)), [
      assign(c, over(read(f), read(h))),
      assign(s, over(read(g), read(h))),
    ]),
  ];
  /** (p, q) <- (c p + s q, c q - s p), the first in f. */
  const turn = (p: Cell, q: Cell): Statement[] => [
    assign(alpha, get(p)),
    assign(beta, get(q)),
    assign(f, plus(times(read(c), read(alpha)), times(read(s), read(beta)))),
    set(q, minus(times(read(c), read(beta)), times(read(s), read(alpha)))),
  ];
  /** A bulge appears at `cell`, as g. */
  const bulge = (cell: Cell): Statement[] => [
    assign(g, times(read(s), get(cell))),
    set(cell, times(read(c), get(cell))),
  ];
  const note = (list: number): Statement[] =>
    [c, s].map((value, entry) => store(list, plus(times(read(used), int(2)), int(entry)), read(value)));
  const last = next(high, -1);
  const sweep: Statement[] = [
    assign(zeroShift, int(0)),
    forLoop(k, plus(minus(read(high), read(low)), int(1)), [
      ifElse(compare("le", size(d(plus(read(low), read(k)))), tiny), [assign(zeroShift, int(1))]),
    ]),
    assign(f, get(d(read(low)))),
    assign(g, get(beside(read(low)))),
    ifElse(compare("eq", read(zeroShift), int(0)), [
      // The eigenvalue of the last 2 x 2 block of B^T B that is closer to its last entry.
      assign(h, get(beside(last))),
      assign(y, get(d(last))),
      assign(alpha, either(compare("gt", last, read(low)), get(beside(binary("max", next(high, -2), int(0)))), zero)),
      assign(total, plus(square(get(d(read(high)))), square(read(h)))),
      assign(tail, times(lit(0.5), minus(plus(square(read(y)), square(read(alpha))), read(total)))),
      assign(beta, square(times(read(y), read(h)))),
      assign(
        tail,
        plus(read(tail), binary("copysign", unary("sqrt", plus(square(read(tail)), read(beta))), read(tail))),
      ),
      assign(g, times(read(f), read(g))),
      assign(f, minus(square(read(f)), minus(read(total), over(read(beta), read(tail))))),
    ]),
    assign(first, read(used)),
    forLoop(i, minus(read(high), read(low)), [
      assign(j, plus(read(low), read(i))),
      ...givens,
      ifElse(compare("gt", read(i), int(0)), [set(beside(next(j, -1)), read(h))]),
      ...note(RIGHT_LIST),
      ...turn(d(read(j)), beside(read(j))),
      ...bulge(d(next(j))),
      ...givens,
      set(d(read(j)), read(h)),
      ...note(LEFT_LIST),
      ...turn(beside(read(j)), d(next(j))),
      ...bulge(beside(next(j))),
      assign(used, next(used)),
    ]),
    set(beside(last), read(f)),
    ...[read(low), minus(read(high), read(low)), read(first)].map((value, entry) =>
      store(CHAINS, plus(times(read(sweeps), int(3)), int(entry)), value),
    ),
    assign(sweeps, next(sweeps)),
    assign(budget, next(budget, -1)),
  ];
  const busy = binary("and", compare("gt", read(high), int(0)), compare("gt", read(budget), int(0)));
  const output = (buffer: number, rows: number, value: Expression): Statement =>
    forLoop(k, rows, [store(buffer, plus(times(read(b), int(rows * n)), at(read(k), n, read(i))), value)]);
  return [
    forLoop(
      b,
      batchSize(x.shape),
      [
        ...powerOfTwo(factor, m * n, input),
        forLoop(i, m, [
          lanes(int(n), set(matrix(read(i), read(k)), times(input(at(read(i), n, read(k))), read(factor)))),
        ]),
        forLoop(i, n, [lanes(int(n), set(right(read(i), read(k)), zero)), set(right(read(i), read(i)), one)]),
        forLoop(j, n, reduce),
        set(beside(int(n - 1)), zero),
        forLoop(i, n, gather),
        assign(high, int(n - 1)),
        assign(budget, int(30 * n)),
        whileLoop(busy, [
          assign(used, int(0)),
          assign(sweeps, int(0)),
          whileLoop(binary("and", busy, compare("lt", read(sweeps), int(SWEEPS))), [
            assign(low, read(high)),
            whileLoop(binary("and", compare("gt", read(low), int(0)), coupled), [assign(low, before)]),
            ifElse(compare("eq", read(low), read(high)), [assign(high, last)], sweep),
          ]),
          rotateRowChains({ list: LEFT_LIST, chains: CHAINS, count: sweeps }, dtype, LEFT, m, 1),
          rotateRowChains({ list: RIGHT_LIST, chains: CHAINS, count: sweeps }, dtype, RIGHT, n, 1),
        ]),
        forLoop(i, n, [
          // The longest that is left; a chosen one is marked by NaN, which is never the longest.
          assign(best, int(0)),
          assign(h, lit(-1)),
          forLoop(j, n, [
            ifElse(compare("gt", size(d(read(j))), read(h)), [assign(best, read(j)), assign(h, size(d(read(j))))]),
          ]),
          ifElse(compare("lt", read(h), zero), [assign(h, lit(NaN))]),
          assign(s, binary("copysign", one, get(d(read(best))))),
          store(2, plus(times(read(b), int(n)), read(i)), over(read(h), read(factor))),
          output(1, m, get(left(read(best), read(k)))),
          output(3, n, times(read(s), get(right(read(best), read(k))))),
          set(d(read(best)), lit(NaN)),
        ]),
      ],
      "parallel",
    ),
  ];
}
