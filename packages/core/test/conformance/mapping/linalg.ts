import {
  type Tensor,
  arange,
  concat,
  eigvalsh,
  eye,
  split,
  where,
  zeros,
  add,
  cdist,
  cholesky,
  choleskyInverse,
  choleskySolve,
  conditionNumber,
  cross,
  det,
  dot,
  eigh,
  expandDims,
  expm,
  full,
  householderProduct,
  inner,
  inv,
  logdet,
  lstsq,
  lu,
  luFactor,
  luSolve,
  luUnpack,
  matmul,
  matrixNorm,
  matrixPower,
  matrixRank,
  matrixTranspose,
  mul,
  multiDot,
  outer,
  pinv,
  pivotsToPermutation,
  qr,
  slogdet,
  solve,
  squeeze,
  stopGradient,
  sub,
  sum,
  svd,
  svdvals,
  tensorinv,
  tensorsolve,
  triangularSolve,
  tril,
  triu,
  vecdot,
  vectorNorm,
} from "../../../src/index.js";
import type { Arguments, Entry, Keywords, Mapping, Skips, Value } from "./mapping.js";

/* Products, systems, decompositions and norms. */

const mT = matrixTranspose;
/** Zeros where a factorisation reports success. */
const success = (x: Tensor, axes: number): Tensor => full(x.shape.slice(0, x.ndim - axes), 0, "i32");
const number = (x: unknown): number => (typeof x === "string" ? Number(x) : (x as number));

/** beta input + alpha product. */
const plus =
  (product: (a: Value, b: Value) => Tensor) =>
  (input: Tensor, [a, b]: Arguments, { alpha = 1, beta = 1 }: Keywords): Tensor =>
    add(mul(input, beta), mul(product(a, b), alpha));

/**
 * Only one triangle is read, yet the recorded gradient is that of a symmetric matrix: the value from the triangle, the derivative of
 * the symmetrised input.
 */
const fromTriangle = (x: Tensor, upper: boolean): Tensor => {
  const half = upper ? triu(x) : tril(x);
  const value = stopGradient(add(half, mT(upper ? triu(x, 1) : tril(x, -1))));
  const symmetric = mul(add(x, mT(x)), 0.5);
  return add(value, sub(symmetric, stopGradient(symmetric)));
};

/** One triangle of a factor is read, yet the recorded gradient is that of L L^T for all entries of L. */
const wholeFactor = (x: Tensor, upper: boolean): Tensor => {
  const l = add(stopGradient(upper ? triu(x) : tril(x)), sub(x, stopGradient(x)));
  return cholesky(upper ? matmul(mT(l), l) : matmul(l, mT(l)), { upper });
};

/** Signs that turn the columns (or rows) of our output into the recorded ones. */
const signs = (ours: Tensor, theirs: Tensor, axis: number): Tensor => {
  const agreement = sum(mul(ours, theirs), axis, { keepDims: true });
  return agreement.less(0).mul(-2).add(1).astype("f64");
};

/** torch.linalg's rule for a stack of vectors on the right: they get a last axis for the call. */
const columns = (a: Tensor, b: Tensor, run: (b: Tensor) => Tensor): Tensor => {
  const stacked = b.ndim === a.ndim - 1 && b.ndim > 1 && b.shape.every((n, i) => n === a.shape[i]);
  return stacked ? squeeze(run(expandDims(b, -1)), -1) : run(b);
};
/** x a = b from a x = b. */
const either = (left: boolean, a: Tensor, b: Tensor, run: (a: Tensor, b: Tensor) => Tensor): Tensor =>
  left ? run(a, b) : mT(run(mT(a), mT(b)));
const linalgSolve = (a: Tensor, [b]: Arguments, { left = true }: Keywords): Tensor =>
  left ? columns(a, b, (c) => solve(a, c)) : either(false, a, b, solve);

const onesBased = (pivots: Tensor): Tensor => add(pivots, 1);
const luPacked = (x: Tensor): Tensor[] => {
  const { lu: packed, pivots } = luFactor(x);
  return [packed, onesBased(pivots)];
};
const factorsOf = (packed: Tensor, pivots: Tensor): { lu: Tensor; permutation: Tensor } => ({
  lu: packed,
  permutation: pivotsToPermutation(sub(pivots, 1), packed.shape[packed.ndim - 2]),
});

