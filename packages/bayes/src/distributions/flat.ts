import { type Tensor, full } from "@cotangent/core";
import { type Constraint, real } from "../constraints/index.js";
import { type Distribution, float64, within } from "./distribution.js";

/** No prior: log density 0 everywhere on the support. It is no distribution, so it has no samples and no moments. */
export function flat(support: Constraint = real): Distribution {
  const undefinedMoment = (): Tensor => full([], NaN, "f64");
  return {
    name: "flat",
    support,
    shape: [],
    logDensity: (x) => within(support, float64(x), 0, (y) => y.mul(0)),
    sample() {
      throw new Error("flat: an improper prior cannot be sampled from. Give the parameter a proper prior.");
    },
    get mean() {
      return undefinedMoment();
    },
    get variance() {
      return undefinedMoment();
    },
  };
}
