import { bernoulli, model, normal, sample } from "@cotangent/bayes";
import { type Tensor, linspace, random, tensor, vmap } from "@cotangent/core";
import { penguins } from "@cotangent/datasets";
import type { Chapter } from "../chapter.js";
import { numberText } from "../numberText.js";
import { logLog } from "../plots.js";

const sexOfBirds = model((m, { mass, male }: { mass: Tensor; male: Tensor }) => {
  const slope = m.param("slope", normal(0, 2));
  m.observe("male", bernoulli({ logits: slope.mul(mass) }), male);
  return { slope };
});

/** g: how likely a bird one standard deviation heavier than the mean is male. */
const probability = ({ slope }: { slope: Tensor }): Tensor => slope.sigmoid();

const chains = 4;
const samples = 5120;
const sizes = [16, 32, 64, 128, 256, 512];

/** Chapter 5: the expectation of a nonlinear function of what is unknown, by averaging over draws. */
export const inference: Chapter = {
  number: 5,
  title: "Probabilistic inference",
  async run({ seed, progress }) {
    const birds = penguins();
    const masses = birds.map((b) => b.bodyMass);
    const mean = masses.reduce((a, b) => a + b) / masses.length;
    const sd = Math.sqrt(masses.reduce((a, b) => a + (b - mean) ** 2, 0) / (masses.length - 1));
    const known = birds.filter((b) => b.sex === "male" || b.sex === "female");
    const data = {
      mass: tensor(
        known.map((b) => (b.bodyMass - mean) / sd),
        { dtype: "f64" },
      ),
      male: tensor(
        known.map((b) => (b.sex === "male" ? 1 : 0)),
        { dtype: "f64" },
      ),
    };
    const posterior = await sample(sexOfBirds, {
      data,
      key: random.foldIn(random.key("inference"), seed),
      chains,
      samples,
      onProgress: (p) =>
        progress((p.chain + p.iteration / p.iterations) / p.chains, `chain ${p.chain + 1}, ${p.phase}`),
    });
    const found = posterior.expectation(probability);

    // The trapezoidal rule, which is exact to rounding for a density that vanishes at both ends.
    const grid = linspace(-4, 8, 4001, "f64");
    const logDensity = vmap((slope: Tensor) => sexOfBirds.logDensity(data)({ slope }))(grid);
    const weight = logDensity.sub(logDensity.max()).exp();
    const exact = weight
      .mul(probability({ slope: grid }))
      .sum()
      .div(weight.sum())
      .item();

    const values = probability(posterior.draws).storage;
    const errors = sizes.map((n) => {
      const blocks = values.length / n;
      let sum = 0;
      for (let b = 0; b < blocks; b++) {
        let total = 0;
        for (let i = 0; i < n; i++) total += values[b * n + i];
        sum += (total / n - exact) ** 2;
      }
      return Math.sqrt(sum / blocks);
    });
    const slope = slopeOf(sizes.map(Math.log), errors.map(Math.log));
    const error = Math.abs(found.mean - exact);
    progress(1);
    return {
      headline: {
        what: "error of the expectation against quadrature",
        ours: error,
        baseline: [{ name: "4 standard errors", value: 4 * found.mcse }],
        better: "lower",
      },
      more: [
        {
          what: "slope of log error against log N",
          ours: slope,
          baseline: [{ name: "theory", value: -0.5 }],
          better: "lower",
        },
      ],
      checks: [
        {
          what: "the expectation is that of quadrature",
          passed: error < 4 * found.mcse,
          detail: `${numberText(found.mean)} against ${numberText(exact)}, standard error ${numberText(found.mcse)}`,
        },
        {
          what: "the error shrinks as one over the square root of N",
          passed: Math.abs(slope + 0.5) < 0.1,
          detail: `slope ${numberText(slope)}, expected -0.5 within 0.1`,
        },
      ],
      story: [
        "Any question about what we do not know exactly, such as how likely a heavy penguin is male, is answered by averaging the answer over all parameter values that the data allow.",
        "Averaging over four times as many draws halves the error, and here the true answer is known well enough to watch it happen.",
      ],
      figures: [
        {
          caption: "Typical error of an average over N draws: a line of slope -1/2 on logarithmic axes.",
          svg: logLog(
            [
              { name: "error of averages", x: sizes, y: errors },
              {
                name: "one over the square root of N",
                x: sizes,
                y: sizes.map((n) => errors[0] * Math.sqrt(sizes[0] / n)),
                style: "dashed",
              },
            ],
            {
              title: "Monte Carlo error",
              x: { label: "draws N" },
              y: { label: "root mean square error" },
            },
          ),
        },
      ],
      notes: [`Errors are over disjoint blocks of consecutive draws of ${chains} chains with ${samples} draws each.`],
    };
  },
};

function slopeOf(x: readonly number[], y: readonly number[]): number {
  const mx = x.reduce((a, b) => a + b) / x.length;
  const my = y.reduce((a, b) => a + b) / y.length;
  const top = x.reduce((sum, v, i) => sum + (v - mx) * (y[i] - my), 0);
  return top / x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
}
