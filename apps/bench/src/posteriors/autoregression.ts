import { cauchy, normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** An autoregression of order K = 5. */
export const autoregression: Posterior = {
  name: "arK",
  folder: "arK-arK",
  parameters: { alpha: [], beta: [5], sigma: [] },
  logDensity(data) {
    const y = column(data, "y");
    const order = data["K"] as number;
    return ({ alpha, beta, sigma: u }) => {
      const sigma = positive(u);
      let mean = alpha;
      for (let k = 1; k <= order; k++) mean = mean.add(y.at([order - k, -k]).mul(beta.at(k - 1)));
      return normal(y.at([order, null]), mean, sigma.value)
        .sum()
        .add(normal(alpha, 0, 10))
        .add(normal(beta, 0, 10).sum())
        .add(cauchy(sigma.value, 0, 2.5))
        .add(sigma.logJacobian);
    };
  },
};
