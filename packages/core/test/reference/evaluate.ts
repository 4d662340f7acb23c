import { rejectionReference } from "./rejection.js";
import { threefry } from "./threefry.js";
import { type Dense, build, coordinates, count, get, position, zip } from "./dense.js";
import { linalgReference } from "./linalg.js";
import { recurrenceReference } from "./recurrence.js";
import { shapeReference } from "./shape.js";
import { windowsReference } from "./windows.js";
import { besselScaled, digamma, erf, erfinv, gamma, incompleteBeta, incompleteGamma, lgamma, ndtr } from "./special.js";

/* One naive loop a primitive over dense f64 arrays, with Math.*: the oracle that compiled code is compared with. */

type Reference = (inputs: readonly Dense[], params: any) => Dense[];

const elementwise =
  (f: (...x: number[]) => number): Reference =>
  (inputs) => [zip(inputs, f)];

const without = (shape: readonly number[], axes: readonly number[]): number[] =>
  shape.filter((_, i) => !axes.includes(i));

/** Folds `axes`; `f` gets the elements in row-major order. */
const fold =
  (f: (values: number[]) => number): Reference =>
  ([x], { axes }) => {
    const shape = without(x.shape, axes);
    const folded = Array.from({ length: count(shape) }, (): number[] => []);
    coordinates(x.shape).forEach((at, i) => folded[position(shape, without(at, axes))].push(x.values[i]));
    return [{ shape, values: folded.map(f) }];
  };

/** Neumaier's compensated sum, so that long sums are right to the last digits. */
function total(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  // Of infinities nothing is lost.
  return Number.isFinite(sum) ? sum + lost : sum;
}

const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  const gap = x - floor;
  if (gap !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};
const bool = (x: boolean): number => (x ? 1 : 0);

const matrixBatch = (x: Dense): number => count(x.shape.slice(0, -2));

