import { random } from "@cotangent/core";
import { nonNegative } from "../constraints/index.js";
import { type Distribution, type Parameter, float64, positiveParameter, within } from "./distribution.js";

const constant = 0.5 * Math.log(2 / Math.PI);

/** |x| of a Normal(0, scale). */
export function halfNormal(scale: Parameter): Distribution {
  const s = positiveParameter("halfNormal", "scale", scale);
  return {
    name: "halfNormal",
    support: nonNegative,
    shape: s.shape,
    logDensity: (x) =>
      within(nonNegative, float64(x), 0, (y) => y.div(s).square().mul(-0.5).sub(s.log()).add(constant)),
    sample: (key, of = s.shape) => random.normal(key, of, { dtype: "f64" }).abs().mul(s),
    get mean() {
      return s.mul(Math.sqrt(2 / Math.PI));
    },
    get variance() {
      return s.square().mul(1 - 2 / Math.PI);
    },
  };
}
