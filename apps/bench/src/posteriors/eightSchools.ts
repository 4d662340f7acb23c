import { cauchy, normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** Rubin (1981), non-centred: theta = mu + tau z. */
export const eightSchools: Posterior = {
  name: "eight_schools_noncentered",
  folder: "eight_schools-eight_schools_noncentered",
  parameters: { z: [8], mu: [], tau: [] },
  logDensity(data) {
    const [y, sigma] = [column(data, "y"), column(data, "sigma")];
    return ({ z, mu, tau: u }) => {
      const tau = positive(u);
      return normal(z, 0, 1)
        .sum()
        .add(normal(mu, 0, 5))
        .add(cauchy(tau.value, 0, 5))
        .add(normal(y, z.mul(tau.value).add(mu), sigma).sum())
        .add(tau.logJacobian);
    };
  },
};
