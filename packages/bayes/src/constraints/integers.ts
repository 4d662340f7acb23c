import type { Tensor } from "@cotangent/core";
import type { Constraint } from "./constraint.js";

/** Whole numbers from low to high: for what is observed, not for parameters. */
export function integers(low: number, high: number = Infinity): Constraint {
  const name = `integers(${low}, ${high})`;
  const refuse = (): never => {
    throw new TypeError(`${name}: whole numbers have no smooth map from the real line. Sum them out of the model.`);
  };
  return {
    name,
    discrete: true,
    transform: refuse,
    inverse: refuse,
    logAbsDetJacobian: refuse,
    contains: (x: Tensor) =>
      x.equal(x.floor()).logicalAnd(x.greaterEqual(low)).logicalAnd(x.lessEqual(high)).logicalAnd(x.isFinite()),
  };
}