export const reference: Readonly<Record<string, Reference>> = {
  ...rejectionReference,
  ...recurrenceReference,
  ...shapeReference,
  ...windowsReference,
  barrier: (inputs) => [...inputs],
  name: ([x]) => [x],
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  neg: elementwise((x) => -x),
  exp: elementwise(Math.exp),
  expm1: elementwise(Math.expm1),
  exp2: elementwise((x) => 2 ** x),
  log: elementwise(Math.log),
  log2: elementwise(Math.log2),
  log10: elementwise(Math.log10),
  cbrt: elementwise(Math.cbrt),
  hypot: elementwise(Math.hypot),
  asinh: elementwise(Math.asinh),
  acosh: elementwise(Math.acosh),
  atanh: elementwise(Math.atanh),
  log1p: elementwise(Math.log1p),
  sin: elementwise(Math.sin),
  cos: elementwise(Math.cos),
  tan: elementwise(Math.tan),
  asin: elementwise(Math.asin),
  acos: elementwise(Math.acos),
  atan: elementwise(Math.atan),
  atan2: elementwise(Math.atan2),
  sinh: elementwise(Math.sinh),
  cosh: elementwise(Math.cosh),
  tanh: elementwise(Math.tanh),
  sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  softplus: elementwise((x) => Math.log1p(Math.exp(x))),
  erf: elementwise(erf),
  erfc: elementwise((x) => 1 - erf(x)),
  erfinv: elementwise(erfinv),
  lgamma: elementwise(lgamma),
  digamma: elementwise(digamma),
  gamma: elementwise(gamma),
  erfcx: elementwise((x) => Math.exp(x * x) * (1 - erf(x))),
  ndtr: elementwise(ndtr),
  logNdtr: elementwise((x) => Math.log(ndtr(x))),
  ndtri: elementwise((p) => Math.SQRT2 * erfinv(2 * p - 1)),
  i0e: elementwise((x) => besselScaled(0, x)),
  i1e: elementwise((x) => besselScaled(1, x)),
  log1pMinus: elementwise((x) => Math.log1p(x) - x),
  incompleteGamma: (inputs, { of }) => [zip(inputs, (a, x) => incompleteGamma(of, a, x))],
  incompleteBeta: (inputs, { of }) => [zip(inputs, (a, b, x) => incompleteBeta(of, a, b, x))],
  sqrt: elementwise(Math.sqrt),
  abs: elementwise(Math.abs),
  sign: elementwise(Math.sign),
  floor: elementwise(Math.floor),
  ceil: elementwise(Math.ceil),
  trunc: elementwise(Math.trunc),
  round: elementwise(roundHalfEven),
  pow: elementwise((x, p) => x ** p),
  rem: elementwise((a, b) => a % b),
  eq: elementwise((a, b) => bool(a === b)),
  ne: elementwise((a, b) => bool(a !== b)),
  lt: elementwise((a, b) => bool(a < b)),
  le: elementwise((a, b) => bool(a <= b)),
  gt: elementwise((a, b) => bool(a > b)),
  ge: elementwise((a, b) => bool(a >= b)),
  and: elementwise((a, b) => a & b),
  or: elementwise((a, b) => a | b),
  xor: elementwise((a, b) => a ^ b),
  shl: elementwise((a, b) => a << b),
  shr: elementwise((a, b) => a >> b),
  not: elementwise((x) => bool(x === 0)),
  max: elementwise(Math.max),
  min: elementwise(Math.min),
  select: elementwise((c, a, b) => (c !== 0 ? a : b)),
  convert: ([x], { dtype }) => [
    zip([x], (v) => (dtype === "bool" ? bool(v !== 0) : dtype === "i32" ? Math.trunc(v) : v)),
  ],
  reinterpret: ([x]) => [zip([x], (v) => new Float32Array(Uint32Array.of(v).buffer)[0])],
  stopGradient: ([x]) => [x],
  sum: fold(total),
  reduceMax: fold((v) => Math.max(...v)),
  reduceMin: fold((v) => Math.min(...v)),
  reduceProd: fold((v) => v.reduce((a, b) => a * b, 1)),
  argExtremum: ([x], { axis, largest }) =>
    fold((v) => v.indexOf(largest ? Math.max(...v) : Math.min(...v)))([x], { axes: [axis] }),
  cumsum: ([x], { axis, reverse }) => [
    build(x.shape, (at) => {
      let total = 0;
      for (let i = 0; i < x.shape[axis]; i++)
        if (reverse ? i >= at[axis] : i <= at[axis]) total += get(x, at.with(axis, i));
      return total;
    }),
  ],
  dot: ([a, b], { contractA, contractB, batchA, batchB }) => {
    const freeA = without([...a.shape.keys()], []).filter((i) => !contractA.includes(i) && !batchA.includes(i));
    const freeB = [...b.shape.keys()].filter((i) => !contractB.includes(i) && !batchB.includes(i));
    const shape = [
      ...batchA.map((i: number) => a.shape[i]),
      ...freeA.map((i) => a.shape[i]),
      ...freeB.map((i) => b.shape[i]),
    ];
    const inner: number[] = contractA.map((i: number) => a.shape[i]);
    return [
      build(shape, (at) => {
        const products: number[] = [];
        for (const k of coordinates(inner)) {
          const ia = new Array<number>(a.shape.length);
          const ib = new Array<number>(b.shape.length);
          batchA.forEach((axis: number, i: number) => (ia[axis] = at[i]));
          batchB.forEach((axis: number, i: number) => (ib[axis] = at[i]));
          freeA.forEach((axis, i) => (ia[axis] = at[batchA.length + i]));
          freeB.forEach((axis, i) => (ib[axis] = at[batchA.length + freeA.length + i]));
          contractA.forEach((axis: number, i: number) => (ia[axis] = k[i]));
          contractB.forEach((axis: number, i: number) => (ib[axis] = k[i]));
          products.push(get(a, ia) * get(b, ib));
        }
        return total(products);
      }),
    ];
  },
  broadcast: ([x], { shape, axes }) => [
    build(shape, (at) =>
      get(
        x,
        axes.map((a: number) => at[a]),
      ),
    ),
  ],
  reshape: ([x], { shape }) => [{ shape, values: x.values }],
  transpose: ([x], { permutation }) => [
    build(
      permutation.map((p: number) => x.shape[p]),
      (at) =>
        get(
          x,
          x.shape.map((_, i) => at[permutation.indexOf(i)]),
        ),
    ),
  ],
  slice: ([x], { start, limit, step }) => [
    build(
      start.map((s: number, i: number) => Math.max(0, Math.ceil((limit[i] - s) / step[i]))),
      (at) =>
        get(
          x,
          at.map((k, i) => start[i] + k * step[i]),
        ),
    ),
  ],
  pad: ([x], { value, low, high, interior }) => [
    build(
      x.shape.map((n, i) => low[i] + high[i] + (n === 0 ? 0 : (n - 1) * (interior[i] + 1) + 1)),
      (at) => {
        const from = at.map((k, i) => (k - low[i]) / (interior[i] + 1));
        return from.every((k, i) => Number.isInteger(k) && k >= 0 && k < x.shape[i]) ? get(x, from) : value;
      },
    ),
  ],
  flip: ([x], { axes }) => [
    build(x.shape, (at) =>
      get(
        x,
        at.map((k, i) => (axes.includes(i) ? x.shape[i] - 1 - k : k)),
      ),
    ),
  ],
  concat: (inputs, { axis }) => [
    build(
      inputs[0].shape.map((n, i) => (i === axis ? inputs.reduce((s, x) => s + x.shape[axis], 0) : n)),
      (at) => {
        let k = at[axis];
        for (const x of inputs) {
          if (k < x.shape[axis]) return get(x, at.with(axis, k));
          k -= x.shape[axis];
        }
        return NaN;
      },
    ),
  ],
  iota: (_, { shape, axis }) => [build(shape, (at) => at[axis])],
  gather: ([x, indices], { batchDims }) => [
    build([...indices.shape, ...x.shape.slice(batchDims + 1)], (at) => {
      const n = x.shape[batchDims];
      const i = Math.min(n - 1, Math.max(0, get(indices, at.slice(0, indices.shape.length))));
      return get(x, [...at.slice(0, batchDims), i, ...at.slice(indices.shape.length)]);
    }),
  ],
  scatterAdd: ([x, indices, u], { batchDims }) => {
    const out = [...x.values];
    for (const at of coordinates(u.shape)) {
      const i = get(indices, at.slice(0, indices.shape.length));
      if (i < 0 || i >= x.shape[batchDims]) continue;
      const to = [...at.slice(0, batchDims), i, ...at.slice(indices.shape.length)];
      out[to.reduce((s, k, a) => s * x.shape[a] + k, 0)] += get(u, at);
    }
    return [{ shape: x.shape, values: out }];
  },
  argsort: ([x]) => {
    const n = x.shape[x.shape.length - 1];
    const key = (v: number): number => (Number.isNaN(v) ? Infinity : v);
    const out: number[] = [];
    for (let row = 0; row < x.values.length; row += n) {
      const values = x.values.slice(row, row + n);
      out.push(
        ...[...values.keys()].sort((i, j) => {
          if (Number.isNaN(values[i]) !== Number.isNaN(values[j])) return Number.isNaN(values[i]) ? 1 : -1;
          return key(values[i]) < key(values[j]) ? -1 : key(values[i]) > key(values[j]) ? 1 : i - j;
        }),
      );
    }
    return [{ shape: x.shape, values: out }];
  },
  ...linalgReference,
  cholesky: ([x]) => {
    const n = x.shape[x.shape.length - 1];
    const l = new Array<number>(x.values.length).fill(0);
    for (let m = 0; m < matrixBatch(x); m++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          let s = x.values[m * n * n + i * n + j];
          for (let k = 0; k < j; k++) s -= l[m * n * n + i * n + k] * l[m * n * n + j * n + k];
          l[m * n * n + i * n + j] = i === j ? Math.sqrt(s) : s / l[m * n * n + j * n + j];
        }
    return [{ shape: x.shape, values: l }];
  },
  triangularSolve: ([a, b], { lower, transposed }) => {
    const n = a.shape[a.shape.length - 1];
    const columns = b.shape[b.shape.length - 1];
    const x = new Array<number>(b.values.length).fill(0);
    const forward = lower !== transposed;
    for (let m = 0; m < matrixBatch(a); m++)
      for (let c = 0; c < columns; c++)
        for (let s = 0; s < n; s++) {
          const i = forward ? s : n - 1 - s;
          let v = b.values[(m * n + i) * columns + c];
          const entry = (r: number, q: number): number => a.values[m * n * n + (transposed ? q * n + r : r * n + q)];
          for (let t = 0; t < s; t++) {
            const k = forward ? t : n - 1 - t;
            v -= entry(i, k) * x[(m * n + k) * columns + c];
          }
          x[(m * n + i) * columns + c] = v / entry(i, i);
        }
    return [{ shape: b.shape, values: x }];
  },
  threefry2x32: (inputs) => {
    const pairs = inputs[0].values.map((_, i) => {
      const [k0, k1, c0, c1] = inputs.map((x) => x.values[i]);
      return threefry(k0, k1, c0, c1);
    });
    return [0, 1].map((w) => ({ shape: inputs[0].shape, values: pairs.map((p) => p[w]) }));
  },
};
