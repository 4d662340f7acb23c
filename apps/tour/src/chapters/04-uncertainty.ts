import { mcseSd, halfCauchy, model, normal, type Posterior, sample } from "@cotangent/bayes";
import { type Tensor, eye, random, solvePositive, tensor, tree } from "@cotangent/core";
import { penguins } from "@cotangent/datasets";
import type { Chapter, Check } from "../chapter.js";
import { numberText } from "../numberText.js";
import { histogram } from "../plots.js";

// In kg: the noise is taken as known, so that the posterior is a normal distribution with a closed form.
const noise = 0.33;
const priorScale = 2;

const regression = model((m, { x, y }: { x: Tensor; y: Tensor }) => {
  const weights = m.param("weights", normal(0, priorScale), { shape: [x.shape[1]] });
  m.observe("mass", normal(x.matmul(weights), noise), y);
  return { weights };
});

// Rubin 1981, "Estimation in parallel randomized experiments".
const coaching = { y: tensor([28, 8, -3, 7, -1, 1, 18, 12]), sigma: tensor([15, 10, 16, 11, 9, 11, 10, 18]) };

const schools = model((m, { y, sigma }: typeof coaching) => {
  const mu = m.param("mu", normal(0, 5));
  const tau = m.param("tau", halfCauchy(5));
  const theta = m.param("theta", normal(mu, tau), { shape: [8], nonCentered: true });
  m.observe("y", normal(theta, sigma), y);
  return { mu, tau, theta };
});

/** A known mean and sd with their own Monte Carlo standard errors, which are 0 for closed forms. */
type Known = readonly [mean: number, sd: number, mcseMean: number, mcseSd: number];

// posteriordb, eight_schools-eight_schools_noncentered: 10,000 reference draws.
const reference: readonly Known[] = [
  [4.410518337, 3.3092964767, 0.033037470595, 0.023753277218], // mu
  [3.6020595236, 3.198477671, 0.031861513564, 0.045512814546], // tau
  [6.1505022933, 5.6158634189, 0.05573752823, 0.062193379613], // theta of the eight schools
  [4.9395811407, 4.6455781139, 0.046229378862, 0.041209646829],
  [3.90590609, 5.2807119522, 0.054231370563, 0.056223760575],
  [4.7960167514, 4.7709380241, 0.047493581676, 0.043609372698],
  [3.6144363247, 4.6147206922, 0.046145061024, 0.041284530829],
  [4.051147579, 4.7962484006, 0.048519539253, 0.045213470621],
  [6.3171697589, 5.0028553952, 0.049876679408, 0.046364758439],
  [4.8839969435, 5.3176920561, 0.054251160656, 0.063635524158],
];

