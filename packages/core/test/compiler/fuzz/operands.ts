import { type Tensor, concat, tensor } from "../../../src/index.js";

/* What makes steps total: whatever they get is cast, fitted or cut, so that any list of steps is a program (and shrinking needs no repairs). */

/** A value and a bound on its magnitude: results are scaled back, so that no program overflows. */
export interface Value {
  readonly x: Tensor;
  readonly bound: number;
}
/** Larger results are cut. */
export const LARGEST = 1100;
const COMFORTABLE = 4;

export const isFloat = (x: Tensor): boolean => x.dtype === "f32" || x.dtype === "f64";
const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
export const ints = (values: readonly number[]): Tensor => tensor(values as number[], { dtype: "i32" });

/** A result as it joins the others: scaled back, and cut where it is larger than `limit`. */
export function tame({ x, bound }: Value, limit: number = LARGEST): Value {
  const cut = x.size > limit ? x.flatten().at([0, 600]) : x;
  if (isFloat(cut)) return bound > COMFORTABLE ? { x: cut.mul(2 / bound), bound: 2 } : { x: cut, bound };
  return bound > 1000 ? { x: cut.rem(17), bound: 17 } : { x: cut, bound };
}

/** As a float. */
export function float(v: Value, n = 0): Value {
  if (isFloat(v.x)) return v;
  return { x: v.x.astype(n % 2 === 0 ? "f32" : "f64").mul(0.25), bound: v.bound / 4 };
}
export function integer(v: Value): Value {
  if (v.x.dtype === "i32") return v;
  if (v.x.dtype === "bool") return { x: v.x.astype("i32"), bound: 1 };
  return { x: v.x.mul(3).floor().astype("i32"), bound: v.bound * 3 + 1 };
}
/** At least one dimension; of at least one element where `filled`. */
export const lined = (x: Tensor): Tensor => (x.ndim === 0 ? x.reshape([1]) : x);
export const filled = (x: Tensor): Tensor =>
  x.size === 0 ? concat([x.flatten(), tensor([0.5]).astype(x.dtype)]) : lined(x);
export const matrix = (x: Tensor): Tensor => {
  if (x.ndim === 2) return x;
  return x.ndim < 2 ? x.reshape([1, x.size]) : x.reshape([x.shape[0], x.size / Math.max(1, x.shape[0])]);
};

/** `x` in another shape: reshaped, cut, or repeated. */
export function fit(x: Tensor, shape: readonly number[]): Tensor {
  const n = sizeOf(shape);
  if (x.size === n) return x.reshape(shape);
  const flat = filled(x).flatten();
  if (flat.size >= n) return flat.at([0, n]).reshape(shape);
  return flat.take(ints(Array.from({ length: n }, (_, i) => i % flat.size))).reshape(shape);
}
/** Two operands that broadcast. */
export function pair(a: Value, b: Value): [Value, Value] {
  const [p, q] = [a.x.shape, b.x.shape];
  const rank = Math.max(p.length, q.length);
  const shape: number[] = [];
  for (let i = 1; i <= rank; i++) {
    const [m, k] = [p[p.length - i] ?? 1, q[q.length - i] ?? 1];
    if (m !== k && m !== 1 && k !== 1) return [a, { ...b, x: fit(b.x, p) }];
    shape.push(m === 1 ? k : m);
  }
  return sizeOf(shape) > Math.max(LARGEST, a.x.size, b.x.size) ? [a, { ...b, x: fit(b.x, p) }] : [a, b];
}
export const axisOf = (x: Tensor, n: number): number => n % x.ndim;
