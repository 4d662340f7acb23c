import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { traceGraph } from "../graph/record.js";
import { bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add as plus,
  binary,
  constant,
  div as over,
  int,
  load,
  mul as times,
  read,
  sub as minus,
  unary,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type Shape, type TensorType, range, sizeOf, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sub } from "./arithmetic.js";
import { add, broadcastAxis, like, moveAxis, mul, neg, transpose } from "./basis.js";
import { choose as compareTensors, select } from "./comparison.js";
import { dot } from "./dot.js";
import { iota } from "./iota.js";
import { dotProduct } from "./matrixKernel.js";
import { rowStride } from "./rotations.js";
import { concat, pad, slice } from "./shape.js";

/* Matrices in the last two axes; all axes before them are a batch. Each has a kernel of its own, made for small n. */

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

/*
 * Above BLOCK rows (Cholesky: 4 BLOCK) the factorisations but QR halve the matrix (Elmroth, Gustavson, Jonsson and Kagstrom 2004): a block of half the size, what it does to
 * the others as one matrix product, and the block that is left, down to what a kernel does as fast.
 */
export const BLOCK = 64;
/** Where to cut more than BLOCK rows: at a multiple of 32, so that few kernels of different sizes arise. */
export const half = (n: number): number => Math.ceil(n / 64) * 32;
/** Rows r to below, columns c to right of matrices. */
export const block = (x: Tensor, r: number, c: number, below: number, right: number): Tensor => {
  const batch = x.shape.slice(0, -2);
  return slice(x, [...batch.map(() => 0), r, c], [...batch, below, right]);
};
/** Matrices with columns of zeros behind them. */
const besides = (x: Tensor, columns: number): Tensor => {
  const none = x.shape.map(() => 0);
  return pad(x, 0, none, [...none.slice(1), columns]);
};

