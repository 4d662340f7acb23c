import { random } from "@cotangent/core";
import { positive } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  positiveParameter,
  within,
} from "./distribution.js";

/** Gamma with mean concentration / rate. */
export function gamma(concentration: Parameter, rate: Parameter): Distribution {
  const a = positiveParameter("gamma", "concentration", concentration);
  const r = positiveParameter("gamma", "rate", rate);
  const shape = broadcastShapes("gamma", a.shape, r.shape);
  return {
    name: "gamma",
    support: positive,
    shape,
    logDensity: (x) =>
      within(positive, float64(x), 1, (y) => a.mul(r.log()).sub(a.lgamma()).add(a.sub(1).mul(y.log())).sub(r.mul(y))),
    sample: (key, of = shape) => random.gamma(key, a, of).div(r),
    get mean() {
      return a.div(r);
    },
    get variance() {
      return a.div(r.square());
    },
  };
}
