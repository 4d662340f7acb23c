import { type Posterior, column } from "./posterior.js";

/** Gelman and Hill (2006), chapter 5: logistic regression, flat priors. */
export const wells: Posterior = {
  name: "wells_dist",
  folder: "wells_data-wells_dist",
  parameters: { beta: [2] },
  logDensity(data) {
    const [x, y] = [column(data, "dist"), column(data, "switched")];
    return ({ beta }) => {
      const logits = x.mul(beta.at(1)).add(beta.at(0));
      return y.mul(logits).sub(logits.softplus()).sum();
    };
  },
};
