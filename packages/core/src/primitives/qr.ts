import { type Lowering, type Primitive, definePrimitive } from "../graph/primitive.js";
import { traceGraph } from "../graph/record.js";
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
import { type TensorType, range, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumAccumulator } from "./accumulators.js";
import { div, sub } from "./arithmetic.js";
import { add, broadcast, like, mul } from "./basis.js";
import { choose, select } from "./comparison.js";
import { convert } from "./conversion.js";
import { apply as elementary } from "./elementary.js";
import { batchSize, block, lead, matmul, matrixTranspose, triangularSolve, tril } from "./linalg.js";
import { diagonalMask, resized } from "./lu.js";
import { at, dotProduct, powerOfTwo } from "./matrixKernel.js";
import { reduceMax } from "./reduce.js";
import { concat, pad } from "./shape.js";

/** Up to how many columns are one kernel; wider matrices are cut into panels. */
const WHOLE = 48;
/** Columns of a panel: a multiple of 32, and not more than about 30 panels. */
const panelOf = (k: number): number => Math.ceil(k / 512) * 32;
/** How many columns a reflection is applied to at once, so that it is read once for all of them. */
const TOGETHER = 4;

/**
 * x [..., m, n] = q r by Householder reflections with LAPACK's signs, k = min(m, n): q [..., m, k] and r [..., k, n]; where `complete`, q
 * [..., m, m] and r [..., m, n].
 */
export const qrPrimitive: Primitive<{ complete: boolean }> = definePrimitive({
  name: "qr",
  composite: true,
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
  lower: ([x], outputs, { complete }) =>
    Math.min(...x.shape.slice(-2)) <= WHOLE
      ? reflections("qr", x, outputs)
      : { kind: "graph", graph: traceGraph("qr", [x], (a) => blocked(a, complete)).graph },
});

/** v^T [..., k, m], tau [..., k] and r [..., k, n] of the reflections 1 - tau_j v_j v_j^T that make r of x [..., m, n]; only in the graph that `qr` lowers to. */
const reflectorsPrimitive: Primitive = definePrimitive<object>({
  name: "reflectors",
  infer: ([x]) => {
    const batch = x.shape.slice(0, -2);
    const [m, n] = x.shape.slice(-2);
    const k = Math.min(m, n);
    return [[k, m], [k], [k, n]].map((shape) => typeOf(x.dtype, [...batch, ...shape]));
  },
  batch: (inputs, axes, size, p) => ({
    outputs: bind(reflectorsPrimitive, lead(inputs, axes, size), p),
    axes: [0, 0, 0],
  }),
  lower: ([x], outputs) => reflections("reflectors", x, outputs),
});

/** Of x with entries in [-4, 4], so that products do not overflow, divided by a power of two; NaN throughout if one is not finite. */
function blocked(x: Tensor, complete: boolean): Tensor[] {
  const r = x.ndim;
  const top = reduceMax(elementary("abs", x), [r - 2, r - 1]);
  const floor = like(top, x.dtype === "f64" ? 2 ** -1000 : 2 ** -120);
  const size = elementary(
    "exp2",
    elementary("floor", elementary("log2", mul(choose("max", top, floor), like(top, 0.5)))),
  );
  const factor = select(choose("lt", top, like(top, Infinity)), size, like(top, NaN));
  const all = (y: Tensor): Tensor => broadcast(factor, y.shape, range(r - 2));
  const [q, upper] = panels(div(x, all(x)), complete ? x.shape[r - 2] : Math.min(...x.shape.slice(-2)));
  return [q, mul(upper, all(upper))];
}

/** x = [a b] after the reflections of a: b [..., m, n - h] and T with their product 1 - V T V^T (Schreiber and Van Loan 1989). */
interface Reflected {
  readonly vectors: Tensor;
  readonly r: Tensor;
  readonly t: Tensor;
  readonly right: Tensor;
}
function reflectLeft(x: Tensor): Reflected {
  const [m, n] = x.shape.slice(-2);
  const h = panelOf(Math.min(m, n));
  const [vectors, tau, r] = bind(reflectorsPrimitive, [block(x, 0, 0, m, h)], {});
  // T = (1 + D U)^-1 D with D = diag(tau) and U the upper triangle of V^T V (Joffrain et al. 2006).
  const gram = matmul(vectors, matrixTranspose(vectors));
  const weights = broadcast(tau, gram.shape, range(tau.ndim));
  const diagonal = diagonalMask(gram);
  const t = triangularSolve(
    select(diagonal, like(gram, 1), mul(weights, gram)),
    select(diagonal, weights, like(gram, 0)),
    { lower: false, transposed: false },
  );
  const b = block(x, 0, h, m, n);
  const right = sub(b, matmul(matrixTranspose(vectors), matmul(matrixTranspose(t), matmul(vectors, b))));
  return { vectors, r, t, right };
}

