import { type Primitive, isLinear } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import {
  type BinaryOp,
  type CompareOp,
  binary,
  compare,
  select as selectExpression,
  unary,
} from "../kernel/expression.js";
import type { Tensor } from "../tensor/tensor.js";
import { like } from "./basis.js";
import { elementwise } from "./elementwise.js";

/* Choices: comparisons, logic, select, and the larger or smaller of two. */

const comparison = (op: CompareOp): Primitive =>
  elementwise({ name: op, compute: (_, a, b) => compare(op, a, b), result: () => "bool" });

const bitwise = (op: BinaryOp): Primitive => elementwise({ name: op, compute: (_, a, b) => binary(op, a, b) });

/** At a tie each argument gets half of the derivative, as in JAX. */
const extremum = (op: "max" | "min", wins: "gt" | "lt"): Primitive =>
  elementwise({
    name: op,
    compute: (_, a, b) => binary(op, a, b),
    partials: [(_, a, b) => share(wins, a, b), (_, a, b) => share(wins, b, a)],
  });
const share = (wins: "gt" | "lt", a: Tensor, b: Tensor): Tensor =>
  select(bind1(comparisonPrimitives[wins], [a, b], {}), like(a, 1), select(eq(a, b), like(a, 0.5), like(a, 0)));

export type ComparisonName =
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "not"
  | "max"
  | "min"
  | "select";

export const comparisonPrimitives: Readonly<Record<ComparisonName, Primitive>> = {
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
  and: bitwise("and"),
  or: bitwise("or"),
  xor: bitwise("xor"),
  shl: bitwise("shl"),
  shr: bitwise("shr"),
  not: elementwise({ name: "not", compute: (_, x) => unary("not", x) }),
  max: extremum("max", "gt"),
  min: extremum("min", "lt"),
  /** select(condition, a, b): a where condition, else b. */
  select: elementwise({
    name: "select",
    compute: (_, c, a, b) => selectExpression(c, a, b),
    result: ([, a]) => a,
    jvp: ([, ta, tb], _y, c, a, b) => select(c, ta ?? like(a, 0), tb ?? like(b, 0)),
    transpose: ([ct], [c, a, b]) => [
      null,
      isLinear(a) ? select(c as Tensor, ct as Tensor, like(ct as Tensor, 0)) : null,
      isLinear(b) ? select(c as Tensor, like(ct as Tensor, 0), ct as Tensor) : null,
    ],
  }),
};

export const choose = (name: ComparisonName, ...inputs: Tensor[]): Tensor =>
  bind1(comparisonPrimitives[name], inputs, {});

export const eq = (a: Tensor, b: Tensor): Tensor => choose("eq", a, b);
export function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return bind1(comparisonPrimitives.select, [condition, a, b], {});
}
