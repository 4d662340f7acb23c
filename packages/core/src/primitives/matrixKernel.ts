import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  constant,
  div,
  int,
  mul,
  read,
  select,
  unary,
} from "../kernel/expression.js";
import { type Statement, assign } from "../kernel/kernel.js";
import { index } from "../kernel/nest.js";
import type { DType } from "../tensor/dtype.js";
import { maxAccumulator, sumAccumulator } from "./accumulators.js";

/* What the kernels of matrix factorisations share. In scratch a matrix lies by columns, so that a column is contiguous. */

/** Machine epsilon. */
export const epsilon = (dtype: DType): number => (dtype === "f64" ? 2 ** -52 : 2 ** -23);

/** Row-major position. */
export const at = (row: Expression, width: number, column: Expression): Expression => add(mul(row, int(width)), column);

/** `total` <- sum over i < extent of a(i) b(i). */
export function dotProduct(
  total: Local,
  extent: Expression | number,
  a: (i: Expression) => Expression,
  b: (i: Expression) => Expression,
  width: number = total.dtype === "f64" ? 8 : 16,
): Statement[] {
  const i = index("i");
  const accumulator = sumAccumulator(mul(a(read(i)), b(read(i))));
  return [
    {
      kind: "reduce",
      index: i,
      extent: typeof extent === "number" ? int(extent) : extent,
      width,
      body: [],
      accumulators: [accumulator],
    },
    assign(total, read(accumulator.local)),
  ];
}

/** `factor` <- a power of two that brings the largest of `count` elements into [1, 2), so that squares stay in range; NaN if one is not finite. */
export function powerOfTwo(factor: Local, count: number, element: (i: Expression) => Expression): Statement[] {
  const { dtype } = factor;
  const i = index("i");
  const largest = maxAccumulator(unary("abs", element(read(i))));
  const floor = dtype === "f64" ? 2 ** -1000 : 2 ** -120;
  return [
    {
      kind: "reduce",
      index: i,
      extent: int(count),
      width: dtype === "f64" ? 8 : 16,
      body: [],
      accumulators: [largest],
    },
    assign(factor, binary("max", constant(dtype, floor), read(largest.local))),
    assign(
      factor,
      select(
        compare("lt", read(factor), constant(dtype, Infinity)),
        div(constant(dtype, 1), unary("pow2", unary("exponent", read(factor)))),
        constant(dtype, NaN),
      ),
    ),
  ];
}
