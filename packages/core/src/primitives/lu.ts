import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { traceGraph } from "../graph/record.js";
import { bind, bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add as plus,
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
import { type Accumulator, type Statement, assign, forLoop, ifElse, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sub } from "./arithmetic.js";
import { add, like, neg } from "./basis.js";
import { choose, eq, select } from "./comparison.js";
import { gather } from "./indexing.js";
import { iota } from "./iota.js";
import {
  BLOCK,
  batchSize,
  block,
  half,
  lead,
  lowerMask,
  matmul,
  matrixTranspose,
  triangularSolve,
  tril,
} from "./linalg.js";
import { at } from "./matrixKernel.js";
import { concat, pad, slice } from "./shape.js";
import { argsortPrimitive } from "./sort.js";

/** Whether row = column >= from, as a mask of the last two axes. */
export function diagonalMask(x: TensorType, from = 0): Tensor {
  const row = iota("i32", x.shape, x.shape.length - 2);
  const on = eq(row, iota("i32", x.shape, x.shape.length - 1));
  return from === 0 ? on : choose("and", on, choose("ge", row, like(row, from)));
}
export const takeRows = (x: Tensor, rows: Tensor): Tensor => gather(x, rows, x.ndim - 2);
export const triu = (x: Tensor): Tensor => select(lowerMask(x, 1), like(x, 0), x);

/** The first `rows` x `columns` of matrices, with zeros where they have fewer. */
export function resized(x: Tensor, rows: number, columns: number): Tensor {
  const [m, n] = x.shape.slice(-2);
  const batch = x.shape.slice(0, -2);
  const none = batch.map(() => 0);
  const [h, w] = [Math.min(m, rows), Math.min(n, columns)];
  const cut = slice(x, [...none, 0, 0], [...batch, h, w]);
  return pad(cut, 0, [...none, 0, 0], [...none, rows - h, columns - w]);
}
/** L [..., m, k] of the packed factors, its diagonal 1. */
export const unitLower = (packed: Tensor, columns: number): Tensor => {
  const [m, n] = packed.shape.slice(-2);
  const l = resized(tril(resized(packed, m, Math.min(m, n)), 1), m, columns);
  return select(diagonalMask(l), like(l, 1), l);
};

/**
 * Gaussian elimination. Outputs: L and U packed into [..., m, n] (the diagonal of L is 1); the row [..., k] exchanged with row j in step j;
 * and the orders of rows [..., m] and columns [..., n] with x[rows, columns] = L U. Partial pivoting takes the first largest
 * entry of the column and leaves the columns in order; complete pivoting the largest of all that remain. A column without a pivot is skipped, as LAPACK does.
 */
export const luPrimitive: Primitive<{ complete: boolean }> = definePrimitive({
  name: "lu",
  composite: true,
  infer: ([x]) => {
    const batch = x.shape.slice(0, -2);
    const [m, n] = x.shape.slice(-2);
    const order = (k: number): TensorType => typeOf("i32", [...batch, k]);
    return [typeOf(x.dtype, x.shape), order(Math.min(m, n)), order(m), order(n)];
  },
  // X = L^-1 P dA U^-1: dL = L (strictly lower part of X), dU = (upper part of X) U; L and U made square by a unit diagonal (de Hoog et al. 2011).
  jvp: ([x], [t], p) => {
    const [packed, pivots, rows, columns] = bind(luPrimitive, [x], p);
    const [m, n] = x.shape.slice(-2);
    const k = Math.min(m, n);
    const moved = takeRows(t as Tensor, rows);
    const d = p.complete ? matrixTranspose(takeRows(matrixTranspose(moved), columns)) : moved;
    const l = unitLower(packed, m);
    const filled = resized(triu(resized(packed, k, n)), n, n);
    const u = n > k ? select(diagonalMask(filled, k), like(filled, 1), filled) : filled;
    const half = triangularSolve(l, d, { lower: true, transposed: false });
    const inner = matrixTranspose(triangularSolve(u, matrixTranspose(half), { lower: false, transposed: true }));
    const tangent = add(matmul(l, tril(inner, 1)), matmul(triu(inner), u));
    return { primals: [packed, pivots, rows, columns], tangents: [tangent, null, null, null] };
  },
  batch: (inputs, axes, size, p) => ({ outputs: bind(luPrimitive, lead(inputs, axes, size), p), axes: [0, 0, 0, 0] }),
  lower: ([x], outputs, { complete }) =>
    complete || Math.min(...x.shape.slice(-2)) <= BLOCK
      ? {
          kind: "kernel",
          kernel: { name: "lu", buffers: buffersOf([x], outputs), body: eliminate(x, complete) },
        }
      : { kind: "graph", graph: traceGraph("lu", [x], halves).graph },
});

/** The outputs of `lu` from those of its left half and of what that leaves of the right half (Toledo 1997). */
function halves(x: Tensor): Tensor[] {
  const [m, n] = x.shape.slice(-2);
  const r = x.ndim;
  const h = half(Math.min(m, n));
  const factors = (y: Tensor): Tensor[] => bind(luPrimitive, [y], { complete: false });
  const [left, pivots, rows] = factors(block(x, 0, 0, m, h));
  const right = takeRows(block(x, 0, h, m, n), rows);
  const top = block(left, 0, 0, h, h);
  const u = triangularSolve(unitLower(top, h), block(right, 0, 0, h, n - h), { lower: true, transposed: false });
  const l = block(left, h, 0, m, h);
  const [rest, nextPivots, nextRows] = factors(sub(block(right, h, 0, m, n - h), matmul(l, u)));
  const [first, last] = [0, h].map((from) => {
    const none = rows.shape.map(() => 0);
    return slice(rows, [...none.slice(1), from], [...rows.shape.slice(0, -1), from === 0 ? h : m]);
  });
  return [
    concat([concat([top, u], r - 1), concat([takeRows(l, nextRows), rest], r - 1)], r - 2),
    concat([pivots, add(nextPivots, like(nextPivots, h))], r - 2),
    concat([first, gather(last, nextRows, r - 2)], r - 2),
    iota("i32", [...x.shape.slice(0, -2), n], r - 2),
  ];
}

/** Buffers: 0 input, 1 packed factors, 2 pivots, 3 order of the rows, 4 order of the columns. */
function eliminate(x: TensorType, complete: boolean): Statement[] {
  const [m, n] = x.shape.slice(-2);
  const { dtype } = x;
  const k = Math.min(m, n);
  const [b, i, j, c, r, best, bestColumn, kept, next] = [
    "b",
    "i",
    "j",
    "c",
    "r",
    "best",
    "bestColumn",
    "kept",
    "next",
  ].map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [top, value, pivot, factor] = ["top", "value", "pivot", "factor"].map(real);
  const base = times(read(b), int(m * n));
  const position = (row: Expression, column: Expression): Expression => plus(base, at(row, n, column));
  const entry = (row: Expression, column: Expression): Expression => load(dtype, 1, position(row, column));
  const after = (local: Local, start: Local): Expression => plus(read(local), read(start));
  const exchange = (buffer: number, p: Expression, q: Expression, held: Local): Statement[] => [
    assign(held, load(held.dtype, buffer, p)),
    store(buffer, p, load(held.dtype, buffer, q)),
    store(buffer, q, read(held)),
  ];
  const element = (list: number, width: number, e: Expression): [number, Expression] => [
    list,
    plus(times(read(b), int(width)), e),
  ];
  const [rowOf, columnOf] = [(e: Expression) => element(3, m, e), (e: Expression) => element(4, n, e)];
  const size = unary("abs", entry(read(r), after(c, j)));
  const width = complete ? minus(int(n), read(j)) : int(1);
  const scan = forLoop(c, width, [
    assign(value, size),
    ifElse(compare("gt", read(value), read(top)), [
      assign(top, read(value)),
      assign(best, read(r)),
      assign(bestColumn, after(c, j)),
    ]),
  ]);
  const [local, left, right] = ["largest", "left", "right"].map(real);
  const larger = (a: Expression, b: Expression): Expression => either(compare("gt", a, b), a, b);
  const largest: Accumulator = {
    local,
    left,
    right,
    init: constant(dtype, -1),
    step: larger(size, read(local)),
    merge: larger(read(right), read(left)),
  };
  const search = forLoop(i, minus(int(m), read(j)), [
    assign(r, after(i, j)),
    ...(complete && n >= 24
      ? [
          // Vectors find the few rows that have a larger entry.
          {
            kind: "reduce" as const,
            index: c,
            extent: width,
            width: dtype === "f64" ? 8 : 16,
            body: [],
            accumulators: [largest],
          },
          ifElse(compare("gt", read(local), read(top)), [scan]),
        ]
      : [scan]),
  ]);
  const swapRows = ifElse(compare("ne", read(best), read(j)), [
    forLoop(c, n, exchange(1, position(read(best), read(c)), position(read(j), read(c)), value)),
    ...exchange(3, rowOf(read(best))[1], rowOf(read(j))[1], kept),
  ]);
  const swapColumns = ifElse(compare("ne", read(bestColumn), read(j)), [
    forLoop(i, m, exchange(1, position(read(i), read(bestColumn)), position(read(i), read(j)), value)),
    ...exchange(4, columnOf(read(bestColumn))[1], columnOf(read(j))[1], kept),
  ]);
  return [
    forLoop(
      b,
      batchSize(x.shape),
      [
        forLoop(i, m * n, [store(1, plus(base, read(i)), load(dtype, 0, plus(base, read(i))))], "lanes"),
        forLoop(i, m, [store(...rowOf(read(i)), read(i))]),
        forLoop(i, n, [store(...columnOf(read(i)), read(i))]),
        forLoop(j, k, [
          assign(top, constant(dtype, -1)),
          assign(best, read(j)),
          assign(bestColumn, read(j)),
          search,
          store(2, plus(times(read(b), int(k)), read(j)), read(best)),
          swapRows,
          ...(complete ? [swapColumns] : []),
          assign(pivot, entry(read(j), read(j))),
          assign(next, plus(read(j), int(1))),
          forLoop(i, minus(int(m), read(next)), [
            assign(r, after(i, next)),
            assign(value, entry(read(r), read(j))),
            assign(
              factor,
              either(compare("eq", read(pivot), constant(dtype, 0)), read(value), over(read(value), read(pivot))),
            ),
            store(1, position(read(r), read(j)), read(factor)),
            forLoop(
              c,
              minus(int(n), read(next)),
              [
                store(
                  1,
                  position(read(r), after(c, next)),
                  minus(entry(read(r), after(c, next)), times(read(factor), entry(read(j), after(c, next)))),
                ),
              ],
              "lanes",
            ),
          ]),
        ]),
      ],
      "parallel",
    ),
  ];
}

/**
 * x with op(a) x = b, for b [..., n, m], from the factors of `a` and the order of its rows; op transposes. The factors are only a means:
 * derivatives are those of a^-1 b with respect to a and b, and use the same factors again.
 */
export const luSolvePrimitive: Primitive<{ transposed: boolean }> = definePrimitive({
  name: "luSolve",
  composite: true,
  infer: ([, , , b]) => [typeOf(b.dtype, b.shape)],
  jvp: ([a, packed, rows, b], [ta, , , tb], p) => {
    const solve = (y: Tensor): Tensor => bind1(luSolvePrimitive, [a, packed, rows, y], p);
    const x = solve(b);
    let right: Tangent = tb;
    if (ta !== null) {
      const moved = matmul(p.transposed ? matrixTranspose(ta) : ta, x);
      right = right === null ? neg(moved) : sub(right, moved);
    }
    // Only the factors vary: they follow from a, whose tangent is zero.
    return { primals: [x], tangents: [solve(right ?? like(b, 0))] };
  },
  transpose: ([ct], [a, packed, rows, b], { transposed }) => [
    null,
    null,
    null,
    isLinear(b)
      ? bind1(luSolvePrimitive, [a as Tensor, packed as Tensor, rows as Tensor, ct as Tensor], {
          transposed: !transposed,
        })
      : null,
  ],
  batch: (inputs, axes, size, p) => ({ outputs: [bind1(luSolvePrimitive, lead(inputs, axes, size), p)], axes: [0] }),
  lower: (inputs, _outputs, p) => ({
    kind: "graph",
    graph: traceGraph("luSolve", inputs, (_a, packed, rows, b) => [substitute(packed, rows, b, p.transposed)]).graph,
  }),
});

/** op(P^T L U)^-1 b. */
export function substitute(packed: Tensor, rows: Tensor, b: Tensor, transposed: boolean): Tensor {
  const l = unitLower(packed, packed.shape[packed.ndim - 1]);
  if (!transposed) {
    const y = triangularSolve(l, takeRows(b, rows), { lower: true, transposed });
    return triangularSolve(packed, y, { lower: false, transposed });
  }
  const y = triangularSolve(packed, b, { lower: false, transposed });
  return takeRows(triangularSolve(l, y, { lower: true, transposed }), inverseOrder(rows));
}
/** Where each row went: sorting a permutation inverts it. */
const inverseOrder = (rows: Tensor): Tensor => bind1(argsortPrimitive, [rows], {});

/** p as the pseudo-inverse of `a`, with its derivative (Golub and Pereyra 1973, equation 4.12). How p came about does not matter. */
export const pinvPrimitive: Primitive = definePrimitive<object>({
  name: "pinv",
  composite: true,
  infer: ([, p]) => [typeOf(p.dtype, p.shape)],
  jvp: ([a, given], [ta]) => {
    const p = bind1(pinvPrimitive, [a, given], {});
    if (ta === null) return { primals: [p], tangents: [like(p, 0)] };
    const turned = matrixTranspose(p);
    const t = matrixTranspose(ta);
    const left = matmul(p, matmul(turned, t));
    const right = matmul(t, matmul(turned, p));
    // -p da p + p p^T da^T (1 - a p) + (1 - p a) da^T p^T p
    const range = sub(left, matmul(matmul(left, a), p));
    const kernel = sub(right, matmul(p, matmul(a, right)));
    return { primals: [p], tangents: [sub(add(range, kernel), matmul(p, matmul(ta, p)))] };
  },
  batch: (inputs, axes, size) => ({ outputs: [bind1(pinvPrimitive, lead(inputs, axes, size), {})], axes: [0] }),
  lower: (inputs) => ({ kind: "graph", graph: traceGraph("pinv", inputs, (_a, p) => [p]).graph }),
});
