import { choose } from "../primitives/comparison.js";
import { isFloat } from "../tensor/dtype.js";
import { describe } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type TensorLike, align, toTensor } from "./promote.js";

/* Operations on the bits of i32 and u32; on bool the logical ones. */

const integers = (name: string, xs: readonly Tensor[]): readonly Tensor[] => {
  const float = xs.find((x) => isFloat(x.dtype));
  if (float !== undefined)
    throw new TypeError(`${name}: got ${describe(float)}, expected integers. Cast with astype("i32").`);
  return xs;
};
type Bitwise = (a: TensorLike, b: TensorLike) => Tensor;
const bitwise =
  (op: "and" | "or" | "xor", name: string): Bitwise =>
  (a, b) =>
    choose(op, ...integers(name, align(name, a, b)));
export const bitwiseAnd: Bitwise = bitwise("and", "bitwiseAnd");
export const bitwiseOr: Bitwise = bitwise("or", "bitwiseOr");
export const bitwiseXor: Bitwise = bitwise("xor", "bitwiseXor");
/** All bits flipped. */
export function bitwiseNot(x: TensorLike): Tensor {
  return choose("not", ...integers("bitwiseNot", [toTensor("bitwiseNot", x)]));
}

const shift =
  (op: "shl" | "shr", name: string): Bitwise =>
  (a, b) => {
    const [x, y] = integers(name, align(name, a, b));
    if (x.dtype === "bool") throw new TypeError(`${name}: got bool, expected i32 or u32. Cast with astype.`);
    return choose(op, x, y);
  };
/** a 2^b, modulo 2^32. The distance is taken modulo 32. */
export const leftShift: Bitwise = shift("shl", "leftShift");
/** floor(a / 2^b): keeps the sign of i32. The distance is taken modulo 32. */
export const rightShift: Bitwise = shift("shr", "rightShift");