const vector = (x: Tensor, ord: unknown, dim: Value, keepDims: boolean): Tensor => {
  const order = { ord: ord === null || ord === undefined ? 2 : number(ord) };
  const all = dim === null || dim === undefined || x.ndim === 0 || (Array.isArray(dim) && dim.length === 0);
  return all ? vectorNorm(x, { ...order, keepDims }) : vectorNorm(x, { ...order, keepDims, axes: dim });
};
const matrix = (x: Tensor, ord: unknown, dim: Value, keepDims: boolean): Tensor =>
  matrixNorm(x, {
    ord: (ord === "fro" || ord === "nuc" ? ord : number(ord)) as "fro",
    axes: dim ?? [-2, -1],
    keepDims,
  });
/** torch.linalg.norm: an order and two axes (named, or all there are) mean matrices. */
const linalgNorm = (x: Tensor, args: Arguments, k: Keywords): Tensor => {
  const [ord = k.ord, dim = k.dim] = args;
  const keepDims = k.keepdim ?? args[2] ?? false;
  const given = ord !== null && ord !== undefined;
  const two = dim === null || dim === undefined ? x.ndim === 2 : Array.isArray(dim) && dim.length === 2;
  return given && two ? matrix(x, ord, dim, keepDims) : vector(x, ord, dim, keepDims);
};
/** torch.norm: a number always means vectors. */
const torchNorm = (x: Tensor, args: Arguments, k: Keywords): Tensor => {
  const [p = k.p ?? "fro", dim = k.dim] = args;
  const keepDims = k.keepdim ?? args[2] ?? false;
  if (p === "nuc") return matrix(x, p, dim, keepDims);
  return vector(x, p === "fro" ? 2 : p, dim, keepDims);
};

const pseudoInverse = (x: Tensor, rtol: Value, hermitian = false): Tensor =>
  pinv(x, rtol === null || rtol === undefined ? { hermitian } : { hermitian, rtol });

/** The added columns of a rectangular matrix have no derivative; the recorded gradients leave them out. */
const fullSvd = (x: Tensor, full: boolean): Tensor[] => {
  const { u, s, vt } = svd(x);
  if (!full) return [u, s, vt];
  const whole = svd(stopGradient(x), { fullMatrices: true });
  const k = s.shape[s.ndim - 1];
  return [concat([u, split(whole.u, [k], -1)[1]], -1), s, concat([vt, split(whole.vt, [k], -2)[1]], -2)];
};
/** The orthogonal matrix that turns our columns into the recorded ones: signs, and any rotation of columns beyond the first k. */
const rotation = (ours: Tensor, theirs: Tensor, k: number): Tensor => {
  const n = ours.shape[ours.ndim - 1];
  const overlap = matmul(mT(ours), theirs);
  const rows = arange(0, n).expandDims(-1).add(eye(n).mul(0));
  const beyond = rows.greaterEqual(k).logicalAnd(mT(rows).greaterEqual(k));
  const sign = overlap.less(0).mul(-2).add(1).astype("f64");
  return where(beyond, overlap, mul(sign, eye(n, n, "f64")));
};
const svdEntry = (isFull: (args: Arguments, k: Keywords) => boolean, conjugated: boolean): Entry => ({
  run: (x, args, k) => {
    const [u, s, vt] = fullSvd(x, isFull(args, k));
    return [u, s, conjugated ? vt : mT(vt)];
  },
  align: ([u, s, w], [theirU, , theirW]) => {
    const k = s.shape[s.ndim - 1];
    const turn = rotation(u, theirU, k);
    const [v, theirV] = conjugated ? [mT(w), mT(theirW)] : [w, theirW];
    // The first k of v follow u, or both have signs of their own.
    const other = rotation(v, theirV, k);
    return [
      (y: Tensor) => matmul(y, turn),
      null,
      (y: Tensor) => (conjugated ? mT(matmul(mT(y), other)) : matmul(y, other)),
    ];
  },
});
const eighEntry = (
  isUpper: (args: Arguments, k: Keywords) => boolean,
  hasVectors: (args: Arguments, k: Keywords) => boolean,
): Entry => ({
  run: (x, args, k) => {
    const { values, vectors } = eigh(fromTriangle(x, isUpper(args, k)));
    return [values, hasVectors(args, k) ? vectors : zeros([0], "f64")];
  },
  align: ([, v], [, theirs]) => [null, v.ndim < 2 ? null : signs(v, theirs, -2)],
});