/** Lower triangular L with x = L L^T. Reads the lower triangle; a matrix that is not positive definite gives NaN. */
export const choleskyPrimitive: Primitive = definePrimitive<object>({
  name: "cholesky",
  composite: true,
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
    if (n > 4 * BLOCK) {
      const h = half(n);
      // Left-hand blocks first; what is left of the lower right one is again a matrix.
      const { graph } = traceGraph("cholesky", [x], (a) => {
        const top = bind1(choleskyPrimitive, [block(a, 0, 0, h, h)], {});
        const left = matrixTranspose(
          triangularSolve(top, matrixTranspose(block(a, h, 0, n, h)), { lower: true, transposed: false }),
        );
        const rest = sub(block(a, h, h, n, n), matmul(left, matrixTranspose(left)));
        const right = bind1(choleskyPrimitive, [rest], {});
        const r = a.ndim;
        return [concat([besides(top, n - h), concat([left, right], r - 1)], r - 2)];
      });
      return { kind: "graph", graph };
    }
    const lanes = n < 8 ? 1 : dtype === "f64" ? 8 : 16;
    const width = Math.ceil(n / lanes) * lanes;
    const stride = rowStride(width);
    const [m, i, j, k, c, column, from] = ["m", "i", "j", "k", "c", "column", "from"].map(index);
    const [total, root]: Local[] = ["total", "root"].map((name) => ({ name, dtype }));
    const at = (r: Local, col: Local): Expression =>
      plus(plus(times(read(m), int(n * n)), times(read(r), int(n))), read(col));
    // Also L^T, in scratch, so that all rows are contiguous. Its rows are whole vectors: what is left of the diagonal is never read.
    const turned = (r: Local, col: Local): Expression => plus(times(read(r), int(stride)), read(col));
    const upper = (r: Local, col: Local): Expression => load(dtype, 2, turned(r, col));
    const body: Statement[] = [
      ...(lanes === 1 ? [] : [forLoop(i, n * stride, [store(2, read(i), constant(dtype, 0))], "lanes")]),
      forLoop(i, n, [forLoop(j, plus(read(i), int(1)), [store(2, turned(j, i), load(dtype, 0, at(i, j)))])]),
      forLoop(j, n, [
        assign(from, binary("and", read(j), int(-lanes))),
        forLoop(
          c,
          minus(int(width), read(from)),
          [
            assign(column, plus(read(from), read(c))),
            assign(total, upper(j, column)),
            forLoop(k, read(j), [assign(total, minus(read(total), times(load(dtype, 1, at(j, k)), upper(k, column))))]),
            store(2, turned(j, column), read(total)),
          ],
          lanes === 1 ? "serial" : "lanes",
        ),
        assign(root, unary("sqrt", upper(j, j))),
        store(2, turned(j, j), read(root)),
        store(1, at(j, j), read(root)),
        assign(from, plus(read(j), int(1))),
        forLoop(c, minus(int(n), read(from)), [
          assign(column, plus(read(from), read(c))),
          assign(total, over(upper(j, column), read(root))),
          store(2, turned(j, column), read(total)),
          store(1, at(column, j), read(total)),
          store(1, at(j, column), constant(dtype, 0)),
        ]),
      ]),
    ];
    return {
      kind: "kernel",
      kernel: {
        name: "cholesky",
        buffers: buffersOf([x], [y], [typeOf(dtype, [n * stride])]),
        body: [forLoop(m, batchSize(x.shape), body, "parallel")],
      },
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
  composite: true,
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
    if (n > BLOCK && columns >= 8) {
      const h = half(n);
      const { graph } = traceGraph("triangularSolve", [a, b], (t, right) => {
        const parts = [0, h].map((start, i) => {
          const end = i === 0 ? h : n;
          return [block(t, start, start, end, end), block(right, start, 0, end, columns)];
        });
        // The block beside the diagonal, as it stands in op(a).
        const beside = lower ? block(t, h, 0, n, h) : block(t, 0, h, h, n);
        const coupling = transposed ? matrixTranspose(beside) : beside;
        const first = lower !== transposed ? 0 : 1;
        const done = triangularSolve(parts[first][0], parts[first][1], { lower, transposed });
        const other = parts[1 - first];
        const left = triangularSolve(other[0], sub(other[1], matmul(coupling, done)), { lower, transposed });
        return [concat(first === 0 ? [done, left] : [left, done], t.ndim - 2)];
      });
      return { kind: "graph", graph };
    }
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
    const after = forward ? plus(read(row), int(1)) : int(0);
    const unknown = (e: Expression): Expression => plus(after, e);
    const known = forward ? (e: Expression) => e : (e: Expression) => plus(plus(read(row), int(1)), e);
    const left = minus(int(n - 1), read(s));
    const y1 = (e: Expression): [number, Expression] => [2, plus(times(read(m), int(n)), e)];
    const total: Local = { name: "total", dtype };
    const vector: Statement[] = [
      ...(transposed ? [forLoop(s, n, [store(...y1(read(s)), load(dtype, 1, y1(read(s))[1]))], "lanes")] : []),
      forLoop(s, n, [
        assign(row, step(s)),
        ...(transposed
          ? [assign(total, load(dtype, ...y1(read(row))))]
          : [
              ...dotProduct(
                total,
                read(s),
                (e) => entry(read(row), known(e)),
                (e) => load(dtype, ...y1(known(e))),
                n < 24 ? 1 : undefined,
              ),
              assign(total, minus(load(dtype, 1, y1(read(row))[1]), read(total))),
            ]),
        assign(factor, over(read(total), entry(read(row), read(row)))),
        store(...y1(read(row)), read(factor)),
        ...(transposed
          ? [
              forLoop(
                k,
                left,
                [
                  store(
                    ...y1(unknown(read(k))),
                    minus(
                      load(dtype, ...y1(unknown(read(k)))),
                      times(read(factor), entry(unknown(read(k)), read(row))),
                    ),
                  ),
                ],
                "lanes",
              ),
            ]
          : []),
      ]),
    ];
    const matrix: Statement[] = [
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
    const body = columns === 1 ? vector : matrix;
    return {
      kind: "kernel",
      kernel: {
        name: "triangularSolve",
        buffers: buffersOf([a, b], [y]),
        body: [forLoop(m, batchSize(a.shape), body, "parallel")],
      },
    };
  },
});

export const triangularSolve = (a: Tensor, b: Tensor, p: Triangle): Tensor =>
  bind1(triangularSolvePrimitive, [a, b], p);

export const batchSize = (shape: Shape): number => sizeOf(shape.slice(0, -2));
