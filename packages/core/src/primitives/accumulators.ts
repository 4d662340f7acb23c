import type { DType } from "../tensor/dtype.js";
import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  constant,
  int,
  read,
  select,
} from "../kernel/expression.js";
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

/** The extreme value, and where it stands first. A NaN beats all numbers, and nothing beats the first NaN. */
export function argExtremumAccumulators(
  dtype: DType,
  largest: boolean,
  position: Expression,
  element: (at: Expression) => Expression,
): [best: Accumulator, where: Accumulator] {
  const triple = (of: DType): Pick<Accumulator, "local" | "left" | "right"> => ({
    local: { name: "best", dtype: of },
    left: { name: "left", dtype: of },
    right: { name: "right", dtype: of },
  });
  const [v, w] = [triple(dtype), triple("i32")];
  /** Whether y stays beside x: written so that a NaN x does not let it, and a NaN y does. */
  const stays = (y: Expression, x: Expression): Expression =>
    binary("or", compare(largest ? "le" : "ge", x, y), compare("ne", y, y));
  const value = element(position);
  const same = stays(read(v.local), value);
  const [left, right] = [read(v.left), read(v.right)];
  const earlier = compare("lt", read(w.left), read(w.right));
  // Of equals the earlier.
  const first = binary("and", stays(left, right), select(stays(right, left), earlier, constant("bool", 1)));
  return [
    {
      ...v,
      init: constant(dtype, (largest ? LOWEST : HIGHEST)[dtype]),
      step: select(same, read(v.local), value),
      merge: select(first, left, right),
    },
    {
      ...w,
      init: int(0),
      step: select(same, read(w.local), position),
      merge: select(first, read(w.left), read(w.right)),
    },
  ];
}
