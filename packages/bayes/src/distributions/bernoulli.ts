import { random } from "@cotangent/core";
import { integers } from "../constraints/index.js";
import { type Distribution, type Parameter, float64, location, within } from "./distribution.js";

/** 1 with probability sigmoid(logits), else 0. */
export function bernoulli({ logits }: { readonly logits: Parameter }): Distribution {
  const l = location("bernoulli", "logits", logits);
  const support = integers(0, 1);
  return {
    name: "bernoulli",
    support,
    shape: l.shape,
    logDensity: (x) => within(support, float64(x), 0, (y) => y.mul(l).sub(l.softplus())),
    sample: (key, of = l.shape) => random.uniform(key, of, { dtype: "f64" }).less(l.sigmoid()).astype("f64"),
    get mean() {
      return l.sigmoid();
    },
    get variance() {
      return l.sigmoid().mul(l.neg().sigmoid());
    },
  };
}
