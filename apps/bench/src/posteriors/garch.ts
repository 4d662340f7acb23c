import { type Tensor, concat, scan, tensor } from "@cotangent/core";
import { normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { below, positive } from "./transforms.js";

/** Bollerslev (1986), GARCH(1, 1): the variance is a recursion; beta1 lies below 1 - alpha1. Flat priors. */
export const garch: Posterior = {
  name: "garch11",
  folder: "garch-garch11",
  parameters: { mu: [], alpha0: [], alpha1: [], beta1: [] },
  logDensity(data) {
    const y = column(data, "y");
    const first = tensor((data["sigma1"] as number) ** 2, { dtype: "f64" });
    return ({ mu, alpha0: u0, alpha1: u1, beta1: u2 }) => {
      const alpha0 = positive(u0);
      const alpha1 = below(1, u1);
      const beta1 = below(alpha1.value.neg().add(1), u2);
      const shocks = y.at([null, -1]).sub(mu).square().mul(alpha1.value).add(alpha0.value);
      const step = (variance: Tensor, shock: Tensor): readonly [Tensor, Tensor] => {
        const next = variance.mul(beta1.value).add(shock);
        return [next, next];
      };
      const [, later] = scan(step, first, shocks);
      const sigma = concat([first.reshape([1]), later]).sqrt();
      return normal(y, mu, sigma).sum().add(alpha0.logJacobian).add(alpha1.logJacobian).add(beta1.logJacobian);
    };
  },
};
