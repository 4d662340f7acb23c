import { type Shape, checkShape, describe, sizeOf } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { add, mul, neg, sub } from "../arithmetic.js";
import { log } from "../elementary.js";
import { at, take } from "../indexing.js";
import { argsort, searchsorted } from "../sorting.js";
import { cumsum } from "../cumulative.js";
import { zeros } from "../creation.js";
import { checkTensor, toFloat } from "../promote.js";
import { reshape } from "../shape.js";
import { checkCount, checkKey } from "./keys.js";
import { gumbel } from "./continuous.js";
import { bits, randint, uniform } from "./uniform.js";

/** A random order of 0 ... n - 1, i32. */
export function permutation(key_: Tensor, n: number): Tensor {
  checkKey("permutation", key_);
  return argsort(bits(key_, [checkCount("permutation", "n", n)]));
}
/** The rows of x in random order. */
export function shuffle(key_: Tensor, x: Tensor): Tensor {
  checkKey("shuffle", key_);
  checkTensor("random.shuffle", "x", x);
  if (x.ndim === 0) throw new RangeError(`random.shuffle: got the scalar ${describe(x)}, expected a tensor with rows.`);
  return take(x, permutation(key_, x.shape[0]));
}

export interface ChoiceOptions {
  /** Whether an entry may be drawn again. Default true. */
  readonly replace?: boolean;
  /** Probabilities of the entries, [n]; they need not sum to 1. Default equal. */
  readonly p?: Tensor;
}

/**
 * Entries of x along axis 0 (or of 0 ... x - 1 where x is a number), drawn with or without replacement.
 *
 * @param shape of the draws; the entries' own shape follows it.
 * @throws when more entries are to be drawn without replacement than there are.
 */
export function choice(key_: Tensor, x: Tensor | number, shape: Shape = [], options: ChoiceOptions = {}): Tensor {
  checkKey("choice", key_);
  checkShape("random.choice", shape);
  if (x instanceof Tensor && x.ndim === 0)
    throw new RangeError(
      `random.choice: got the scalar ${describe(x)}, expected a tensor with entries, or a JS number.`,
    );
  const n = x instanceof Tensor ? x.shape[0] : checkCount("choice", "x", x);
  const count = sizeOf(shape);
  const { replace = true, p } = options;
  if (p !== undefined && (!(p instanceof Tensor) || p.ndim !== 1 || p.shape[0] !== n))
    throw new RangeError(
      `random.choice: p is ${p instanceof Tensor ? describe(p) : typeof p}, expected [${n}], a probability for each entry.`,
    );
  if (count > 0 && (n === 0 || (!replace && count > n)))
    throw new RangeError(
      `random.choice: ${count} draws ${replace ? "" : "without replacement "}from ${n} entries. Draw fewer${replace ? "" : ", or set replace"}.`,
    );
  const drawn = (): Tensor => {
    if (replace && p === undefined) return randint(key_, shape, 0, Math.max(n, 1));
    if (replace && p !== undefined && n > 0) {
      // By the inverse of the distribution function, as in JAX: no noise for every entry and draw.
      const upTo = cumsum(toFloat("random.choice", p));
      const total = at(upTo, -1);
      const u = uniform(key_, shape, { dtype: upTo.dtype === "f64" ? "f64" : "f32" });
      return searchsorted(upTo, mul(total, sub(1, u)));
    }
    if (replace) return zeros(shape, "i32");
    // Without replacement: the first of a random order, or the largest Gumbel-perturbed log probabilities.
    const order =
      p === undefined
        ? permutation(key_, n)
        : argsort(neg(add(log(p), gumbel(key_, [n], { dtype: p.dtype === "f64" ? "f64" : "f32" }))));
    return reshape(at(order, [0, count]), shape);
  };
  const positions = drawn();
  return x instanceof Tensor ? take(x, positions) : positions;
}
