import type { Expression } from "../expression.js";
import type { Block } from "./block.js";
import { type Term, add, constantsFor, mul, sub } from "./formula.js";

/*
 * Error-free transformations: a rounded result together with its rounding error, which is a float itself
 * (Dekker 1971, A floating-point technique for extending the available precision; Muller et al., Handbook of
 * Floating-Point Arithmetic, ch. 4). There is no fused multiply-add to use.
 */

/** An unevaluated sum; `low` is below an ulp of `high` or so. */
export interface Pair<T = Expression> {
  readonly high: T;
  readonly low: T;
}

// 2^ceil(p/2) + 1
export const SPLITTER: Readonly<Record<"f32" | "f64", number>> = { f32: 2 ** 12 + 1, f64: 2 ** 27 + 1 };

/** x = high + low, each with at most half of the bits, so that products of halves are exact. 4 operations. |x| < 2^990 (2^115 in f32). */
export function split(block: Block, x: Expression): Pair {
  const c = block.let(mul(x, constantsFor(x, SPLITTER)));
  const high = block.let(sub(c, sub(c, x)));
  return { high, low: block.let(sub(x, high)) };
}

/** a b, from the halves of both: 9 operations. Exact unless something underflows. */
export function productOfSplit(block: Block, a: Expression, aHalves: Pair, b: Term, bHalves: Pair<Term>): Pair {
  const high = block.let(mul(a, b));
  const low = add(
    add(
      add(sub(mul(aHalves.high, bHalves.high), high), mul(aHalves.high, bHalves.low)),
      mul(aHalves.low, bHalves.high),
    ),
    mul(aHalves.low, bHalves.low),
  );
  return { high, low: block.let(low) };
}

/** a + b where |a| >= |b|, or a = 0, or the sum is exact. 3 operations. */
export function fastSum(block: Block, a: Term, b: Expression): Pair {
  const high = block.let(add(a, b));
  return { high, low: block.let(sub(b, sub(high, a))) };
}

/** a + b. 6 operations (Knuth). */
export function exactSum(block: Block, a: Term, b: Expression): Pair {
  const high = block.let(add(a, b));
  const b1 = block.let(sub(high, a));
  return { high, low: block.let(add(sub(a, sub(high, b1)), sub(b, b1))) };
}
