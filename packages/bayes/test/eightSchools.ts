import { type Tensor, tensor } from "@cotangent/core";
import { type Model, halfCauchy, model, normal } from "../src/index.js";

/** Rubin 1981: effects of coaching in eight schools and their standard errors. */
export const data: { y: Tensor; sigma: Tensor } = {
  y: tensor([28, 8, -3, 7, -1, 1, 18, 12]),
  sigma: tensor([15, 10, 16, 11, 9, 11, 10, 18]),
};

export const schools: Model<typeof data, { mu: Tensor; tau: Tensor; theta: Tensor }> = model(
  (m, { y, sigma }: { y: Tensor; sigma: Tensor }) => {
    const mu = m.param("mu", normal(0, 5));
    const tau = m.param("tau", halfCauchy(5));
    const theta = m.param("theta", normal(mu, tau), { dims: ["school"], nonCentered: true });
    m.observe("y", normal(theta, sigma), y);
    return { mu, tau, theta };
  },
  { dims: (d) => ({ school: d.y.shape[0] }) },
);
