import { random } from "@cotangent/core";
import { real } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  location,
  positiveParameter,
  within,
} from "./distribution.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Normal with standard deviation `scale`. */
export function normal(mean: Parameter, scale: Parameter): Distribution {
  const m = location("normal", "mean", mean);
  const s = positiveParameter("normal", "scale", scale);
  const shape = broadcastShapes("normal", m.shape, s.shape);
  return {
    name: "normal",
    support: real,
    shape,
    get locationScale() {
      return { location: m, scale: s, standard: normal(0, 1) };
    },
    logDensity: (x) =>
      within(real, float64(x), 0, (y) => y.sub(m).div(s).square().mul(-0.5).sub(s.log()).sub(halfLogTwoPi)),
    sample: (key, of = shape) => random.normal(key, of, { dtype: "f64" }).mul(s).add(m),
    get mean() {
      return m.broadcastTo(shape);
    },
    get variance() {
      return s.square().broadcastTo(shape);
    },
  };
}
