import { normal, studentT } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { positive } from "./transforms.js";

/** Regression of log price on 24 strongly correlated predictors, centred. */
export const diamonds: Posterior = {
  name: "diamonds",
  folder: "diamonds-diamonds",
  parameters: { b: [24], intercept: [], sigma: [] },
  logDensity(data) {
    const [x, y] = [column(data, "X").at(null, [1, null]), column(data, "Y")];
    const centred = x.sub(x.mean(0));
    return ({ b, intercept, sigma: u }) => {
      const sigma = positive(u);
      return normal(y, centred.matmul(b).add(intercept), sigma.value)
        .sum()
        .add(normal(b, 0, 1).sum())
        .add(studentT(intercept, 3, 8, 10))
        .add(studentT(sigma.value, 3, 0, 10))
        .add(sigma.logJacobian);
    };
  },
};