/** Chapter 4: a distribution over parameters instead of one best value, sampled with gradients. */
export const uncertainty: Chapter = {
  number: 4,
  title: "Uncertainty",
  async run({ seed, progress }) {
    const birds = penguins();
    const columns = [
      birds.map((b) => b.beakLength),
      birds.map((b) => b.beakDepth),
      birds.map((b) => b.flipperLength),
      birds.map((b) => (b.sex === "male" ? 1 : 0)),
    ].map(standardize);
    const x = tensor(
      birds.map((_, i) => [1, ...columns.map((c) => c[i])]),
      { dtype: "f64" },
    );
    const y = tensor(
      birds.map((b) => b.bodyMass / 1000),
      { dtype: "f64" },
    );
    const key = random.foldIn(random.key("uncertainty"), seed);
    const part = (from: number) => ({
      onProgress: (p: { chain: number; chains: number; iteration: number; iterations: number; phase: string }) => {
        const done = (p.chain + (p.phase === "warmup" ? 0 : 0.5) + p.iteration / p.iterations / 2) / p.chains;
        progress(from + done / 2, `chain ${p.chain + 1}, ${p.phase} ${p.iteration}`);
      },
    });
    const line = await sample(regression, { data: { x, y }, key: random.foldIn(key, 0), ...part(0) });
    const eight = await sample(schools, { data: coaching, key: random.foldIn(key, 1), ...part(0.5) });
    progress(1);

    const precision = x
      .transpose()
      .matmul(x)
      .div(noise ** 2)
      .add(eye(5, 5, "f64").div(priorScale ** 2));
    const covariance = solvePositive(precision, eye(5, 5, "f64"));
    const mean = covariance.matmul(x.transpose().matmul(y)).div(noise ** 2);
    const exact = Array.from(mean.storage, (m, i): Known => [m, Math.sqrt(covariance.storage[i * 6]), 0, 0]);
    const ofLine = compare(line, exact);
    const ofEight = compare(eight, reference);
    const flipper = chainsOf(line.draws.weights, 3);
    const density = Array.from({ length: 101 }, (_, i) => exact[3][0] + (i / 50 - 1) * 4 * exact[3][1]);
    return {
      headline: {
        what: "largest error of a posterior mean or sd, in standard errors",
        ours: Math.max(ofLine.worst, ofEight.worst),
        baseline: [{ name: "allowed", value: 4 }],
        better: "lower",
      },
      checks: [
        agrees("regression: means and sds are those of the closed form", ofLine),
        agrees("eight schools: means and sds are those of the reference", ofEight),
        {
          what: "the chains agree",
          passed: Math.max(ofLine.rhat, ofEight.rhat) < 1.01,
          detail: `largest R-hat ${numberText(ofLine.rhat)} and ${numberText(ofEight.rhat)}, expected below 1.01`,
        },
      ],
      story: [
        "Data never settle a parameter completely, so instead of one best value the sampler returns thousands of values, each as frequent as it is believable.",
        "Where mathematics knows the answer the sampler agrees with it, and for eight schools whose coaching worked more or less well it agrees with a long run of another program.",
      ],
      figures: [
        {
          caption: "What is believed about the effect of flipper length on body mass: sampled, and from the formula.",
          svg: histogram([{ name: "sampled", values: flipper.flatMap((c) => [...c]) }], {
            title: "Posterior of one weight",
            x: { label: "body mass for one standard deviation of flipper length", unit: "kg" },
            curves: [
              {
                name: "closed form",
                x: density,
                y: density.map(
                  (v) =>
                    Math.exp(-0.5 * ((v - exact[3][0]) / exact[3][1]) ** 2) / (exact[3][1] * Math.sqrt(2 * Math.PI)),
                ),
              },
            ],
          }),
        },
        {
          caption:
            "The effect of coaching in the first school: its own result of 28 points is pulled towards the others.",
          svg: histogram([{ name: "sampled", values: chainsOf(eight.draws.theta, 0).flatMap((c) => [...c]) }], {
            title: "Posterior of the first of eight schools",
            x: { label: "effect of coaching", unit: "points" },
            rules: [{ name: "its own result", axis: "x", at: 28 }],
          }),
        },
      ],
      notes: [
        `Four chains of 1,000 draws after 1,000 of warm-up. Eight schools: ${eight.divergences} divergent transitions.`,
        "Eight schools: Rubin 1981; reference: posteriordb, 10,000 draws, whose standard errors are included.",
      ],
    };
  },
};

function standardize(values: readonly number[]): number[] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
  return values.map((v) => (v - mean) / sd);
}

interface Agreement {
  /** Largest error of a mean or sd, in combined Monte Carlo standard errors. */
  readonly worst: number;
  readonly rhat: number;
}

function compare(posterior: Posterior<Record<string, Tensor>>, known: readonly Known[]): Agreement {
  const { rows } = posterior.summary();
  const chains = tree.leaves(posterior.draws).flatMap((leaf) => {
    return Array.from({ length: leaf.shape[2] ?? 1 }, (_, i) => chainsOf(leaf, i));
  });
  const errors = rows.flatMap((row, i) => [
    Math.abs(row.mean - known[i][0]) / Math.hypot(row.mcse, known[i][2]),
    Math.abs(row.sd - known[i][1]) / Math.hypot(mcseSd(chains[i]), known[i][3]),
  ]);
  return { worst: Math.max(...errors), rhat: Math.max(...rows.map((row) => row.rhat)) };
}

const agrees = (what: string, { worst }: Agreement): Check => {
  return { what, passed: worst < 4, detail: `largest error ${numberText(worst)} standard errors, expected below 4` };
};

/** Element i of draws [chain, draw, ...]. */
function chainsOf(draws: Tensor, i: number): Float64Array[] {
  const [count, length, size = 1] = draws.shape;
  return Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length }, (_d, d) => draws.storage[(c * length + d) * size + i]),
  );
}
