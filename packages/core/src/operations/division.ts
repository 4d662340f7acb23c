import { add as addRaw, like, mul as mulRaw } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { apply } from "../primitives/elementary.js";
import { isFloat } from "../tensor/dtype.js";
import type { Tensor } from "../tensor/tensor.js";
import { floorDivide, rem } from "./arithmetic.js";
import { type TensorLike, align, countable } from "./promote.js";

/* Remainders whose sign is that of the divisor (Python, NumPy); that of C is `rem`. */

/** As `rem`, under NumPy's name. */
export function fmod(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("fmod", a, b);
  return rem(x, y);
}
/** a - b floor(a / b): the sign is that of b, as in Python and NumPy. An integer remainder by 0 is a. */
export function remainder(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("remainder", a, b).map(countable);
  const r = apply("rem", x, y);
  const zero = like(r, 0);
  const opposite = choose("ne", choose("lt", r, zero), choose("lt", y, zero));
  const adjusted = select(choose("and", choose("ne", r, zero), opposite), addRaw(r, y), r);
  // A zero takes the sign of b too.
  return isFloat(x.dtype)
    ? select(choose("eq", adjusted, zero), mulRaw(apply("abs", adjusted), apply("sign", y)), adjusted)
    : adjusted;
}
/**
 * As `remainder`, under NumPy's other name.
 * @alias
 */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = align("mod", a, b);
  return remainder(x, y);
}
/** [floorDivide(a, b), remainder(a, b)]. */
export function divmod(a: TensorLike, b: TensorLike): [quotient: Tensor, remainder: Tensor] {
  const [x, y] = align("divmod", a, b);
  return [floorDivide(x, y), remainder(x, y)];
}
