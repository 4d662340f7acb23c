import { random, where } from "@cotangent/core";
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

/** Student's t with `df` degrees of freedom. */
export function studentT(df: Parameter, mean: Parameter = 0, scale: Parameter = 1): Distribution {
  const n = positiveParameter("studentT", "df", df);
  const m = location("studentT", "mean", mean);
  const s = positiveParameter("studentT", "scale", scale);
  const shape = broadcastShapes("studentT", n.shape, m.shape, s.shape);
  return {
    name: "studentT",
    support: real,
    shape,
    get locationScale() {
      return { location: m, scale: s, standard: studentT(n) };
    },
    logDensity: (x) =>
      within(real, float64(x), 0, (y) => {
        const half = n.add(1).mul(0.5);
        const normalizer = half.lgamma().sub(n.mul(0.5).lgamma()).sub(n.mul(Math.PI).log().mul(0.5)).sub(s.log());
        return normalizer.sub(half.mul(y.sub(m).div(s).square().div(n).log1p()));
      }),
    sample: (key, of = shape) => random.studentT(key, n, of).mul(s).add(m),
    get mean() {
      return where(n.greater(1), m, NaN).broadcastTo(shape);
    },
    get variance() {
      const finite = s.square().mul(n.div(n.sub(2)));
      return where(n.greater(2), finite, where(n.greater(1), Infinity, float64(NaN))).broadcastTo(shape);
    },
  };
}
