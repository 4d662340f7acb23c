import { random } from "@cotangent/core";
import { integers } from "../constraints/index.js";
import { type Distribution, type Parameter, float64, positiveParameter, within } from "./distribution.js";

/** Counts with mean `rate`. */
export function poisson(rate: Parameter): Distribution {
  const r = positiveParameter("poisson", "rate", rate);
  const support = integers(0);
  return {
    name: "poisson",
    support,
    shape: r.shape,
    logDensity: (x) => within(support, float64(x), 0, (y) => y.mul(r.log()).sub(r).sub(y.add(1).lgamma())),
    sample: (key, of = r.shape) => random.poisson(key, r, of).astype("f64"),
    get mean() {
      return r;
    },
    get variance() {
      return r;
    },
  };
}
