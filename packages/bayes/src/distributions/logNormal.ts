import { positive } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  location,
  positiveParameter,
  within,
} from "./distribution.js";
import { normal } from "./normal.js";

/** exp(x) of a Normal(mean, scale). */
export function logNormal(mean: Parameter, scale: Parameter): Distribution {
  const m = location("logNormal", "mean", mean);
  const s = positiveParameter("logNormal", "scale", scale);
  const shape = broadcastShapes("logNormal", m.shape, s.shape);
  return {
    name: "logNormal",
    support: positive,
    shape,
    logDensity: (x) => within(positive, float64(x), 1, (y) => normal(m, s).logDensity(y.log()).sub(y.log())),
    sample: (key, of = shape) => normal(m, s).sample(key, of).exp(),
    get mean() {
      return s.square().mul(0.5).add(m).exp();
    },
    get variance() {
      const v = s.square();
      return v.expm1().mul(m.mul(2).add(v).exp());
    },
  };
}
