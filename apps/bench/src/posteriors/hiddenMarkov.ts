import { type Tensor, scan, stack } from "@cotangent/core";
import { normal } from "./densities.js";
import { type Posterior, column } from "./posterior.js";
import { below, positiveOrderedPair } from "./transforms.js";

/** A hidden Markov chain of two states with normal emissions, marginal over the states by the forward algorithm in logs. */
export const hiddenMarkov: Posterior = {
  name: "hmm_example",
  folder: "hmm_example-hmm_example",
  parameters: { theta1: [], theta2: [], mu: [2] },
  logDensity(data) {
    const y = column(data, "y");
    return ({ theta1: u1, theta2: u2, mu: u }) => {
      // Rows are 2-simplices, and uniform.
      const [theta1, theta2, mu] = [below(1, u1), below(1, u2), positiveOrderedPair(u)];
      const stay = stack([theta1.value, theta2.value]);
      const transition = stack([stay, stay.neg().add(1)], 1).log();
      const emission = normal(y.reshape([-1, 1]), mu.value, 1);
      const step = (forward: Tensor, emitted: Tensor): readonly [Tensor, undefined] => [
        forward.reshape([2, 1]).add(transition).logsumexp(0).add(emitted),
        undefined,
      ];
      const [last] = scan(step, emission.at(0), emission.at([1, null]));
      return last
        .logsumexp()
        .add(normal(mu.value.at(0), 3, 1))
        .add(normal(mu.value.at(1), 10, 1))
        .add(theta1.logJacobian)
        .add(theta2.logJacobian)
        .add(mu.logJacobian);
    };
  },
};
