import { cond } from "../control/choice.js";
import { scan } from "../control/loops.js";
import { like } from "../primitives/basis.js";
import { choose } from "../primitives/comparison.js";
import { convert, stopGradient } from "../primitives/conversion.js";
import { reduceMax } from "../primitives/reduce.js";
import { describe, normalizeAxis, range, sizeOf, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, div, maximum, mul, sub, where } from "./arithmetic.js";
import { arange } from "./creation.js";
import { ceil, log } from "./elementary.js";
import { at } from "./indexing.js";
import { identity, matmul, square } from "./linalg.js";
import { matrixNorm } from "./norms.js";
import { align, checkTensor } from "./promote.js";
import { sum } from "./reduction.js";
import { concat } from "./joining.js";
import { expandDims, moveAxis, reshape, transpose } from "./shape.js";
import { inv, solve } from "./solve.js";

/* Powers and exponentials of matrices, long products, systems of tensors, products of vectors. */

/** x to an integer power by repeated squaring; a negative power is one of the inverse. */
export function matrixPower(x: Tensor, power: number): Tensor {
  if (!Number.isSafeInteger(power)) throw new RangeError(`matrixPower: the power is ${power}, expected an integer.`);
  const t = square("matrixPower", x);
  let base = power < 0 ? inv(t) : t;
  let out: Tensor | undefined;
  for (let n = Math.abs(power); n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) out = out === undefined ? base : matmul(out, base);
    if (n > 1) base = matmul(base, base);
  }
  return out ?? identity(t);
}

// Numerator of the [13/13] Pade approximant to exp; the denominator has the same with alternating signs.
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
/** Where the approximant is exact to f64 rounding (Higham 2005, table 2.3). */
const THETA = 5.371920351148152;
const SQUARINGS = 30;
/**
 * The exponential of x [..., n, n], by scaling, a Pade approximant and squaring (Higham 2005). NaN where the 1-norm exceeds 5e9.
 */
export function expm(x: Tensor): Tensor {
  const t = square("expm", x);
  if (t.size === 0) return t;
  const size = matrixNorm(stopGradient(t), { ord: 1 });
  const steps = maximum(0, ceil(div(log(maximum(div(size, THETA), 1)), Math.LN2)));
  const lift = (v: Tensor): Tensor => expandDims(expandDims(v, -1), -1);
  // Shifted bits give the power of two exactly.
  const power = choose("shl", like({ shape: steps.shape, dtype: "i32" }, 1), convert(steps, "i32"));
  const a = div(t, lift(convert(power, t.dtype)));
  const one = identity(t);
  const a2 = matmul(a, a);
  const a4 = matmul(a2, a2);
  const a6 = matmul(a4, a2);
  // b_k a6 + b_(k-2) a4 + b_(k-4) a2 + b_(k-6)
  const four = (k: number): Tensor =>
    [a2, a4, a6].reduce((s, power, i) => add(s, mul(power, PADE[k - 4 + 2 * i])), mul(one, PADE[k - 6]));
  const three = (k: number): Tensor =>
    [a2, a4, a6].reduce((s, power, i) => add(s, mul(power, PADE[k + 2 * i])), mul(one, 0));
  const u = matmul(a, add(matmul(a6, three(9)), four(7)));
  const v = add(matmul(a6, three(8)), four(6));
  const approximant = solve(sub(v, u), add(v, u));
  const most = reduceMax(steps, range(steps.ndim));
  const [out] = scan(
    (now: Tensor, k: Tensor) => [
      cond(
        choose("lt", k, most),
        (y: Tensor) => where(lift(choose("lt", add(mul(steps, 0), k), steps)), matmul(y, y), y),
        (y: Tensor) => y,
        now,
      ),
      undefined,
    ],
    approximant,
    arange(0, SQUARINGS, 1, t.dtype),
  );
  return where(lift(choose("gt", steps, like(steps, SQUARINGS))), NaN, out);
}

/**
 * The product of matrices in the order that needs fewest multiplications; the first may be a vector (a row), and so may the last (a column).
 */
