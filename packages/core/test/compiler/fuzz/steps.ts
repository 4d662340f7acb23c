import {
  type DType,
  type Tensor,
  checkpoint,
  concat,
  cond,
  conv1d,
  einsum,
  foriLoop,
  grad,
  jit,
  maximum,
  random,
  scan,
  solvePositive,
  stack,
  stopGradient,
  switchCase,
  tensor,
  vmap,
  where,
  whileLoop,
} from "../../../src/index.js";
import { binary, body, comparisons, elementwise } from "./functions.js";
import {
  LARGEST,
  type Value,
  axisOf,
  filled,
  fit,
  float,
  integer,
  ints,
  lined,
  matrix,
  pair,
  tame,
} from "./operands.js";

/*
 * What a step of a random program may do. A step takes two earlier values and a number that chooses among its variants; whatever it gets,
 * it makes something of it.
 */
export type Step = (a: Value, b: Value, n: number) => Value | readonly Value[];

const constants = (n: number, length: number): Tensor =>
  tensor(
    Array.from({ length }, (_, i) => Math.sin(1 + i * 0.7 + (n % 11))),
    { dtype: "f32" },
  );

export const steps: Readonly<Record<string, Step>> = {
  unary: (a, _, n) => {
    const v = float(a, n);
    const [f, bound] = elementwise[n % elementwise.length];
    return { x: f(v.x), bound: bound(v.bound) };
  },
  chain: (a, b, n) => {
    let v = float(a, n);
    for (const k of [n, Math.floor(n / 32), Math.floor(n / 1024)]) {
      const [f, bound] = elementwise[k % elementwise.length];
      v = tame({ x: f(v.x), bound: bound(v.bound) });
    }
    const [p, q] = pair(v, float(b, n));
    return { x: p.x.mul(q.x), bound: p.bound * q.bound };
  },
  binary: (a, b, n) => {
    const [p, q] = pair(float(a, n), float(b, n));
    const [f, bound] = binary[n % binary.length];
    return { x: f(p.x, q.x), bound: bound(p.bound, q.bound) };
  },
  compare: (a, b, n) => {
    const [p, q] = pair(a, b);
    return { x: comparisons[n % 6](p.x, q.x), bound: 1 };
  },
  select: (a, b, n) => {
    const [p, q] = pair(float(a, n), float(b, n));
    return { x: where(comparisons[n % 4](p.x, q.x.mul(0.7)), p.x, q.x), bound: Math.max(p.bound, q.bound) };
  },
  logical: (a, b, n) => {
    const [p, q] = pair({ ...a, x: a.x.greater(0) }, { ...b, x: b.x.less(0.5) });
    return { x: [p.x.logicalAnd(q.x), p.x.logicalOr(q.x), p.x.logicalXor(q.x), p.x.logicalNot()][n % 4], bound: 1 };
  },
  integer: (a, b, n) => {
    const [p, q] = pair(integer(a), integer(b));
    const results: [Tensor, number][] = [
      [p.x.add(q.x), p.bound + q.bound],
      [p.x.sub(q.x), p.bound + q.bound],
      [p.x.rem(13).mul(q.x.rem(7)), 91],
      [p.x.rem(5), 5],
      [maximum(p.x, q.x), Math.max(p.bound, q.bound)],
      [p.x.bitwiseAnd(15), 15],
      [p.x.bitwiseXor(q.x.bitwiseAnd(7)).bitwiseAnd(31), 31],
      [p.x.floorDivide(3), p.bound],
    ];
    const [x, bound] = results[n % results.length];
    return { x, bound };
  },
  cast: (a, _, n) => {
    const to = (["f32", "f64", "i32", "bool"] as DType[])[n % 4];
    if (to === "bool") return { x: a.x.greater(0.3), bound: 1 };
    if (to === "i32") return integer(a);
    return { x: a.x.astype(to), bound: a.bound };
  },
  reshape: (a, _, n) => {
    const size = a.x.size;
    const divisors = [1, 2, 3, 4, 5, 7, 8].filter((d) => size % d === 0);
    const d = divisors[n % divisors.length];
    const shapes = [[size], [d, size / d], [size / d, d], [1, size], [size, 1], [d, 1, size / d]];
    return { ...a, x: a.x.reshape(size === 0 ? [0] : shapes[n % shapes.length]) };
  },
  transpose: (a, _, n) => {
    const { x } = a;
    if (x.ndim < 2) return { ...a, x: x.reshape([x.size, 1]).transpose() };
    return { ...a, x: x.moveAxis(n % x.ndim, (n >> 2) % x.ndim).swapAxes(0, x.ndim - 1) };
  },
  slice: (a, _, n) => {
    const x = lined(a.x);
    const axis = axisOf(x, n);
    const size = x.shape[axis];
    const from = size === 0 ? 0 : n % size;
    const ranges: [number | null, number | null, number?][] = [
      [from, null],
      [null, from + 1],
      [from, from + 1],
      [null, null, 2],
      [null, null, -1],
      [from, null, 3],
      [null, from, -2],
    ];
    const range = ranges[n % ranges.length] as [number | null, number | null];
    return { ...a, x: x.at(...x.shape.map((_, i): typeof range | null => (i === axis ? range : null))) };
  },
  pick: (a, _, n) => {
    const x = filled(a.x);
    return { ...a, x: x.at(n % x.shape[0]) };
  },
  pad: (a, _, n) => {
    const v = float(a, n);
    const x = lined(v.x);
    const widths = x.shape.map((_, i): [number, number] => [(n + i) % 3, (n >> 2) % 3]);
    return { x: x.pad(widths, n % 2 === 0 ? 0 : 0.5), bound: Math.max(v.bound, 0.5) };
  },
  flip: (a, _, n) => ({ ...a, x: a.x.ndim === 0 ? a.x : n % 3 === 0 ? a.x.flip() : a.x.flip(axisOf(a.x, n)) }),
  roll: (a, _, n) => ({ ...a, x: a.x.size === 0 ? a.x : lined(a.x).roll(n % 5, axisOf(lined(a.x), n)) }),
  concat: (a, b, n) => {
    const p = float(a, n);
    const q = float(b, n);
    const x = lined(p.x);
    const bound = Math.max(p.bound, q.bound);
    if (x.ndim === 1 && n % 2 === 0) return { x: concat([x, lined(q.x).flatten().astype(x.dtype)]), bound };
    const parts = [x, fit(q.x, x.shape).astype(x.dtype)];
    return { x: n % 3 === 0 ? stack(parts, n % (x.ndim + 1)) : concat(parts, axisOf(x, n)), bound };
  },
  split: (a, _, n) => {
    const x = lined(a.x);
    return x.arraySplit(2 + (n % 2), axisOf(x, n)).map((x) => ({ ...a, x }));
  },
  repeat: (a, _, n) => ({
    ...a,
    x: n % 2 === 0 ? lined(a.x).tile([2]) : lined(a.x).repeat(2, { axis: axisOf(lined(a.x), n) }),
  }),
  expand: (a, _, n) => {
    const x = a.x.expandDims(n % (a.x.ndim + 1));
    const shape = x.shape.map((d, i) => (i === n % (a.x.ndim + 1) ? 2 + (n % 7) : d));
    return { ...a, x: x.broadcastTo(shape) };
  },
  outer: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const [u, v] = [p.x.flatten().at([0, 33]), q.x.flatten().at([0, 17])];
    return { x: u.expandDims(1).mul(v), bound: p.bound * q.bound };
  },
  triangle: (a, _, n) => ({ ...a, x: n % 2 === 0 ? matrix(a.x).tril(n % 3) : matrix(a.x).triu(-(n % 3)) }),
  diagonal: (a) => ({ ...a, x: matrix(a.x).diagonal() }),
  take: (a, _, n) => {
    const x = filled(a.x);
    const axis = axisOf(x, n);
    const indices = Array.from({ length: 1 + (n % 9) }, (_, i) => (i * 5 + n) % x.shape[axis]);
    return { ...a, x: x.take(ints(indices), axis) };
  },
  gather: (a, b, n) => {
    const x = filled(a.x);
    const axis = axisOf(x, n);
    const i = fit(integer(b).x, [1 + (n % 5)])
      .abs()
      .rem(x.shape[axis]);
    return { ...a, x: x.take(i, axis, { mode: "clip" }) };
  },
  takeAlong: (a, b, n) => {
    const x = filled(a.x);
    const axis = axisOf(x, n);
    return { ...a, x: x.takeAlongAxis(fit(integer(b).x, x.shape).abs().rem(x.shape[axis]), axis) };
  },
  scatter: (a, b, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    const q = float(b, n);
    const rows = 1 + (n % 5);
    const indices = ints(Array.from({ length: rows }, (_, i) => (i * 3 + n) % x.shape[0]));
    const updates = fit(q.x, [rows, ...x.shape.slice(1)]).astype(x.dtype);
    const mode = (["set", "add", "max"] as const)[n % 3];
    return { x: x.updateAt([indices], updates, { mode }), bound: v.bound + rows * q.bound };
  },
  update: (a, b, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    const q = float(b, n);
    const at = n % x.shape[0];
    const value = fit(q.x, x.shape.slice(1)).astype(x.dtype);
    return { x: x.updateAt([at], value, { mode: n % 2 === 0 ? "set" : "add" }), bound: v.bound + q.bound };
  },
  dynamicSlice: (a, b, n) => {
    const x = filled(a.x);
    const start = fit(integer(b).x, []).abs().rem(9);
    const starts = x.shape.map((_, i) => (i === 0 ? start : 0));
    return { ...a, x: x.dynamicSlice(starts, [1 + (n % x.shape[0]), ...x.shape.slice(1)]) };
  },
  dynamicUpdate: (a, b, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    const start = fit(integer(b).x, []).abs().rem(5);
    const update = fit(float(b, n).x, [1, ...x.shape.slice(1)]).astype(x.dtype);
    const starts = x.shape.map((_, i) => (i === 0 ? start : 0));
    return { x: x.dynamicUpdateSlice(update, starts), bound: Math.max(v.bound, b.bound) };
  },
  oneHot: (a, _, n) => {
    const i = integer(a).x.flatten().at([0, 20]).abs().rem(6);
    return { x: i.oneHot(6, n % 2 === 0 ? "f32" : "f64"), bound: 1 };
  },
  sort: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x).flatten().at([0, 20]);
    if (n % 3 === 0) return { x: x.argsort(), bound: 20 };
    return { ...v, x: x.sort() };
  },
  sum: (a, _, n) => {
    const v = a.x.dtype === "bool" ? integer(a) : a;
    const { x } = v;
    if (x.ndim === 0) return v;
    const axes = [undefined, [axisOf(x, n)], [0], [x.ndim - 1], x.ndim > 1 ? [0, x.ndim - 1] : [0]][n % 5];
    const y = x.sum(axes, { keepDims: n % 2 === 0 });
    return { x: y, bound: (v.bound * Math.max(1, x.size)) / Math.max(1, y.size) };
  },
  mean: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    return { ...v, x: x.mean([undefined, axisOf(x, n)][n % 2], { keepDims: n % 3 === 0 }) };
  },
  extremum: (a, _, n) => {
    const x = filled(a.x.dtype === "bool" ? integer(a).x : a.x);
    const axes = [undefined, axisOf(x, n)][n % 2];
    return { ...a, x: n % 4 < 2 ? x.max(axes) : x.min(axes, { keepDims: true }) };
  },
  product: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x).tanh();
    return { x: x.prod(axisOf(x, n)), bound: 1 };
  },
  variance: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    return { x: x.variance(axisOf(x, n), { keepDims: n % 2 === 0 }), bound: v.bound ** 2 + 0.1 };
  },
  logsumexp: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    return { x: x.logsumexp([undefined, axisOf(x, n)][n % 2]), bound: v.bound + Math.log(x.size) };
  },
  argmax: (a, _, n) => {
    const x = filled(float(a, n).x);
    return { x: n % 2 === 0 ? x.argmax(axisOf(x, n)) : x.argmin(axisOf(x, n)), bound: LARGEST };
  },
  cumulative: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    const axis = axisOf(x, n);
    if (n % 4 === 0) return { x: x.tanh().cumprod(axis), bound: 1 };
    if (n % 4 === 1) return { ...v, x: x.cummax(axis) };
    return { x: x.cumsum(axis, { reverse: n % 4 === 2 }), bound: v.bound * x.shape[axis] };
  },
  softmax: (a, _, n) => {
    const v = float(a, n);
    const x = filled(v.x);
    return n % 2 === 0
      ? { x: x.softmax(axisOf(x, n)), bound: 1 }
      : { x: x.logSoftmax(axisOf(x, n)), bound: 2 * v.bound + Math.log(x.size) };
  },
  layerNorm: (a, b, n) => {
    const x = filled(float(a, n).x);
    const centred = x.sub(x.mean(-1, { keepDims: true }));
    const y = centred.mul(x.variance(-1, { keepDims: true }).add(0.1).rsqrt());
    const scale = fit(float(b, n).x, [x.shape[x.ndim - 1]]);
    return { x: y.mul(scale).add(0.1), bound: 3.2 * b.bound + 12 };
  },
  matmul: (a, b, n) => {
    const p = float(a, n);
    const q = float(b, n);
    const left = matrix(p.x).at([0, 40]);
    const inner = left.shape[1];
    const columns = [1, 2, 3, 5, 8, 9, 17][n % 7];
    const right = n % 3 === 0 ? fit(q.x, [columns, inner]).transpose() : fit(q.x, [inner, columns]);
    return { x: left.matmul(right.astype(left.dtype)), bound: p.bound * q.bound * Math.max(1, inner) };
  },
  gram: (a, _, n) => {
    const p = float(a, n);
    const x = matrix(p.x).at([0, 20], [0, 33]);
    return n % 2 === 0
      ? { x: x.matmul(x.transpose()), bound: p.bound ** 2 * Math.max(1, x.shape[1]) }
      : { x: x.transpose().matmul(x), bound: p.bound ** 2 * Math.max(1, x.shape[0]) };
  },
  batched: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const [g, m, k, c] = [1 + (n % 4), 1 + (n % 5), 1 + (n % 8), 1 + (n % 3)];
    const left = fit(p.x, [g, m, k]);
    const right = fit(q.x, [g, k, c]).astype(left.dtype);
    const x = n % 2 === 0 ? left.matmul(right) : einsum("gmk,gkc->mgc", left, right);
    return { x, bound: p.bound * q.bound * k };
  },
  inner: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const x = filled(p.x).flatten();
    return { x: x.dot(fit(q.x, x.shape).astype(x.dtype)), bound: p.bound * q.bound * x.size };
  },
  factor: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const size = 1 + (n % 4);
    const m = fit(p.x, [size, size]).tanh();
    const eye = tensor(
      Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
      { shape: [size, size] },
    );
    const positive = m.matmul(m.transpose()).add(eye.astype(m.dtype));
    if (n % 3 === 0) return { x: positive.cholesky(), bound: 1 + size };
    const right = fit(q.x, [size, 2]).astype(m.dtype);
    const x = n % 3 === 1 ? positive.solve(right) : solvePositive(positive, right);
    return { x, bound: 2 * size * q.bound };
  },
  convolve: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const x = fit(p.x, [1 + (n % 2), 2, 5 + (n % 6)]);
    const w = fit(q.x, [3, 2, 1 + (n % 3)]).astype(x.dtype);
    return { x: conv1d(x, w), bound: 6 * p.bound * q.bound };
  },
  random: (a, _, n) => {
    const key = random.key(n);
    const shape = a.x.shape;
    const draws = [
      (): Tensor => random.uniform(key, shape),
      (): Tensor => random.normal(random.foldIn(key, 3), shape).clip(-4, 4),
      (): Tensor => random.bernoulli(key, 0.4, shape).astype("f32"),
      (): Tensor => random.uniform(random.split(key, 2).at(1), shape, { dtype: "f64" }),
    ];
    return { x: draws[n % draws.length](), bound: 4 };
  },
  captured: (a, _, n) => {
    const v = float(a, n);
    const x = lined(v.x);
    return { x: x.mul(constants(n, x.shape[x.ndim - 1])), bound: v.bound };
  },
  scan: (a, b, n) => {
    const [p, q] = [float(a, n), float(b, n)];
    const xs = lined(p.x).at([0, 17]);
    const init = fit(q.x, n % 2 === 0 ? [] : [1 + (n % 5)])
      .astype(xs.dtype)
      .tanh();
    const weight = constants(n, init.size).astype(xs.dtype).reshape(init.shape);
    const [last, ys] = scan(
      (c: Tensor, x: Tensor) => {
        const next = body(n)(c.add(x.sum().mul(weight)));
        return [next, n % 3 === 0 ? body(n >> 3)(x).mul(c.sum()) : next.mul(0.5)];
      },
      init,
      xs,
      { reverse: n % 4 === 0 },
    );
    return [
      { x: last, bound: 3 },
      { x: ys, bound: 12 },
    ];
  },
  scanTuple: (a, _, n) => {
    const x = filled(float(a, n).x).tanh();
    const [[u, v, k]] = scan(
      ([u, v, k]: Tensor[]): [Tensor[], Tensor] => [[v, body(n)(u).mul(0.5).add(v.mul(0.3)), k.add(1)], u.sum()],
      [x, x.mul(0.5), tensor(0, { dtype: "i32" })],
      null,
      { length: n % 6 },
    );
    return [
      { x: u, bound: 3 },
      { x: v, bound: 3 },
      { x: k, bound: 6 },
    ];
  },
  forLoop: (a, _, n) => {
    const x = filled(float(a, n).x).tanh();
    return { x: foriLoop(0, n % 5, (i, c: Tensor) => body(n)(c).add(i.astype(c.dtype).mul(0.1)), x), bound: 3 };
  },
  whileLoop: (a, b, n) => {
    const x = stopGradient(filled(float(a, n).x)).tanh();
    const limit = fit(integer(b).x, []).abs().rem(6);
    const [i, v] = whileLoop(
      ([i]: Tensor[]) => i.less(limit),
      ([i, v]: Tensor[]) => [i.add(1), body(n)(v).mul(0.9)],
      [tensor(0, { dtype: "i32" }), x],
    );
    return [
      { x: v, bound: 3 },
      { x: i, bound: 6 },
    ];
  },
  cond: (a, b, n) => {
    const x = filled(float(a, n).x).tanh();
    const q = filled(float(b, n).x);
    if (n % 2 === 0)
      return {
        x: cond(
          q.sum().greater(0.01),
          (v: Tensor) => body(n)(v),
          (v: Tensor) => body(n >> 2)(v).neg(),
          x,
        ),
        bound: 3,
      };
    const which = fit(integer(b).x, []).abs().rem(3);
    return { x: switchCase(which, [body(n), body(n >> 2), (v: Tensor) => v.mul(0.3)], x), bound: 3 };
  },
  vmap: (a, b, n) => {
    const x = filled(float(a, n).x).tanh();
    const q = fit(float(b, n).x, []).tanh().astype(x.dtype);
    const y = vmap((r: Tensor) =>
      n % 4 === 0
        ? cond(r.sum().greater(q), body(n), body(n >> 2), r)
        : n % 4 === 1
          ? foriLoop(0, 3, (_, c: Tensor) => body(n)(c), r)
          : body(n)(r).mul(q),
    )(x);
    return { x: y, bound: 3 };
  },
  gradient: (a, b, n) => {
    const p = float(a, n);
    const q = filled(float(b, n).x).tanh();
    const g = grad((v: Tensor) => body(n)(v).square().sum())(q);
    return { x: p.x.mul(g.tanh().mean()), bound: p.bound };
  },
  called: (a, b, n) => {
    const x = filled(float(a, n).x).tanh();
    const f = n % 2 === 0 ? checkpoint(body(n)) : jit(body(n));
    return [
      { x: f(x), bound: 3 },
      { x: f(x.mul(0.5)).mul(fit(float(b, n).x, []).astype(x.dtype)), bound: 3 * b.bound },
    ];
  },
};
