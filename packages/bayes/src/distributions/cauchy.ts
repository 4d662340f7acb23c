import { full, random } from "@cotangent/core";
import { nonNegative, real } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  location,
  positiveParameter,
  within,
} from "./distribution.js";

/** Cauchy, which has neither mean nor variance. */
export function cauchy(center: Parameter, scale: Parameter): Distribution {
  const m = location("cauchy", "center", center);
  const s = positiveParameter("cauchy", "scale", scale);
  const shape = broadcastShapes("cauchy", m.shape, s.shape);
  return {
    name: "cauchy",
    support: real,
    shape,
    get locationScale() {
      return { location: m, scale: s, standard: cauchy(0, 1) };
    },
    logDensity: (x) =>
      within(real, float64(x), 0, (y) => y.sub(m).div(s).square().log1p().neg().sub(s.mul(Math.PI).log())),
    sample: (key, of = shape) => random.uniform(key, of, { dtype: "f64" }).sub(0.5).mul(Math.PI).tan().mul(s).add(m),
    get mean() {
      return full(shape, NaN, "f64");
    },
    get variance() {
      return full(shape, NaN, "f64");
    },
  };
}

/** |x| of a Cauchy(0, scale). */
export function halfCauchy(scale: Parameter): Distribution {
  const s = positiveParameter("halfCauchy", "scale", scale);
  return {
    name: "halfCauchy",
    support: nonNegative,
    shape: s.shape,
    logDensity: (x) =>
      within(nonNegative, float64(x), 0, (y) =>
        y
          .div(s)
          .square()
          .log1p()
          .neg()
          .sub(s.mul(Math.PI / 2).log()),
      ),
    sample: (key, of = s.shape) =>
      random
        .uniform(key, of, { dtype: "f64" })
        .mul(Math.PI / 2)
        .tan()
        .mul(s),
    get mean() {
      return full(s.shape, Infinity, "f64");
    },
    get variance() {
      return full(s.shape, Infinity, "f64");
    },
  };
}
