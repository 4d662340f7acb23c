import { like } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { isFloat } from "../tensor/dtype.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  add,
  div,
  equal,
  isFinite,
  isInf,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  sub,
  where,
} from "./arithmetic.js";
import { abs, exp2, floor, log2 } from "./elementary.js";
import { type TensorLike, align, toFloat, toTensor, widest } from "./promote.js";
import { all } from "./reduction.js";

/* Signs, exponents, and what is not a finite number. */

/** The sign bit is set: x is negative or -0. That of a NaN is not defined. */
export function signbit(x: TensorLike): Tensor {
  const t = toTensor("signbit", x);
  const zero = like(t, 0);
  if (!isFloat(t.dtype)) return choose("lt", t, zero);
  return choose("lt", select(choose("eq", t, zero), div(1, t), t), zero);
}
/** |a| with the sign of b, that of -0 included. */
export function copysign(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("copysign", a, b).map((t) => toFloat("copysign", t));
  const size = abs(x);
  return where(signbit(y), neg(size), size);
}
/** 0 below 0, 1 above, `atZero` at 0. */
export function heaviside(x: TensorLike, atZero: TensorLike): Tensor {
  const [t, h] = align("heaviside", x, atZero).map((y) => toFloat("heaviside", y));
  return select(choose("eq", t, like(t, 0)), h, select(isNaN(t), t, convert(choose("gt", t, like(t, 0)), t.dtype)));
}
/** The larger operand; where one is NaN, the other. */
export function fmax(a: TensorLike, b: TensorLike): Tensor {
  return ignoringNaN(maximum, align("fmax", a, b));
}
/** The smaller operand; where one is NaN, the other. */
export function fmin(a: TensorLike, b: TensorLike): Tensor {
  return ignoringNaN(minimum, align("fmin", a, b));
}
const ignoringNaN = (choice: (a: TensorLike, b: TensorLike) => Tensor, [x, y]: readonly Tensor[]): Tensor =>
  where(isNaN(x), y, where(isNaN(y), x, choice(x, y)));

const LARGEST = { f32: (2 - 2 ** -23) * 2 ** 127, f64: Number.MAX_VALUE } as const;
/**
 * x with NaN replaced by `nan` (0) and infinities by `posinf` and `neginf` (the largest and smallest finite numbers of the dtype).
 * The derivative is 0 where something was replaced.
 */
export function nanToNum(
  x: TensorLike,
  options: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number } = {},
): Tensor {
  const t = toTensor("nanToNum", x);
  const { dtype } = t;
  if (dtype !== "f32" && dtype !== "f64") return t;
  const { nan = 0, posinf = LARGEST[dtype], neginf = -LARGEST[dtype] } = options;
  const finite = where(equal(t, Infinity), posinf, where(equal(t, -Infinity), neginf, t));
  return where(isNaN(t), nan, finite);
}

/** x * 2^k in two exact steps, so that neither factor overflows before the product does. */
export function ldexp(x: TensorLike, k: TensorLike): Tensor {
  const [t, e] = align("ldexp", toFloat("ldexp", x), k);
  const half = floor(mul(e, 0.5));
  return mul(mul(t, exp2(half)), exp2(sub(e, half)));
}
/** x = mantissa * 2^exponent with 1/2 <= |mantissa| < 1; both 0 for 0, the exponent 0 for what is not finite. */
export function frexp(x: TensorLike): [mantissa: Tensor, exponent: Tensor] {
  const t = toFloat("frexp", x);
  const regular = logicalAnd(isFinite(t), notEqual(t, 0));
  const guess = add(floor(log2(where(regular, abs(t), 1))), 1);
  // log2 may round up to a whole number.
  const scaled = ldexp(t, neg(guess));
  const low = less(abs(scaled), 0.5);
  const exponent = where(regular, sub(guess, where(low, 1, 0)), 0);
  return [where(regular, where(low, mul(scaled, 2), scaled), t), convert(exponent, "i32")];
}

export interface CloseOptions {
  /** Relative tolerance, of |b|. */
  readonly rtol?: number;
  /** Absolute tolerance. */
  readonly atol?: number;
  readonly equalNaN?: boolean;
}
/** |a - b| <= atol + rtol |b|, or both the same infinity. */
export function isClose(a: TensorLike, b: TensorLike, options: CloseOptions = {}): Tensor {
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = options;
  // The difference of integers might wrap around, and f32 does not tell all of them apart.
  const [x, y] = align("isClose", a, b).map((t) => (isFloat(t.dtype) ? t : convert(t, widest(t))));
  const near = logicalAnd(
    lessEqual(abs(sub(x, y)), add(mul(abs(y), rtol), atol)),
    logicalNot(logicalOr(isInf(x), isInf(y))),
  );
  const close = logicalOr(equal(x, y), near);
  return equalNaN ? logicalOr(close, logicalAnd(isNaN(x), isNaN(y))) : close;
}
/** All elements are close. */
export function allClose(a: TensorLike, b: TensorLike, options: CloseOptions = {}): Tensor {
  const [x, y] = align("allClose", a, b);
  return all(isClose(x, y, options));
}