export function multiDot(factors: readonly Tensor[]): Tensor {
  if (!Array.isArray(factors) || factors.length < 2)
    throw new RangeError("multiDot: expected an array of at least two matrices.");
  const n = factors.length;
  factors.forEach((x, i) => {
    checkTensor("multiDot", `factor ${i}`, x);
    if (x.ndim !== 2 && !(x.ndim === 1 && (i === 0 || i === n - 1)))
      throw new RangeError(
        `multiDot: factor ${i} is ${describe(x)}, expected a matrix; the first and the last may be vectors.`,
      );
  });
  // sizes[i] x sizes[i + 1] is factor i. cost[i][j] of the product of factors i to j, cut after factor split[i][j].
  const sizes = factors.map((x, i) => (x.ndim === 2 ? x.shape[0] : i === 0 ? 1 : x.shape[0]));
  const last = factors[n - 1];
  sizes.push(last.ndim === 2 ? last.shape[1] : 1);
  const cost = sizes.map(() => new Array<number>(n).fill(0));
  const split = sizes.map(() => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++)
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total < cost[i][j]) [cost[i][j], split[i][j]] = [total, k];
      }
    }
  const product = (i: number, j: number): Tensor =>
    i === j ? factors[i] : matmul(product(i, split[i][j]), product(split[i][j] + 1, j));
  return product(0, n - 1);
}

/** The tensor that undoes `tensordot(x, ., n)`: x with its first `split` axes for rows and the others for columns, inverted. */
export function tensorinv(x: Tensor, split = 2): Tensor {
  checkTensor("tensorinv", "x", x);
  const [rows, columns] = Number.isInteger(split) ? [x.shape.slice(0, split), x.shape.slice(split)] : [[], []];
  if (!Number.isInteger(split) || split <= 0 || sizeOf(rows) !== sizeOf(columns))
    throw new RangeError(
      `tensorinv: x is ${describe(x)}, split after ${split} axes, expected as many elements in the axes before as after.`,
    );
  return reshape(inv(reshape(x, [sizeOf(rows), sizeOf(columns)])), [...columns, ...rows]);
}
/** x with tensordot(a, x, x.ndim) = b. `axes` of a are moved to its end first. */
export function tensorsolve(a: Tensor, b: Tensor, options: { readonly axes?: readonly number[] } = {}): Tensor {
  checkTensor("tensorsolve", "a", a);
  checkTensor("tensorsolve", "b", b);
  const ends = (options.axes ?? []).map((axis) => normalizeAxis("tensorsolve", axis, a.ndim));
  const t = transpose(a, [...without(range(a.ndim), ends), ...ends]);
  const shape = t.shape.slice(b.ndim);
  if (sizeOf(shape) !== b.size || t.size !== b.size ** 2)
    throw new RangeError(
      `tensorsolve: a is ${describe(a)} and b ${describe(b)}, expected a of ${b.size} x ${b.size} elements, the shape of b first.`,
    );
  return reshape(solve(reshape(t, [b.size, b.size]), reshape(b, [b.size])), shape);
}

/** Vector product of the vectors of length 3 along `axis`; other axes broadcast. */
export function cross(a: Tensor, b: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor("cross", "a", a);
  checkTensor("cross", "b", b);
  const [x, y] = align("cross", a, b);
  const axis = normalizeAxis("cross", options.axis ?? -1, x.ndim);
  if (x.shape[axis] !== 3 || a.shape.at(axis - x.ndim) !== 3 || b.shape.at(axis - x.ndim) !== 3)
    throw new RangeError(`cross: got ${describe(a)} and ${describe(b)}, expected 3 components along axis ${axis}.`);
  const [p, q] = [moveAxis(x, axis, 0), moveAxis(y, axis, 0)];
  const component = (i: number, j: number): Tensor => {
    const from = (t: Tensor, k: number): Tensor => at(t, [k, k + 1]);
    return sub(mul(from(p, i), from(q, j)), mul(from(p, j), from(q, i)));
  };
  return moveAxis(concat([component(1, 2), component(2, 0), component(0, 1)]), 0, axis);
}
/** Inner products of the vectors along `axis` (default the last); other axes broadcast. */
export function vecdot(a: Tensor, b: Tensor, options: { readonly axis?: number } = {}): Tensor {
  const [x, y] = align("vecdot", a, b);
  return sum(mul(x, y), normalizeAxis("vecdot", options.axis ?? -1, x.ndim));
}
/** Inner products of the rows of a [..., n] with those of b [..., n]: the axes of a, then those of b. A scalar multiplies. */
export function inner(a: Tensor, b: Tensor): Tensor {
  checkTensor("inner", "a", a);
  checkTensor("inner", "b", b);
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  const n = a.shape[a.ndim - 1];
  if (b.shape[b.ndim - 1] !== n)
    throw new RangeError(`inner: got ${describe(a)} and ${describe(b)}, expected last axes of one size.`);
  const rows = (t: Tensor): Tensor => reshape(t, [sizeOf(t.shape.slice(0, -1)), n]);
  const products = matmul(rows(a), transpose(rows(b), [1, 0]));
  return reshape(products, [...a.shape.slice(0, -1), ...b.shape.slice(0, -1)]);
}
