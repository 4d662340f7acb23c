import type { Tensor } from "@cotangent/core";

/** A set of numbers, and a smooth one-to-one map from the whole real line onto its inside. Everything is elementwise. */
export interface Constraint {
  /** As "positive" or "interval(0, 1)". */
  readonly name: string;
  /** Whether the set is made of isolated points: then it has no map and no gradient, and cannot be a parameter's support. */
  readonly discrete: boolean;
  /** Unconstrained to constrained. */
  transform(unconstrained: Tensor): Tensor;
  /** Constrained to unconstrained. */
  inverse(constrained: Tensor): Tensor;
  /** log |d transform(u) / du|, for each element of the unconstrained tensor. */
  logAbsDetJacobian(unconstrained: Tensor): Tensor;
  /** true where x lies in the set, bool; NaN does not. */
  contains(x: Tensor): Tensor;
}