/** q, with `width` columns, and r: a panel, and the same of what it leaves. */
function panels(x: Tensor, width: number): Tensor[] {
  const [m, n] = x.shape.slice(-2);
  if (Math.min(m, n) <= WHOLE) return bind(qrPrimitive, [x], { complete: width === m });
  const { vectors, r, t, right } = reflectLeft(x);
  const h = r.shape[x.ndim - 1];
  const [q, lower] = panels(block(right, h, 0, m, n - h), width - h);
  // (1 - V T V^T) [1 0; 0 q].
  const turned = concat([block(vectors, 0, 0, h, h), matmul(block(vectors, 0, h, h, m), q)], x.ndim - 1);
  const moved = matmul(matrixTranspose(vectors), matmul(t, turned));
  const above = block(moved, 0, 0, h, width);
  const top = sub(convert(diagonalMask(above), x.dtype), above);
  const below = sub(behind(q, h), block(moved, h, 0, m, width));
  return [concat([top, below], x.ndim - 2), stacked(r, right, lower)];
}
/** Matrices with columns of zeros before them. */
const behind = (x: Tensor, columns: number): Tensor => {
  const none = x.shape.map(() => 0);
  return pad(x, 0, [...none.slice(1), columns], none);
};
/** [r, top of right; 0, rest]. */
function stacked(r: Tensor, right: Tensor, rest: Tensor): Tensor {
  const axis = r.ndim - 1;
  const h = r.shape[axis];
  const top = block(right, 0, 0, h, right.shape[axis]);
  return concat([concat([r, top], axis), behind(rest, h)], axis - 1);
}

function reflections(name: "qr" | "reflectors", x: TensorType, outputs: readonly TensorType[]): Lowering {
  const [m, n] = x.shape.slice(-2);
  const k = Math.min(m, n);
  const own = name === "qr" ? [outputs[0].shape[x.shape.length - 1] * m, k] : [];
  return {
    kind: "kernel",
    kernel: {
      name,
      buffers: buffersOf(
        [x],
        outputs,
        [n * m, ...own].map((size) => typeOf(x.dtype, [size])),
      ),
      body: reflect(x, outputs),
    },
  };
}

/**
 * Buffers: 0 input; q and r, or v^T, tau and r; the input by columns, becoming r above the diagonal and the reflectors v below it
 * (v_j = 1 on it); for q, q by columns and tau. (Golub and Van Loan, 5.2.)
 */
