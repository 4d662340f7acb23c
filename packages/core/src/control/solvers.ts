import { add, broadcast, like, mul, neg, reshape, sum, zeros } from "../primitives/basis.js";
import { div, sub } from "../primitives/arithmetic.js";
import { choose, eq, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { dot } from "../primitives/dot.js";
import { apply } from "../primitives/elementary.js";
import { iota } from "../primitives/iota.js";
import { triangularSolve } from "../primitives/linalg.js";
import { reduceMax } from "../primitives/reduce.js";
import { concat, slice } from "../primitives/shape.js";
import { scalar } from "../graph/record.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, unflatten } from "../tensor/tree.js";
import { basis } from "../transforms/jacobian.js";
import { vmap } from "../transforms/vmap.js";
import type { LinearSolver } from "./linearSolve.js";
import { scan } from "./loops.js";
import { whileLoop } from "./whileLoop.js";

export interface KrylovOptions<T> {
  /** Stops when |b - A x| <= tolerance * |b|. Default 1e-5 in f32, 1e-10 in f64. */
  readonly tolerance?: number;
  /** Default ten times the number of unknowns. */
  readonly maxIterations?: number;
  /** Where to start. Default zero. It has no influence on derivatives. */
  readonly x0?: T;
  /** A linear function close to the inverse of A. Default the identity. */
  readonly preconditioner?: (residual: T) => T;
}

/** A system in one vector, whatever tree it came in. */
interface System {
  readonly b: Tensor;
  readonly x0: Tensor;
  readonly A: (x: Tensor) => Tensor;
  readonly M: (r: Tensor) => Tensor;
  /** The square of the residual's norm to be reached. */
  readonly enough: Tensor;
  readonly rounds: Tensor;
}

function inOneVector<T>(
  name: string,
  matvec: (x: T) => T,
  b: T,
  options: KrylovOptions<T>,
  solve: (system: System) => Tensor,
): T {
  const { leaves, structure } = flatten(b, `${name}: b`);
  const dtype = leaves.some((x) => x.dtype === "f64") ? "f64" : "f32";
  const ravel = (tree: unknown): Tensor => {
    const parts = flatten(tree, name).leaves.map((x) => convert(reshape(x, [sizeOf(x.shape)]), dtype));
    return concat(parts, 0);
  };
  const unravel = (vector: Tensor): T => {
    let next = 0;
    return unflatten<T>(
      structure,
      leaves.map((x) => convert(reshape(slice(vector, [next], [(next += sizeOf(x.shape))]), x.shape), x.dtype)),
    );
  };
  if (leaves.length === 0) return b;
  const { tolerance = dtype === "f64" ? 1e-10 : 1e-5, preconditioner, x0 } = options;
  const vector = ravel(b);
  const { maxIterations = 10 * vector.shape[0] } = options;
  return unravel(
    solve({
      b: vector,
      x0: x0 === undefined ? like(vector, 0) : ravel(x0),
      A: (x) => ravel(matvec(unravel(x))),
      M: preconditioner === undefined ? (r) => r : (r) => ravel(preconditioner(unravel(r))),
      enough: mul(inner(vector, vector), scalar(tolerance * tolerance, dtype)),
      rounds: scalar(maxIterations, "i32"),
    }),
  );
}

const inner = (x: Tensor, y: Tensor): Tensor => sum(mul(x, y), [0]);
const times = (a: Tensor, x: Tensor): Tensor => mul(broadcast(a, x.shape, []), x);
const oneMore = (n: Tensor): Tensor => add(n, scalar(1, "i32"));
const and = (a: Tensor, b: Tensor): Tensor => choose("and", a, b);
/** a / b, and 0 where b is 0: an iteration that has arrived stands still. */
const ratio = (a: Tensor, b: Tensor): Tensor => {
  const none = eq(b, like(b, 0));
  return select(none, like(b, 0), div(a, select(none, like(b, 1), b)));
};

/**
 * cg : the method of conjugate gradients, for symmetric positive definite operators.
 *
 * @see M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems (1952)
 */
export const cg = <T>(options: KrylovOptions<T> = {}): LinearSolver<T> => ({
  symmetric: true,
  solve: (matvec, b) =>
    inOneVector("cg", matvec, b, options, ({ b: rhs, x0, A, M, enough, rounds }) => {
      const r = sub(rhs, A(x0));
      const z = M(r);
      return whileLoop(
        (s) => and(choose("gt", inner(s.r, s.r), enough), choose("lt", s.n, rounds)),
        (s) => {
          const Ap = A(s.p);
          const alpha = ratio(s.rz, inner(s.p, Ap));
          const next = sub(s.r, times(alpha, Ap));
          const Mr = M(next);
          const rz = inner(next, Mr);
          return {
            x: add(s.x, times(alpha, s.p)),
            r: next,
            p: add(Mr, times(ratio(rz, s.rz), s.p)),
            rz,
            n: oneMore(s.n),
          };
        },
        { x: x0, r, p: z, rz: inner(r, z), n: scalar(0, "i32") },
      ).x;
    }),
});

/**
 * bicgstab : the stabilized method of biconjugate gradients, for operators that need not be symmetric; short recurrences, so that
 * memory does not grow with the number of iterations. It can break down (on rotations, for one) and then returns where it was; gmres
 * cannot.
 *
 * @see H. A. van der Vorst, Bi-CGSTAB (1992)
 */
export const bicgstab = <T>(options: KrylovOptions<T> = {}): LinearSolver<T> => ({
  symmetric: false,
  solve: (matvec, b) =>
    inOneVector("bicgstab", matvec, b, options, ({ b: rhs, x0, A, M, enough, rounds }) => {
      const r0 = sub(rhs, A(x0));
      const one = like(inner(rhs, rhs), 1);
      const zero = like(rhs, 0);
      return whileLoop(
        (s) =>
          and(
            and(choose("gt", inner(s.r, s.r), enough), choose("lt", s.n, rounds)),
            choose("ne", s.rho, like(s.rho, 0)),
          ),
        (s) => {
          const rho = inner(r0, s.r);
          const beta = mul(ratio(rho, s.rho), ratio(s.alpha, s.omega));
          const p = add(s.r, times(beta, sub(s.p, times(s.omega, s.v))));
          const Mp = M(p);
          const v = A(Mp);
          const alpha = ratio(rho, inner(r0, v));
          const half = sub(s.r, times(alpha, v));
          const Mh = M(half);
          const t = A(Mh);
          const omega = ratio(inner(t, half), inner(t, t));
          return {
            x: add(s.x, add(times(alpha, Mp), times(omega, Mh))),
            r: sub(half, times(omega, t)),
            p,
            v,
            rho,
            alpha,
            omega,
            n: oneMore(s.n),
          };
        },
        { x: x0, r: r0, p: zero, v: zero, rho: one, alpha: one, omega: one, n: scalar(0, "i32") },
      ).x;
    }),
});

/**
 * gmres : the generalized minimal residual method with restarts, for any operator. The most robust of the iterative ones; it keeps
 * `restart` vectors (default 20, at most the number of unknowns).
 *
 * @see Y. Saad, M. H. Schultz, GMRES (1986)
 */
export const gmres = <T>(options: KrylovOptions<T> & { readonly restart?: number } = {}): LinearSolver<T> => ({
  symmetric: false,
  solve: (matvec, b) =>
    inOneVector("gmres", matvec, b, options, ({ b: rhs, x0, A, M, enough, rounds }) => {
      const [n] = rhs.shape;
      const m = Math.min(options.restart ?? 20, n);
      const limit = scalar(Math.ceil(rounds.item() / Math.max(1, m)), "i32");
      const residual = (x: Tensor): Tensor => sub(rhs, A(x));
      return whileLoop(
        (s) => and(choose("gt", inner(s.r, s.r), enough), choose("lt", s.n, limit)),
        (s) => {
          const x = add(s.x, M(minimalResidual((v) => A(M(v)), s.r, m)));
          return { x, r: residual(x), n: oneMore(s.n) };
        },
        { x: x0, r: residual(x0), n: scalar(0, "i32") },
      ).x;
    }),
});

/** The vector y of the Krylov space of dimension m that minimizes |r - A y|: Arnoldi's basis, rotations of Givens. */
function minimalResidual(A: (v: Tensor) => Tensor, r: Tensor, m: number): Tensor {
  const [n] = r.shape;
  const { dtype } = r;
  const rows = { shape: [m + 1, n], dtype };
  const is = (k: Tensor, size: number): Tensor => eq(iota("i32", [size], 0), broadcast(k, [size], []));
  const put = (list: Tensor, k: Tensor, value: Tensor): Tensor =>
    select(is(k, list.shape[0]), broadcast(value, list.shape, []), list);
  const get = (list: Tensor, k: Tensor): Tensor => sum(select(is(k, list.shape[0]), list, like(list, 0)), [0]);
  const putRow = (matrix: Tensor, k: Tensor, row: Tensor): Tensor =>
    select(broadcast(is(k, matrix.shape[0]), matrix.shape, [0]), broadcast(row, matrix.shape, [1]), matrix);
  const getRow = (matrix: Tensor, k: Tensor): Tensor =>
    sum(select(broadcast(is(k, matrix.shape[0]), matrix.shape, [0]), matrix, like(matrix, 0)), [0]);
  const product = (a: Tensor, b: Tensor, axisA: number): Tensor =>
    dot(a, b, { contractA: [axisA], contractB: [0], batchA: [], batchB: [] });
  const norm = (v: Tensor): Tensor => apply("sqrt", inner(v, v));

  const beta = norm(r);
  const start = scalar(0, "i32");
  const zero = scalar(0, dtype);
  const [state, columns] = scan(
    (s: { V: Tensor; g: Tensor; c: Tensor; s: Tensor }, k: Tensor) => {
      const Av = A(getRow(s.V, k));
      // Classical Gram-Schmidt, twice; rows that are not filled yet are zero.
      const h1 = product(s.V, Av, 1);
      const w1 = sub(Av, product(s.V, h1, 0));
      const h2 = product(s.V, w1, 1);
      const w = sub(w1, product(s.V, h2, 0));
      const length = norm(w);
      // What is left of a vector inside the space is rounding: the space is complete.
      const tiny = mul(norm(Av), scalar(dtype === "f64" ? 1e-14 : 1e-6, dtype));
      const kept = select(choose("gt", length, tiny), length, zero);
      const h = put(add(h1, h2), oneMore(k), kept);
      // The rotations so far; those to come are the identity.
      const [last, turned] = scan(
        (a: Tensor, x: { h: Tensor; c: Tensor; s: Tensor }) => [
          sub(mul(x.c, x.h), mul(x.s, a)),
          add(mul(x.c, a), mul(x.s, x.h)),
        ],
        reshape(slice(h, [0], [1]), []),
        { h: slice(h, [1], [m + 1]), c: s.c, s: s.s },
      );
      const column = concat([turned, reshape(last, [1])], 0);
      const [a, below] = [get(column, k), get(column, oneMore(k))];
      const radius = apply("hypot", a, below);
      const none = eq(radius, zero);
      const c = select(none, like(radius, 1), ratio(a, radius));
      const sine = ratio(below, radius);
      const g = get(s.g, k);
      return [
        {
          V: putRow(s.V, oneMore(k), times(ratio(like(kept, 1), kept), w)),
          g: put(put(s.g, k, mul(c, g)), oneMore(k), neg(mul(sine, g))),
          c: put(s.c, k, c),
          s: put(s.s, k, sine),
        },
        put(put(column, k, radius), oneMore(k), zero),
      ];
    },
    {
      V: putRow(zeros(rows), start, times(ratio(like(beta, 1), beta), r)),
      g: put(zeros({ shape: [m + 1], dtype }), start, beta),
      c: like(zeros({ shape: [m], dtype }), 1),
      s: zeros({ shape: [m], dtype }),
    },
    iota("i32", [m], 0),
  );
  // Row k of `columns` is column k of the triangle. Directions without a pivot are left out.
  const R = slice(columns, [0, 0], [m, m]);
  const diagonal = eq(iota("i32", [m, m], 0), iota("i32", [m, m], 1));
  const pivots = sum(select(diagonal, R, like(R, 0)), [1]);
  const missing = eq(pivots, like(pivots, 0));
  const filled = select(and(diagonal, broadcast(missing, [m, m], [0])), like(R, 1), R);
  const g = slice(state.g, [0], [m]);
  const target = reshape(select(missing, like(g, 0), g), [m, 1]);
  const y = triangularSolve(filled, target, { lower: true, transposed: true });
  return product(slice(state.V, [0, 0], [m, n]), reshape(y, [m]), 0);
}

/**
 * dense : the matrix of the operator, built column by column with vmap, and elimination with partial pivoting: exact up to rounding,
 * at n^2 memory and n^3 work for n unknowns.
 */
export const dense = <T>(): LinearSolver<T> => ({
  symmetric: false,
  solve: (matvec, b) =>
    inOneVector("dense", matvec, b, {}, ({ b: rhs, A }) => {
      const [n] = rhs.shape;
      if (n === 0) return rhs;
      const [unit] = basis([rhs]);
      const matrix = vmap(A, { outAxes: 1 })(unit);
      return eliminate(concat([matrix, reshape(rhs, [n, 1])], 1));
    }),
});

/** The last column of the reduced row echelon form of [n, n + 1] (Gauss and Jordan, the largest pivot of each column). */
function eliminate(augmented: Tensor): Tensor {
  const [n, width] = augmented.shape;
  const { shape } = augmented;
  const numbers = iota("i32", [n], 0);
  const all = (k: Tensor): Tensor => broadcast(k, [n], []);
  const rowOf = (a: Tensor, chosen: Tensor): Tensor => sum(select(broadcast(chosen, shape, [0]), a, like(a, 0)), [0]);
  const [reduced] = scan(
    (a: Tensor, k: Tensor) => {
      const isK = eq(numbers, all(k));
      const columnOf = (matrix: Tensor): Tensor =>
        sum(
          select(
            broadcast(eq(iota("i32", [width], 0), broadcast(k, [width], [])), shape, [1]),
            matrix,
            like(matrix, 0),
          ),
          [1],
        );
      const column = columnOf(a);
      const size = select(choose("lt", numbers, all(k)), like(column, -1), apply("abs", column));
      // The first row with the largest entry.
      const largest = eq(size, broadcast(reduceMax(size, [0]), [n], []));
      const at = neg(reduceMax(neg(select(largest, numbers, like(numbers, n - 1))), [0]));
      const isPivot = eq(numbers, all(at));
      const [pivotRow, rowK] = [rowOf(a, isPivot), rowOf(a, isK)];
      const swapped = select(broadcast(isPivot, shape, [0]), broadcast(rowK, shape, [1]), a);
      const pivot = sum(select(isPivot, column, like(column, 0)), [0]);
      const row = div(pivotRow, broadcast(pivot, [width], []));
      const factors = columnOf(swapped);
      const cleared = sub(swapped, mul(broadcast(factors, shape, [0]), broadcast(row, shape, [1])));
      return [select(broadcast(isK, shape, [0]), broadcast(row, shape, [1]), cleared), undefined];
    },
    augmented,
    numbers,
  );
  return reshape(slice(reduced, [0, n], [n, width]), [n]);
}
