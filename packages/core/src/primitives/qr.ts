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
import { type Statement, assign, forLoop, ifElse, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sub } from "./arithmetic.js";
import { add } from "./basis.js";
import { batchSize, lead, matmul, matrixTranspose, triangularSolve, tril } from "./linalg.js";
import { resized } from "./lu.js";
import { at, dotProduct, powerOfTwo } from "./matrixKernel.js";

/**
 * x [..., m, n] = q r by Householder reflections with LAPACK's signs, k = min(m, n): q [..., m, k] and r [..., k, n]; where `complete`, q
 * [..., m, m] and r [..., m, n].
 */
export const qrPrimitive: Primitive<{ complete: boolean }> = definePrimitive({
  name: "qr",
  infer: ([x], { complete }) => {
    const batch = x.shape.slice(0, -2);
    const [m, n] = x.shape.slice(-2);
    const k = complete ? m : Math.min(m, n);
    return [typeOf(x.dtype, [...batch, m, k]), typeOf(x.dtype, [...batch, k, n])];
  },
  // Of the first k columns, with X = dA R^-1 and C = Q^T X: Q^T dQ = S, the strictly lower part of C made antisymmetric;
  // dQ = X - Q C + Q S, dR = Q^T dA - S R (Walter and Lehmann 2012, 2.1; a wide matrix has the Q of its first columns).
  jvp: ([x], [t], p) => {
    const [m, n] = x.shape.slice(-2);
    if (p.complete && m > n)
      throw new Error(
        `qr: a complete basis of a ${m} x ${n} matrix is not unique, so it has no derivative. Use the reduced form.`,
      );
    const [q, r] = bind(qrPrimitive, [x], p);
    const k = Math.min(m, n);
    const d = t as Tensor;
    const solved = triangularSolve(resized(r, k, k), matrixTranspose(resized(d, m, k)), {
      lower: false,
      transposed: true,
    });
    const quotient = matrixTranspose(solved);
    const turned = matrixTranspose(q);
    const c = matmul(turned, quotient);
    const below = tril(c, 1);
    const s = sub(below, matrixTranspose(below));
    return {
      primals: [q, r],
      tangents: [add(quotient, matmul(q, sub(s, c))), sub(matmul(turned, d), matmul(s, r))],
    };
  },
  batch: (inputs, axes, size, p) => ({ outputs: bind(qrPrimitive, lead(inputs, axes, size), p), axes: [0, 0] }),
  lower: ([x], [q, r]) => {
    const [m, n] = x.shape.slice(-2);
    const scratch = [n * m, q.shape[q.shape.length - 1] * m, Math.min(m, n)];
    return {
      kind: "kernel",
      kernel: {
        name: "qr",
        buffers: buffersOf(
          [x],
          [q, r],
          scratch.map((size) => typeOf(x.dtype, [size])),
        ),
        body: reflect(x, r.shape[r.shape.length - 2]),
      },
    };
  },
});

/**
 * Buffers: 0 input, 1 q, 2 r, 3 the input by columns, becoming r above the diagonal and the reflectors v below it (v_j = 1 on it),
 * 4 q by columns, 5 tau. (Golub and Van Loan, 5.2.)
 */
function reflect(x: TensorType, width: number): Statement[] {
  const [m, n] = x.shape.slice(-2);
  const { dtype } = x;
  const k = Math.min(m, n);
  const [b, i, j, c, column, next, left] = ["b", "i", "j", "c", "column", "next", "left"].map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, head, tail, beta, tau, total] = ["factor", "head", "tail", "beta", "tau", "total"].map(real);
  const zero = constant(dtype, 0);
  const one = constant(dtype, 1);
  const input = (e: Expression): Expression => load(dtype, 0, plus(times(read(b), int(m * n)), e));
  const work = (buffer: number, col: Expression, row: Expression): Expression => load(dtype, buffer, at(col, m, row));
  const below = (e: Expression): Expression => plus(e, read(next));
  const vector = (e: Expression): Expression => work(3, read(j), below(e));
  /** Column <- column - tau (v . column) v. */
  const apply = (buffer: number): Statement[] => [
    ...dotProduct(total, read(left), vector, (e) => work(buffer, read(column), below(e))),
    assign(total, times(read(tau), plus(read(total), work(buffer, read(column), read(j))))),
    store(buffer, at(read(column), m, read(j)), minus(work(buffer, read(column), read(j)), read(total))),
    forLoop(
      i,
      read(left),
      [
        store(
          buffer,
          at(read(column), m, below(read(i))),
          minus(work(buffer, read(column), below(read(i))), times(read(total), vector(read(i)))),
        ),
      ],
      "lanes",
    ),
  ];
  const rest: Statement[] = [assign(next, plus(read(j), int(1))), assign(left, minus(int(m), read(next)))];
  const reflector: Statement[] = [
    assign(head, work(3, read(j), read(j))),
    ...dotProduct(tail, read(left), vector, vector),
    assign(beta, read(head)),
    assign(tau, zero),
    // A column that is zero below the diagonal stays as it is.
    ifElse(compare("ne", read(tail), zero), [
      assign(
        beta,
        unary("neg", binary("copysign", unary("sqrt", plus(times(read(head), read(head)), read(tail))), read(head))),
      ),
      assign(tau, over(minus(read(beta), read(head)), read(beta))),
      assign(total, minus(read(head), read(beta))),
      forLoop(i, read(left), [store(3, at(read(j), m, below(read(i))), over(vector(read(i)), read(total)))], "lanes"),
    ]),
    store(3, at(read(j), m, read(j)), read(beta)),
    store(5, read(j), read(tau)),
  ];
  const upper = either(
    compare("le", read(i), read(j)),
    over(work(3, read(j), read(i)), read(factor)),
    // Not finite: everything is NaN.
    times(zero, read(factor)),
  );
  return [
    forLoop(b, batchSize(x.shape), [
      ...powerOfTwo(factor, m * n, input),
      forLoop(j, n, [
        forLoop(i, m, [store(3, at(read(j), m, read(i)), times(input(at(read(i), n, read(j))), read(factor)))]),
      ]),
      forLoop(j, k, [
        ...rest,
        ...reflector,
        forLoop(c, minus(int(n), read(next)), [assign(column, below(read(c))), ...apply(3)]),
      ]),
      forLoop(i, width, [
        forLoop(j, n, [store(2, plus(times(read(b), int(width * n)), at(read(i), n, read(j))), upper)]),
      ]),
      // Q = H_1 ... H_k, applied to the identity from the last.
      forLoop(c, width, [
        forLoop(i, m, [
          store(4, at(read(c), m, read(i)), either(compare("eq", read(c), read(i)), one, times(zero, read(factor)))),
        ]),
      ]),
      forLoop(c, k, [
        assign(j, minus(int(k - 1), read(c))),
        ...rest,
        assign(tau, load(dtype, 5, read(j))),
        forLoop(column, width, apply(4)),
      ]),
      forLoop(i, m, [
        forLoop(c, width, [
          store(1, plus(times(read(b), int(m * width)), at(read(i), width, read(c))), work(4, read(c), read(i))),
        ]),
      ]),
    ]),
  ];
}