const run =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    f(x);

export const linalgMapping: Mapping = {
  addbmm: plus((a, b) => sum(matmul(a, b), 0)),
  addmm: plus(matmul),
  "addmm.decomposed": plus(matmul),
  addmv: plus(matmul),
  addr: plus(outer),
  baddbmm: plus(matmul),
  bmm: (a, [b]) => matmul(a, b),
  mm: (a, [b]) => matmul(a, b),
  mv: (a, [b]) => matmul(a, b),
  matmul: (a, [b]) => matmul(a, b),
  __rmatmul__: (a, [b]) => matmul(b, a),
  dot: (a, [b]) => dot(a, b),
  vdot: (a, [b]) => dot(a, b),
  inner: (a, [b]) => inner(a, b),
  outer: (a, [b]) => outer(a, b),
  ger: (a, [b]) => outer(a, b),
  "linalg.vecdot": (a, [b], { dim = -1 }) => vecdot(a, b, { axis: dim }),
  cross: (a, [b, given], { dim = given }) => {
    const shape = a.ndim >= b.ndim ? a.shape : b.shape;
    return cross(a, b, { axis: dim ?? shape.findIndex((n: number) => n === 3) });
  },
  "linalg.cross": (a, [b], { dim = -1 }) => cross(a, b, { axis: dim }),
  "linalg.multi_dot": (list) => multiDot(list),
  cdist: (a, [b, p = 2]) => cdist(a, b, number(p)),
  dist: (a, [b, p = 2]) => vectorNorm(sub(a, b), { ord: number(p) }),

  cholesky: (x, [given], { upper = given ?? false }) => cholesky(x, { upper }),
  "linalg.cholesky": (x, _, { upper = false }) => cholesky(x, { upper }),
  "linalg.cholesky_ex": (x, _, { upper = false }) => [cholesky(x, { upper }), success(x, 2)],
  cholesky_inverse: (x, [given], { upper = given ?? false }) => choleskyInverse(wholeFactor(x, upper), { upper }),
  cholesky_solve: (b, [l, given], { upper = given ?? false }) => choleskySolve(wholeFactor(l, upper), b, { upper }),
  triangular_solve: (b, [a], { upper = true, transpose = false, unitriangular = false }) => [
    triangularSolve(a, b, { lower: !upper, transposed: transpose, unitDiagonal: unitriangular }),
    a,
  ],
  "linalg.solve_triangular": (a, [b], { upper, left = true, unitriangular = false }) =>
    left
      ? triangularSolve(a, b, { lower: !upper, unitDiagonal: unitriangular })
      : mT(triangularSolve(a, mT(b), { lower: !upper, transposed: true, unitDiagonal: unitriangular })),

  lu: (x, [, infos = false]) => (infos ? [...luPacked(x), success(x, 2)] : luPacked(x)),
  "linalg.lu_factor": luPacked,
  "linalg.lu_factor_ex": (x) => [...luPacked(x), success(x, 2)],
  "linalg.lu": {
    run: (x) => {
      const { p, l, u } = lu(x);
      return [p, l, u];
    },
    outputs: [1, 2],
  },
  lu_unpack: {
    run: (packed, [pivots]) => {
      const { p, l, u } = luUnpack(packed, factorsOf(packed, pivots).permutation);
      return [p, l, u];
    },
    outputs: [1, 2],
  },
  lu_solve: (b, [packed, pivots]) => luSolve(factorsOf(packed, pivots), b),
  "linalg.lu_solve": (packed, [pivots, b], { left = true, adjoint = false }) =>
    left
      ? luSolve(factorsOf(packed, pivots), b, { transposed: adjoint })
      : mT(luSolve(factorsOf(packed, pivots), mT(b), { transposed: !adjoint })),
  "linalg.solve": linalgSolve,
  "linalg.solve_ex": (a, args, k) => [linalgSolve(a, args, k), success(a, 2)],
  "linalg.inv": run(inv),
  "linalg.inv_ex": (x) => [inv(x), success(x, 2)],
  inverse: run(inv),
  "linalg.det": run(det),
  "linalg.det.singular": run(det),
  det: run(det),
  logdet: run(logdet),
  "linalg.slogdet": (x) => {
    const { sign, logabsdet } = slogdet(x);
    return [sign, logabsdet];
  },
  slogdet: (x) => {
    const { sign, logabsdet } = slogdet(x);
    return [sign, logabsdet];
  },

  qr: (x, [some = true], k) => {
    const { q, r } = qr(x, { mode: (k.some ?? some) ? "reduced" : "complete" });
    return [q, r];
  },
  "linalg.qr": (x, [given = "reduced"], { mode = given }) => {
    const { q, r } = qr(x, { mode });
    return [q, r];
  },
  "linalg.householder_product": (x, [tau]) => householderProduct(x, tau),
  svd: svdEntry(([some], k) => !(k.some ?? some ?? true), false),
  "linalg.svd": svdEntry(([given], k) => k.full_matrices ?? given ?? true, true),
  "linalg.svdvals": run(svdvals),
  symeig: eighEntry(
    ([, upper], k) => k.upper ?? upper ?? true,
    ([vectors], k) => k.eigenvectors ?? vectors ?? false,
  ),
  "linalg.eigh": eighEntry(
    ([given], k) => (k.UPLO ?? given ?? "L") === "U",
    () => true,
  ),
  "linalg.eigvalsh": (x, [given], { UPLO = given ?? "L" }) => eigvalsh(fromTriangle(x, UPLO === "U")),

  "linalg.pinv": (x, [given], { rtol = given, hermitian = false }) =>
    pseudoInverse(hermitian ? fromTriangle(x, false) : x, rtol, hermitian),
  "linalg.pinv.singular": (a, [b]) => pinv(matmul(a, mT(b))),
  pinverse: (x, [given = 1e-15], { rcond = given }) => pinv(x, { rtol: rcond }),
  "linalg.lstsq": (a, [b, given], { rcond = given, driver = "gelsy" }) => {
    const [m, n] = a.shape.slice(-2);
    const options = rcond === null || rcond === undefined ? {} : { rtol: rcond };
    const stacked = b.ndim === a.ndim - 1;
    const { x, residuals, rank, s } = lstsq(a, stacked ? expandDims(b, -1) : b, options);
    const none = zeros([0], "f64");
    return [
      stacked ? squeeze(x, -1) : x,
      m > n && driver !== "gelsy" ? residuals : none,
      driver === "gels" ? zeros([0], "i32") : rank,
      driver === "gelss" || driver === "gelsd" ? s : none,
    ];
  },
  "linalg.lstsq.grad_oriented": (a, [b]) =>
    b.ndim === a.ndim - 1 ? squeeze(lstsq(a, expandDims(b, -1)).x, -1) : lstsq(a, b).x,
  "linalg.matrix_power": (x, [n]) => matrixPower(x, n),
  "linalg.matrix_rank": (x) => matrixRank(x),
  matrix_exp: run(expm),
  "linalg.matrix_exp": run(expm),
  "linalg.cond": (x, [given], { p = given ?? 2 }) =>
    conditionNumber(x, p === "fro" || p === "nuc" ? p : (number(p) as 2)),
  "linalg.tensorinv": (x, [given = 2], { ind = given }) => tensorinv(x, ind),
  "linalg.tensorsolve": (a, [b, given], { dims = given }) =>
    dims === null || dims === undefined ? tensorsolve(a, b) : tensorsolve(a, b, { axes: dims }),

  "linalg.vector_norm": {
    run: (x, [given, axes, keep], { ord = given, dim = axes, keepdim = keep ?? false }) => vector(x, ord, dim, keepdim),
    tolerance: 1e-6,
    why: "orders such as 2.1 were rounded to f32 in the recorded norms",
  },
  "linalg.matrix_norm": (x, [given, axes, keep], { ord = given ?? "fro", dim = axes, keepdim = keep ?? false }) =>
    matrix(x, ord, dim, keepdim),
  "linalg.norm": linalgNorm,
  "linalg.norm.subgradients_at_zero": linalgNorm,
  norm: torchNorm,
  "norm.fro": torchNorm,
  "norm.nuc": torchNorm,
  "norm.inf": torchNorm,
};

export const linalgSkips: Skips = {
  "linalg.pinv.hermitian":
    "inputs are not symmetric, one triangle is read, and the recorded gradients put the other into the formula: no function has them",
  svd_lowrank: "draws a random projection",
  pca_lowrank: "draws a random projection",
};
