import type { DType } from "../tensor/dtype.js";
import { type Expression, type Local, add, binary, constant, read } from "../kernel/expression.js";
import type { Accumulator } from "../kernel/kernel.js";

/* How reductions of one value fold. */

function fold(element: Expression, init: number, combine: (a: Expression, b: Expression) => Expression): Accumulator {
  const { dtype } = element;
  const local: Local = { name: "acc", dtype };
  const left: Local = { name: "left", dtype };
  const right: Local = { name: "right", dtype };
  return {
    local,
    left,
    right,
    init: constant(dtype, init),
    step: combine(read(local), element),
    merge: combine(read(left), read(right)),
  };
}

export const LOWEST: Readonly<Record<DType, number>> = {
  f32: -Infinity,
  f64: -Infinity,
  i32: -(2 ** 31),
  u32: 0,
  bool: 0,
};
export const HIGHEST: Readonly<Record<DType, number>> = {
  f32: Infinity,
  f64: Infinity,
  i32: 2 ** 31 - 1,
  u32: 2 ** 32 - 1,
  bool: 1,
};

export const sumAccumulator = (x: Expression): Accumulator => fold(x, 0, add);
export const prodAccumulator = (x: Expression): Accumulator => fold(x, 1, (a, b) => binary("mul", a, b));
export const maxAccumulator = (x: Expression): Accumulator =>
  fold(x, LOWEST[x.dtype], (a, b) => binary(x.dtype === "bool" ? "or" : "max", a, b));
export const minAccumulator = (x: Expression): Accumulator =>
  fold(x, HIGHEST[x.dtype], (a, b) => binary(x.dtype === "bool" ? "and" : "min", a, b));