function reflect(x: TensorType, outputs: readonly TensorType[]): Statement[] {
  const [m, n] = x.shape.slice(-2);
  const { dtype } = x;
  const k = Math.min(m, n);
  const makesQ = outputs.length === 2;
  const upperBuffer = outputs.length;
  const packed = upperBuffer + 1;
  const basis = packed + 1;
  const weights = makesQ ? basis + 1 : 2;
  const width = outputs[upperBuffer - 1].shape[x.shape.length - 2];
  const [b, i, j, c, step, most, column, next, left] = [
    "b",
    "i",
    "j",
    "c",
    "step",
    "most",
    "column",
    "next",
    "left",
  ].map(index);
  const real = (name: string): Local => ({ name, dtype });
  const [factor, head, tail, beta, tau, total] = ["factor", "head", "tail", "beta", "tau", "total"].map(real);
  const weight = makesQ ? read(j) : at(read(b), k, read(j));
  const zero = constant(dtype, 0);
  const one = constant(dtype, 1);
  const input = (e: Expression): Expression => load(dtype, 0, plus(times(read(b), int(m * n)), e));
  const work = (buffer: number, col: Expression, row: Expression): Expression => load(dtype, buffer, at(col, m, row));
  const below = (e: Expression): Expression => plus(e, read(next));
  const vector = (e: Expression): Expression => work(packed, read(j), below(e));
  const totals = range(TOGETHER).map((g) => real(`total${g}`));
  /** Columns column, column + 1, ... <- those minus tau (v . column) v. */
  const applyTo = (buffer: number, count: number): Statement[] => {
    const which = totals.slice(0, count);
    const place = (g: number, row: Expression): Expression => at(plus(read(column), int(g)), m, row);
    const entry = (g: number, row: Expression): Expression => load(dtype, buffer, place(g, row));
    const here = read(j);
    const accumulators = which.map((_, g) => sumAccumulator(times(vector(read(i)), entry(g, below(read(i))))));
    const change = (g: number, row: Expression, by: Expression): Statement =>
      store(buffer, place(g, row), minus(entry(g, row), by));
    return [
      {
        kind: "reduce",
        index: i,
        extent: read(left),
        width: dtype === "f64" ? 2 : 4,
        body: [],
        accumulators,
      },
      ...which.flatMap((local, g) => [
        assign(local, times(read(tau), plus(read(accumulators[g].local), entry(g, here)))),
        change(g, here, read(local)),
      ]),
      forLoop(
        i,
        read(left),
        which.map((local, g) => change(g, below(read(i)), times(read(local), vector(read(i))))),
        "lanes",
      ),
    ];
  };
  /** To `count` columns from `start`. */
  const apply = (buffer: number, start: Local, count: Expression): Statement[] => [
    assign(most, binary("and", count, int(-TOGETHER))),
    forLoop(c, binary("shr", count, int(Math.log2(TOGETHER))), [
      assign(column, plus(read(start), times(read(c), int(TOGETHER)))),
      ...applyTo(buffer, TOGETHER),
    ]),
    forLoop(c, minus(count, read(most)), [
      assign(column, plus(read(start), plus(read(most), read(c)))),
      ...applyTo(buffer, 1),
    ]),
  ];
  const rest: Statement[] = [assign(next, plus(read(j), int(1))), assign(left, minus(int(m), read(next)))];
  const reflector: Statement[] = [
    assign(head, work(packed, read(j), read(j))),
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
      forLoop(
        i,
        read(left),
        [store(packed, at(read(j), m, below(read(i))), over(vector(read(i)), read(total)))],
        "lanes",
      ),
    ]),
    store(packed, at(read(j), m, read(j)), read(beta)),
    store(weights, weight, read(tau)),
  ];
  const upper = either(
    compare("le", read(i), read(j)),
    over(work(packed, read(j), read(i)), read(factor)),
    // Not finite: everything is NaN.
    times(zero, read(factor)),
  );
  const vectorsOf: Statement[] = [
    forLoop(j, k, [
      forLoop(i, m, [
        store(
          1,
          plus(times(read(b), int(k * m)), at(read(j), m, read(i))),
          either(
            compare("eq", read(i), read(j)),
            one,
            either(compare("lt", read(i), read(j)), times(zero, read(factor)), work(packed, read(j), read(i))),
          ),
        ),
      ]),
    ]),
  ];
  // Q = H_1 ... H_k, applied to the identity from the last.
  const basisOf: Statement[] = [
    forLoop(c, width, [
      forLoop(i, m, [
        store(basis, at(read(c), m, read(i)), either(compare("eq", read(c), read(i)), one, times(zero, read(factor)))),
      ]),
    ]),
    forLoop(step, k, [
      assign(j, minus(int(k - 1), read(step))),
      ...rest,
      assign(tau, load(dtype, weights, weight)),
      ...apply(basis, j, minus(int(width), read(j))),
    ]),
    forLoop(i, m, [
      forLoop(c, width, [
        store(1, plus(times(read(b), int(m * width)), at(read(i), width, read(c))), work(basis, read(c), read(i))),
      ]),
    ]),
  ];
  return [
    forLoop(
      b,
      batchSize(x.shape),
      [
        ...powerOfTwo(factor, m * n, input),
        forLoop(j, n, [
          forLoop(i, m, [store(packed, at(read(j), m, read(i)), times(input(at(read(i), n, read(j))), read(factor)))]),
        ]),
        forLoop(j, k, [...rest, ...reflector, ...apply(packed, next, minus(int(n), read(next)))]),
        forLoop(i, width, [
          forLoop(j, n, [store(upperBuffer, plus(times(read(b), int(width * n)), at(read(i), n, read(j))), upper)]),
        ]),
        ...(makesQ ? basisOf : vectorsOf),
      ],
      "parallel",
    ),
  ];
}
