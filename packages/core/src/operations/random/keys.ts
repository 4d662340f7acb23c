import { broadcast, reshape } from "../../primitives/basis.js";
import { convert } from "../../primitives/conversion.js";
import { iota } from "../../primitives/iota.js";
import { threefry } from "../../primitives/random.js";
import { concat } from "../../primitives/shape.js";
import { isFloat } from "../../tensor/dtype.js";
import { type Shape, describe, sameShape, sizeOf, type as typeOf } from "../../tensor/shape.js";
import { Tensor, fromStorage } from "../../tensor/tensor.js";
import { full } from "../creation.js";
import { at } from "../indexing.js";
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

/** Threefry on the 64-bit row-major position of each element. */
export function pairs(key_: Tensor, shape: Shape): Tensor[] {
  const n = sizeOf(shape);
  const position = reshape(iota("u32", [n], 0), shape);
  const high = full(shape, 0, "u32");
  const spread = (k: Tensor): Tensor => (shape.length === 0 ? k : broadcast(k, shape, []));
  return threefry(spread(at(key_, 0)), spread(at(key_, 1)), high, position);
}

export function checkKey(name: string, k: Tensor): void {
  if (!(k instanceof Tensor) || k.dtype !== "u32" || !sameShape(k.shape, [2]))
    throw new TypeError(
      `random.${name}: the key is ${k instanceof Tensor ? describe(k) : typeof k}, expected a u32[2] key from random.key(seed). For several keys use vmap.`,
    );
}
export function checkCount(name: string, what: string, n: number): number {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32)
    throw new RangeError(`random.${name}: ${what} is ${n}, expected an integer from 0 to 2^32 - 1.`);
  return n;
}
