import { eye, triangularSolve } from "@cotangent/core";
import { gamma, normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** Regression by a Gaussian process, marginal over its values; the noise enters the diagonal as sigma, not its square. */
export const gaussianProcess: Posterior = {
  name: "gp_regr",
  folder: "gp_pois_regr-gp_regr",
  parameters: { rho: [], alpha: [], sigma: [] },
  logDensity(data) {
    const [x, y] = [column(data, "x"), column(data, "y")];
    const squares = x.reshape([-1, 1]).sub(x).square();
    const identity = eye(x.size).astype("f64");
    return ({ rho: uRho, alpha: uAlpha, sigma: uSigma }) => {
      const [rho, alpha, sigma] = [uRho, uAlpha, uSigma].map(positive);
      const kernel = squares.mul(-0.5).div(rho.value.square()).exp().mul(alpha.value.square());
      const factor = kernel.add(identity.mul(sigma.value)).cholesky();
      const whitened = triangularSolve(factor, y.reshape([-1, 1]));
      return whitened
        .square()
        .sum()
        .mul(-0.5)
        .sub(factor.diagonal().log().sum())
        .add(gamma(rho.value, 25, 4))
        .add(normal(alpha.value, 0, 2))
        .add(normal(sigma.value, 0, 1))
        .add(rho.logJacobian)
        .add(alpha.logJacobian)
        .add(sigma.logJacobian);
    };
  },
};
