import { tensor } from "@cotangent/core";
import { normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** Gelman and Hill (2006), chapter 12: intercepts by county, non-centred, and two predictors. */
export const radon: Posterior = {
  name: "radon_hierarchical_intercept_noncentered",
  folder: "radon_mn-radon_hierarchical_intercept_noncentered",
  parameters: { alphaRaw: [85], beta: [2], muAlpha: [], sigmaAlpha: [], sigmaY: [] },
  logDensity(data) {
    const [y, uranium, floor] = ["log_radon", "log_uppm", "floor_measure"].map((name) => column(data, name));
    const county = tensor(data["county_idx"] as number[], { dtype: "i32" }).sub(1);
    return ({ alphaRaw, beta, muAlpha, sigmaAlpha: uAlpha, sigmaY: uY }) => {
      const [sigmaAlpha, sigmaY] = [positive(uAlpha), positive(uY)];
      const alpha = alphaRaw.mul(sigmaAlpha.value).add(muAlpha);
      const mean = alpha
        .take(county)
        .add(uranium.mul(beta.at(0)))
        .add(floor.mul(beta.at(1)));
      return normal(y, mean, sigmaY.value)
        .sum()
        .add(normal(alphaRaw, 0, 1).sum())
        .add(normal(beta, 0, 10).sum())
        .add(normal(muAlpha, 0, 10))
        .add(normal(sigmaAlpha.value, 0, 1))
        .add(normal(sigmaY.value, 0, 1))
        .add(sigmaAlpha.logJacobian)
        .add(sigmaY.logJacobian);
    };
  },
};
