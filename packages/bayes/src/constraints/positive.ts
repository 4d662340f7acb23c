import type { Tensor } from "@cotangent/core";
import type { Constraint } from "./constraint.js";

/** x > 0: the exponential, whose log derivative is its argument. */
export const positive: Constraint = {
  name: "positive",
  discrete: false,
  transform: (u: Tensor) => u.exp(),
  inverse: (x: Tensor) => x.log(),
  logAbsDetJacobian: (u: Tensor) => u,
  contains: (x: Tensor) => x.greater(0).logicalAnd(x.isFinite()),
};

/** x >= 0: as `positive`, the boundary being a set of probability zero. */
export const nonNegative: Constraint = {
  ...positive,
  name: "nonNegative",
  contains: (x: Tensor) => x.greaterEqual(0).logicalAnd(x.isFinite()),
};
