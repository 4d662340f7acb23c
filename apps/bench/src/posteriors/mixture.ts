import { beta, normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { below, orderedPair, positive } from "./transforms.js";

/** A mixture of two normals with means in order, marginal over the component. */
export const mixture: Posterior = {
  name: "low_dim_gauss_mix",
  folder: "low_dim_gauss_mix-low_dim_gauss_mix",
  parameters: { mu: [2], sigma: [2], theta: [] },
  logDensity(data) {
    const y = column(data, "y");
    return ({ mu: uMu, sigma: uSigma, theta: uTheta }) => {
      const [mu, sigma, theta] = [orderedPair(uMu), positive(uSigma), below(1, uTheta)];
      const component = (k: number) => normal(y, mu.value.at(k), sigma.value.at(k));
      return component(0)
        .add(theta.value.log())
        .logaddexp(component(1).add(theta.value.neg().log1p()))
        .sum()
        .add(normal(sigma.value, 0, 2).sum())
        .add(normal(mu.value, 0, 2).sum())
        .add(beta(theta.value, 5, 5))
        .add(mu.logJacobian)
        .add(sigma.logJacobian)
        .add(theta.logJacobian);
    };
  },
};
