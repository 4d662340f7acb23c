import { broadcast, reshape } from "../primitives/basis.js";
import { convert, reinterpretPrimitive } from "../primitives/conversion.js";
import { choose } from "../primitives/comparison.js";
import { concat } from "../primitives/shape.js";
import { iota } from "../primitives/iota.js";
import { threefry } from "../primitives/random.js";
import { bind1 } from "../graph/trace.js";
import { type DType, isFloat } from "../tensor/dtype.js";
import {
  type Shape,
  broadcastShapes,
  checkShape,
  describe,
  sameShape,
  sizeOf,
  type as typeOf,
} from "../tensor/shape.js";
import { Tensor, fromStorage } from "../tensor/tensor.js";
import { add, less, maximum, mul, neg, rem, sub } from "./arithmetic.js";
import { checkDType, full } from "./creation.js";
import { erfinv, log } from "./elementary.js";
import { at, take } from "./indexing.js";
import { argsort } from "./sorting.js";
import { argmax } from "./reduction.js";
import { checkTensor } from "./promote.js";
import { seedWords } from "./seed.js";

/*
 * Random numbers from splittable keys. A key is a u32 [2] tensor; using it never changes it, so each use needs its own:
 * `const [a, b] = random.split(key)`. Threefry-2x32 on the 64-bit position of each element, the layout of JAX's partitionable
 * default: bits do not depend on backend, jit, vmap or the number of workers.
 */

/** A key from a seed: a non-negative safe integer (its high and low words) or a string. */
export function key(seed: number | string): Tensor {
  return fromStorage(typeOf("u32", [2]), Uint32Array.from(seedWords(seed)));
}

/** `count` independent keys, [count, 2]; destructure them or map over them. */
export function split(key_: Tensor, count = 2): Tensor {
  checkKey("split", key_);
  checkCount("split", "count", count);
  const [x0, x1] = pairs(key_, [count]);
  return concat([reshape(x0, [count, 1]), reshape(x1, [count, 1])], 1);
}

/** A key for the number `data` (a step, an index): the same data gives the same key. */
export function foldIn(key_: Tensor, data: number | Tensor): Tensor {
  checkKey("foldIn", key_);
  if (data instanceof Tensor && (data.ndim !== 0 || (isFloat(data.dtype) && !data.weak)))
    throw new TypeError(
      `random.foldIn: data is ${describe(data)}, expected a number or an integer scalar. For several numbers use vmap.`,
    );
  const low = data instanceof Tensor ? convert(data, "u32") : full([], checkCount("foldIn", "data", data), "u32");
  const [k0, k1] = [at(key_, 0), at(key_, 1)];
  const [x0, x1] = threefry(k0, k1, full([], 0, "u32"), low);
  return concat([reshape(x0, [1]), reshape(x1, [1])], 0);
}

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
function uniformOf(name: string, key_: Tensor, shape: Shape, options: UniformOptions): Tensor {
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

export interface NormalOptions {
  readonly mean?: number | Tensor;
  readonly std?: number | Tensor;
  readonly dtype?: "f32" | "f64";
}
/** Normal with the given mean and standard deviation, by inverting the distribution function. */
export function normal(key_: Tensor, shape: Shape = [], options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, dtype = "f32" } = options;
  if (Number.isNaN(mean)) throw new RangeError("random.normal: the mean is NaN, expected a number.");
  if (typeof std === "number" && !(std >= 0))
    throw new RangeError(`random.normal: std is ${std}, expected a number of at least 0.`);
  // Open at -1, so that no draw is infinite.
  const low = dtype === "f64" ? -1 + 2 ** -53 : -1 + 2 ** -24;
  const z = mul(erfinv(uniformOf("normal", key_, shape, { low, high: 1, dtype })), Math.SQRT2);
  const scaled = std === 1 ? z : mul(z, std);
  return mean === 0 ? scaled : add(scaled, mean);
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

/** A random order of 0 ... n - 1, i32. */
export function permutation(key_: Tensor, n: number): Tensor {
  checkKey("permutation", key_);
  return argsort(bits(key_, [checkCount("permutation", "n", n)]));
}
/** The rows of x in random order. */
export function shuffle(key_: Tensor, x: Tensor): Tensor {
  checkTensor("random.shuffle", "x", x);
  if (x.ndim === 0) throw new RangeError(`random.shuffle: got the scalar ${describe(x)}, expected a tensor with rows.`);
  return take(x, permutation(key_, x.shape[0]));
}

/** A category for each row of logits along the last axis, i32, by the Gumbel trick. */
export function categorical(key_: Tensor, logits: Tensor, shape?: Shape): Tensor {
  checkTensor("random.categorical", "logits", logits);
  const rows = logits.shape.slice(0, -1);
  const drawn = shape ?? rows;
  checkShape("random.categorical", drawn);
  const joint = broadcastShapes(rows, drawn);
  if (logits.ndim === 0 || logits.shape[logits.ndim - 1] === 0 || joint === undefined || !sameShape(joint, drawn))
    throw new RangeError(
      `random.categorical: logits are ${describe(logits)} and the shape of the draws [${drawn.join(", ")}], expected at least one category on the last axis, and rows that broadcast to the draws.`,
    );
  const full_ = [...drawn, logits.shape[logits.ndim - 1]];
  const u = uniformOf("categorical", key_, full_, { low: 2 ** -126, dtype: logits.dtype === "f64" ? "f64" : "f32" });
  const gumbel = neg(log(neg(log(u))));
  return argmax(add(logits, gumbel), -1);
}

/** Threefry on the 64-bit row-major position of each element. */
function pairs(key_: Tensor, shape: Shape): Tensor[] {
  const n = sizeOf(shape);
  const position = reshape(iota("u32", [n], 0), shape);
  const high = full(shape, 0, "u32");
  const spread = (k: Tensor): Tensor => (shape.length === 0 ? k : broadcast(k, shape, []));
  return threefry(spread(at(key_, 0)), spread(at(key_, 1)), high, position);
}

function checkKey(name: string, k: Tensor): void {
  if (!(k instanceof Tensor) || k.dtype !== "u32" || !sameShape(k.shape, [2]))
    throw new TypeError(
      `random.${name}: the key is ${k instanceof Tensor ? describe(k) : typeof k}, expected a u32[2] key from random.key(seed). For several keys use vmap.`,
    );
}
function checkFloatDType(name: string, dtype: DType): void {
  checkDType(`random.${name}`, dtype);
  if (!isFloat(dtype)) throw new TypeError(`random.${name}: dtype is ${dtype}, expected f32 or f64.`);
}
function checkCount(name: string, what: string, n: number): number {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32)
    throw new RangeError(`random.${name}: ${what} is ${n}, expected an integer from 0 to 2^32 - 1.`);
  return n;
}
