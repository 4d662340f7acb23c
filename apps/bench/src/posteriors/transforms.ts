import { type Tensor, stack } from "@cotangent/core";

/*
 * Stan's transforms from the reals (Stan Reference Manual, "Constraint transforms"), each with the log of the absolute value of the
 * determinant of its Jacobian, summed over the elements.
 */
export interface Constrained {
  readonly value: Tensor;
  readonly logJacobian: Tensor;
}

/** Above 0: exp. */
export const positive = (u: Tensor): Constrained => ({ value: u.exp(), logJacobian: u.sum() });

/** Between 0 and `upper`: upper * sigmoid(u). With upper 1 also a 2-simplex, whose second entry is 1 - value. */
export function below(upper: Tensor | 1, u: Tensor): Constrained {
  const unit = u.logSigmoid().add(u.neg().logSigmoid()).sum();
  return upper === 1
    ? { value: u.sigmoid(), logJacobian: unit }
    : { value: u.sigmoid().mul(upper), logJacobian: unit.add(upper.log()) };
}

/** Two numbers in order: u1, u1 + exp(u2). */
export const orderedPair = (u: Tensor): Constrained => ({
  value: stack([u.at(0), u.at(0).add(u.at(1).exp())]),
  logJacobian: u.at(1),
});

/** Two positive numbers in order: exp(u1), exp(u1) + exp(u2). */
export const positiveOrderedPair = (u: Tensor): Constrained => ({ value: u.exp().cumsum(), logJacobian: u.sum() });
