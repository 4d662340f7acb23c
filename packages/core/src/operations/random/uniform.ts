import { choose } from "../../primitives/comparison.js";
import { convert, reinterpretPrimitive } from "../../primitives/conversion.js";
import { bind1 } from "../../graph/trace.js";
import { type DType, isFloat } from "../../tensor/dtype.js";
import { type Shape, checkShape } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { add, less, maximum, mul, rem, sub } from "../arithmetic.js";
import { checkDType, full } from "../creation.js";
import { checkKey, pairs } from "./keys.js";

/** 32 random bits an element, u32. */
export function bits(key_: Tensor, shape: Shape = []): Tensor {
  checkKey("bits", key_);
  checkShape("random.bits", shape);
  const [x0, x1] = pairs(key_, shape);
  return choose("xor", x0, x1);
}

export interface UniformOptions {
  readonly low?: number | Tensor;
  readonly high?: number | Tensor;
  readonly dtype?: "f32" | "f64";
}
/** Uniform on [low, high), default [0, 1): 23 random bits for f32, 52 for f64. */
export function uniform(key_: Tensor, shape: Shape = [], options: UniformOptions = {}): Tensor {
  return uniformOf("uniform", key_, shape, options);
}
export function uniformOf(name: string, key_: Tensor, shape: Shape, options: UniformOptions): Tensor {
  checkKey(name, key_);
  checkShape(`random.${name}`, shape);
  const { low = 0, high = 1, dtype = "f32" } = options;
  checkFloatDType(name, dtype);
  if (typeof low === "number" && typeof high === "number" && !(low <= high))
    throw new RangeError(`random.${name}: got low ${low} and high ${high}, expected low <= high.`);
  const unit = unitInterval(key_, shape, dtype);
  if (low === 0 && high === 1) return unit;
  // Both ends in the dtype of the draws before their difference is taken, as in JAX.
  const end = (x: number | Tensor): Tensor => (x instanceof Tensor ? convert(x, dtype) : full([], x, dtype));
  const [from, to] = [end(low), end(high)];
  return maximum(from, add(mul(unit, sub(to, from)), from));
}

/** In [0, 1): the mantissa of a float in [1, 2), minus 1. */
function unitInterval(key_: Tensor, shape: Shape, dtype: "f32" | "f64"): Tensor {
  if (dtype === "f32") {
    const mantissa = choose("shr", bits(key_, shape), full(shape, 9, "u32"));
    const one = full(shape, 0x3f800000, "u32");
    return sub(bind1(reinterpretPrimitive, [choose("or", mantissa, one)], { dtype: "f32" as DType }), 1);
  }
  // The same 52 bits as (high word, low word) >> 12, without 64-bit integers.
  const [x0, x1] = pairs(key_, shape);
  const lowBits = convert(choose("shr", x1, full(shape, 12, "u32")), "f64");
  return mul(add(mul(convert(x0, "f64"), 2 ** 20), lowBits), 2 ** -52);
}

/** Integers in [low, high), i32. The modulo bias is below (high - low) / 2^32. */
export function randint(key_: Tensor, shape: Shape, low: number, high: number): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || low < -(2 ** 31) || high > 2 ** 31)
    throw new RangeError(
      `random.randint: got low ${low} and high ${high}, expected integers with low < high, from -2^31 to 2^31.`,
    );
  checkKey("randint", key_);
  checkShape("random.randint", shape);
  // A span of all 2^32 integers needs no remainder.
  if (high - low === 2 ** 32) return convert(bits(key_, shape), "i32");
  const span = full(shape, high - low, "u32");
  const b = bits(key_, shape);
  return add(convert(rem(b, span), "i32"), low);
}

/** true with probability p, bool. */
export function bernoulli(key_: Tensor, p: number | Tensor, shape: Shape = p instanceof Tensor ? p.shape : []): Tensor {
  if (!(p instanceof Tensor) && !(p >= 0 && p <= 1))
    throw new RangeError(`random.bernoulli: p is ${p}, expected a probability from 0 to 1.`);
  return less(
    uniformOf("bernoulli", key_, shape, { dtype: p instanceof Tensor && p.dtype === "f64" ? "f64" : "f32" }),
    p,
  );
}

export function checkFloatDType(name: string, dtype: DType): void {
  checkDType(`random.${name}`, dtype);
  if (!isFloat(dtype)) throw new TypeError(`random.${name}: dtype is ${dtype}, expected f32 or f64.`);
}
