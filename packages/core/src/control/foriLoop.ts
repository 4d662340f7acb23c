import { scalar } from "../graph/record.js";
import { add, full } from "../primitives/basis.js";
import { choose } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { iota } from "../primitives/iota.js";
import { describe, type } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { scanAs } from "./loops.js";
import { whileLoop } from "./whileLoop.js";

/**
 * foriLoop : (lower, upper, (i, c) -> c, c) -> c. The body for i = lower, ..., upper - 1, i being an i32 scalar.
 *
 * @param lower,upper JS integers, or i32 scalars for bounds that are known only when the program runs. With two JS integers it is
 *   a `scan`, differentiable in both modes; otherwise a `whileLoop`, which has no reverse mode.
 * @param body from the counter and the carry to the next carry, of the same structure, shapes and dtypes.
 * @throws when a bound is no integer, or the carry changes (naming the leaf).
 * @example foriLoop(1, 6, (i, product: Tensor) => product.mul(i), tensor(1))   // 120
 */
export function foriLoop<C>(
  lower: number | Tensor,
  upper: number | Tensor,
  body: (i: Tensor, carry: C) => C,
  init: C,
): C {
  if (typeof body !== "function")
    throw new TypeError(`foriLoop: the body is ${typeof body}, expected a function of the counter and the carry.`);
  if (typeof lower === "number" && typeof upper === "number") {
    bound("lower", lower);
    bound("upper", upper);
    const t = type("i32", [Math.max(0, upper - lower)]);
    const counters = add(iota("i32", t.shape, 0), full(t, lower));
    return scanAs("foriLoop", (carry: C, i: Tensor) => [body(i, carry), undefined], init, counters)[0];
  }
  const to = bound("upper", upper);
  return whileLoop(
    ({ i }) => choose("lt", i, to),
    ({ i, carry }) => ({ i: add(i, scalar(1, "i32")), carry: body(i, carry) }),
    { i: bound("lower", lower), carry: init },
  ).carry;
}

function bound(which: string, x: number | Tensor): Tensor {
  if (typeof x === "number") {
    if (!Number.isInteger(x) || Math.abs(x) >= 2 ** 31)
      throw new RangeError(`foriLoop: the ${which} bound is ${x}, expected a 32-bit integer.`);
    return scalar(x, "i32");
  }
  if (!(x instanceof Tensor) || x.ndim !== 0 || (x.dtype !== "i32" && x.dtype !== "u32" && !x.weak))
    throw new TypeError(
      `foriLoop: the ${which} bound is ${x instanceof Tensor ? describe(x) : typeof x}, expected a JS integer or an i32 scalar. Cast it with astype("i32").`,
    );
  return convert(x, "i32");
}
