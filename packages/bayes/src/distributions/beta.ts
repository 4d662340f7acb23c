import { random } from "@cotangent/core";
import { unitInterval } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  positiveParameter,
  within,
} from "./distribution.js";

/** Beta with mean a / (a + b). */
export function beta(a: Parameter, b: Parameter): Distribution {
  const p = positiveParameter("beta", "a", a);
  const q = positiveParameter("beta", "b", b);
  const shape = broadcastShapes("beta", p.shape, q.shape);
  const support = unitInterval();
  return {
    name: "beta",
    support,
    shape,
    logDensity: (x) =>
      within(support, float64(x), 0.5, (y) => {
        const normalizer = p.add(q).lgamma().sub(p.lgamma()).sub(q.lgamma());
        return normalizer.add(p.sub(1).mul(y.log())).add(q.sub(1).mul(y.neg().log1p()));
      }),
    sample: (key, of = shape) => random.beta(key, p, q, of),
    get mean() {
      return p.div(p.add(q));
    },
    get variance() {
      const n = p.add(q);
      return p.mul(q).div(n.square().mul(n.add(1)));
    },
  };
}
