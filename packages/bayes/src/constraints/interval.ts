import { type Tensor, isTensor, tensor } from "@cotangent/core";
import type { Constraint } from "./constraint.js";

/**
 * low <= x <= high, by the logistic function. The map reaches only the inside.
 *
 * @param low, high numbers or f64 tensors that broadcast
 */
export function interval(low: number | Tensor, high: number | Tensor): Constraint {
  if (!isTensor(low) && !isTensor(high) && !(low < high && Number.isFinite(high - low)))
    throw new RangeError(`interval: got low ${low} and high ${high}, expected finite numbers with low < high.`);
  const from = isTensor(low) ? low : tensor(low, { dtype: "f64" });
  const width = (isTensor(high) ? high : tensor(high, { dtype: "f64" })).sub(from);
  const show = (x: number | Tensor): string => (isTensor(x) ? "tensor" : String(x));
  return {
    name: `interval(${show(low)}, ${show(high)})`,
    discrete: false,
    transform: (u) => u.sigmoid().mul(width).add(from),
    inverse(x) {
      const p = x.sub(from).div(width);
      return p.log().sub(p.neg().log1p());
    },
    logAbsDetJacobian: (u) => width.log().sub(u.softplus()).sub(u.neg().softplus()),
    contains: (x) => x.greaterEqual(low).logicalAnd(x.lessEqual(high)),
  };
}

/** 0 <= x <= 1. */
export const unitInterval = (): Constraint => ({ ...interval(0, 1), name: "unitInterval" });
