import { type Dense, count } from "./dense.js";

/* Factorisations on arrays of rows, as textbooks write them. */

type Matrix = number[][];
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => +(i === j)));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((s, x, k) => s + x * b[k][j], 0)));
const transposed = (a: Matrix): Matrix => (a.length === 0 ? [] : a[0].map((_, j) => a.map((row) => row[j])));

function matrices(x: Dense): Matrix[] {
  const [m, n] = x.shape.slice(-2);
  return Array.from({ length: count(x.shape.slice(0, -2)) }, (_, b) =>
    Array.from({ length: m }, (__, i) => x.values.slice((b * m + i) * n, (b * m + i + 1) * n)),
  );
}
const vectors = (x: Dense): number[][] =>
  matrices({ ...x, shape: [...x.shape.slice(0, -1), 1, x.shape[x.shape.length - 1]] }).map(([v]) => v);

function eliminate(given: Matrix, n: number, complete: boolean) {
  const a = given.map((row) => [...row]);
  const m = a.length;
  const rows = [...a.keys()];
  const columns = Array.from({ length: n }, (_, j) => j);
  const pivots: number[] = [];
  for (let j = 0; j < Math.min(m, n); j++) {
    let [p, q] = [j, j];
    for (let r = j; r < m; r++)
      for (let c = j; c < (complete ? n : j + 1); c++) if (Math.abs(a[r][c]) > Math.abs(a[p][q])) [p, q] = [r, c];
    pivots.push(p);
    [a[p], a[j]] = [a[j], a[p]];
    [rows[p], rows[j]] = [rows[j], rows[p]];
    for (const row of a) [row[q], row[j]] = [row[j], row[q]];
    [columns[q], columns[j]] = [columns[j], columns[q]];
    for (let i = j + 1; i < m; i++) {
      a[i][j] /= a[j][j];
      for (let c = j + 1; c < n; c++) a[i][c] -= a[i][j] * a[j][c];
    }
  }
  return { a, pivots, rows, columns };
}

/** Q as the product of whole reflections. */
function reflect(given: Matrix, n: number): { q: Matrix; r: Matrix } {
  const m = given.length;
  let [q, r] = [identity(m), given];
  for (let j = 0; j < Math.min(m, n); j++) {
    const x = r.map((row, i) => (i < j ? 0 : row[j]));
    if (x.every((v, i) => i <= j || v === 0)) continue;
    const v = x.map((value, i) => (i === j ? value + (value < 0 ? -1 : 1) * Math.hypot(...x) : value));
    const square = v.reduce((s, value) => s + value * value, 0);
    const h = identity(m).map((row, i) => row.map((e, k) => e - (2 * v[i] * v[k]) / square));
    [q, r] = [multiply(q, h), multiply(h, r)];
  }
  return { q, r: r.map((row, i) => row.map((e, k) => (k < i ? 0 : e))) };
}

/** Gauss and Jordan's inverse, without pivoting. */
function inverse(given: Matrix): Matrix {
  const n = given.length;
  const a = given.map((row, i) => [...row, ...identity(n)[i]]);
  for (let j = 0; j < n; j++) {
    const pivot = a[j][j];
    a[j] = a[j].map((e) => e / pivot);
    for (let i = 0; i < n; i++) {
      const f = a[i][j];
      if (i !== j) a[i] = a[i].map((e, k) => e - f * a[j][k]);
    }
  }
  return a.map((row) => row.slice(n));
}

// oxlint-disable-next-line typescript/no-explicit-any -- params of every primitive
export const linalgReference: Readonly<Record<string, (inputs: readonly Dense[], params: any) => Dense[]>> = {
  lu: ([x], { complete }) => {
    const [m, n] = x.shape.slice(-2);
    const batch = x.shape.slice(0, -2);
    const results = matrices(x).map((a) => eliminate(a, n, complete));
    const list = (size: number, pick: (r: ReturnType<typeof eliminate>) => number[]): Dense => ({
      shape: [...batch, size],
      values: results.flatMap(pick),
    });
    return [
      { shape: x.shape, values: results.flatMap((r) => r.a.flat()) },
      list(Math.min(m, n), (r) => r.pivots),
      list(m, (r) => r.rows),
      list(n, (r) => r.columns),
    ];
  },
  qr: ([x], { complete }) => {
    const [m, n] = x.shape.slice(-2);
    const batch = x.shape.slice(0, -2);
    const k = complete ? m : Math.min(m, n);
    const results = matrices(x).map((a) => reflect(a, n));
    return [
      { shape: [...batch, m, k], values: results.flatMap(({ q }) => q.flatMap((row) => row.slice(0, k))) },
      { shape: [...batch, k, n], values: results.flatMap(({ r }) => r.slice(0, k).flat()) },
    ];
  },
  luSolve: ([, packed, rows, b], params) => {
    const orders = vectors(rows);
    const right = matrices(b);
    const values = matrices(packed).flatMap((a, i) => {
      const l = a.map((row, r) => row.map((e, c) => (c < r ? e : +(c === r))));
      const u = a.map((row, r) => row.map((e, c) => (c < r ? 0 : e)));
      // P^T L U is inverted by parts, so that no pivot is needed.
      const p = orders[i].map((r) => identity(a.length)[r]);
      const solution = multiply(multiply(inverse(u), inverse(l)), p);
      return multiply(params.transposed ? transposed(solution) : solution, right[i]).flat();
    });
    return [{ shape: b.shape, values }];
  },
  pinv: ([, p]) => [p],
};
