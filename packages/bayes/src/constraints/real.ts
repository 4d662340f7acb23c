import { type Tensor, zerosLike } from "@cotangent/core";
import type { Constraint } from "./constraint.js";

/** All finite numbers: the identity. */
export const real: Constraint = {
  name: "real",
  discrete: false,
  transform: (u: Tensor) => u,
  inverse: (x: Tensor) => x,
  logAbsDetJacobian: (u: Tensor) => zerosLike(u),
  contains: (x: Tensor) => x.isFinite(),
};
