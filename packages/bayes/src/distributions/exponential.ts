import { random } from "@cotangent/core";
import { nonNegative } from "../constraints/index.js";
import { type Distribution, type Parameter, float64, positiveParameter, within } from "./distribution.js";

/** Exponential with mean 1 / rate. */
export function exponential(rate: Parameter): Distribution {
  const r = positiveParameter("exponential", "rate", rate);
  return {
    name: "exponential",
    support: nonNegative,
    shape: r.shape,
    logDensity: (x) => within(nonNegative, float64(x), 0, (y) => r.log().sub(r.mul(y))),
    sample: (key, of = r.shape) => random.uniform(key, of, { dtype: "f64" }).neg().log1p().neg().div(r),
    get mean() {
      return r.reciprocal();
    },
    get variance() {
      return r.square().reciprocal();
    },
  };
}
