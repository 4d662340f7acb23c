import { cauchy, normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** Gelman and Hill (2006), chapter 3: a regression on one predictor that is not centred. */
export const kidscore: Posterior = {
  name: "kidscore_momiq",
  folder: "kidiq-kidscore_momiq",
  parameters: { beta: [2], sigma: [] },
  logDensity(data) {
    const [x, y] = [column(data, "mom_iq"), column(data, "kid_score")];
    return ({ beta, sigma: u }) => {
      const sigma = positive(u);
      const mean = x.mul(beta.at(1)).add(beta.at(0));
      return normal(y, mean, sigma.value)
        .sum()
        .add(cauchy(sigma.value, 0, 2.5))
        .add(sigma.logJacobian);
    };
  },
};
