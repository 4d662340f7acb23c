import { type Tensor, concat, random, tensor } from "@cotangent/core";
import { co2 } from "@cotangent/datasets";
import type { Chapter } from "../chapter.js";
import { leastSquares, rmse, withIntercept } from "../leastSquares.js";
import { numberText } from "../numberText.js";
import { lines } from "../plots.js";

const trainCount = 150;
const validationCount = 150;
const waves = 45;
const lambdas = Array.from({ length: 33 }, (_, i) => 10 ** (-4 + i / 4));

/** The slow rise: a parabola in time, fitted first and without a penalty. */
const trend = (t: Tensor): Tensor =>
  withIntercept(concat([t.reshape([t.size, 1]), t.square().reshape([t.size, 1])], 1));

/** Waves of 1, 2, ... periods over the whole record, and the seasons: far more freedom than 150 months can pin down. */
function features(t: Tensor, years: Tensor): Tensor {
  const k = tensor(
    Array.from({ length: waves }, (_, i) => 2 * (i + 1) * Math.PI),
    { dtype: "f64" },
  );
  const phase = t.reshape([t.size, 1]).mul(k);
  const season = years.reshape([t.size, 1]).mul(2 * Math.PI);
  return concat([phase.sin(), phase.cos(), season.sin(), season.cos()], 1);
}

/** Chapter 3: E1 = E0 + lambda |theta|^2 on a model with too much freedom. */
export const regularisation: Chapter = {
  number: 3,
  title: "Regularisation",
  async run({ seed, progress }) {
    const months = co2();
    const order = random
      .permutation(random.foldIn(random.key("regularisation"), seed), months.length)
      .toArray() as number[];
    const [first, last] = [months[0].year, months[months.length - 1].year];
    const column = (values: readonly number[]): Tensor => tensor([...values], { dtype: "f64" });
    const at = (years: readonly number[]): { t: Tensor; x: Tensor } => {
      const t = column(years)
        .sub(first)
        .div(last - first);
      return { t, x: features(t, column(years)) };
    };
    const pick = (from: number, to?: number) => {
      const chosen = order.slice(from, to).map((i) => months[i]);
      const years = chosen.map((m) => m.year);
      return { years, y: column(chosen.map((m) => m.co2)), ...at(years) };
    };
    const train = pick(0, trainCount);
    const validation = pick(trainCount, trainCount + validationCount);
    const test = pick(trainCount + validationCount);
    const rise = leastSquares(trend(train.t), train.y);
    const around = train.y.sub(trend(train.t).matmul(rise));
    const solve = (lambda: number): Tensor => leastSquares(train.x, around, lambda);
    const predict = (part: { t: Tensor; x: Tensor }, w: Tensor): Tensor =>
      trend(part.t).matmul(rise).add(part.x.matmul(w));
    const errorOn = (part: typeof train, w: Tensor): number => rmse(predict(part, w), part.y);

    const curve = lambdas.map((lambda, i) => {
      progress((i + 1) / lambdas.length);
      const w = solve(lambda);
      return { lambda, train: errorOn(train, w), validation: errorOn(validation, w) };
    });
    const best = curve.reduce((a, b) => (b.validation < a.validation ? b : a));
    const inside = best !== curve[0] && best !== curve[curve.length - 1];
    const ours = errorOn(test, solve(best.lambda));
    const unpenalised = errorOn(test, solve(0));

    const grid = months.filter((_, i) => i % 2 === 0).map((m) => m.year);
    const drawn = (w: Tensor): number[] => Array.from(at(grid).x.matmul(w).storage);
    return {
      headline: {
        what: "error on months never used before",
        ours,
        baseline: [{ name: "no penalty", value: unpenalised }],
        unit: "ppm",
        better: "lower",
      },
      checks: [
        {
          what: "the validation curve has its minimum inside the range",
          passed: inside,
          detail: `at lambda = ${numberText(best.lambda)}, of ${numberText(lambdas[0])} to ${numberText(lambdas[lambdas.length - 1])}`,
        },
        {
          what: "the chosen penalty beats none on the test part",
          passed: ours < unpenalised,
          detail: `${numberText(ours, "ppm")} against ${numberText(unpenalised, "ppm")}`,
        },
      ],
      story: [
        "A model with more freedom than data learns the noise along with the signal, so it is asked to keep its parameters small as well as its errors.",
        "How strongly to ask is chosen on data set aside for that, and the choice pays off on months that took no part in it.",
      ],
      figures: [
        {
          caption: "Too little penalty fits noise, too much misses the signal; the best lies in between.",
          svg: lines(
            [
              {
                name: "validation",
                x: curve.map((c) => c.lambda),
                y: curve.map((c) => c.validation),
                style: "line and dots",
              },
              { name: "training", x: curve.map((c) => c.lambda), y: curve.map((c) => c.train) },
            ],
            {
              title: "Error against the strength of the penalty",
              x: { label: "lambda", scale: "log" },
              y: { label: "root mean squared error", unit: "ppm", scale: "log" },
              rules: [{ name: "chosen", axis: "x", at: best.lambda }],
            },
          ),
        },
        {
          caption:
            "The same months without the slow rise: where few were measured, the model without a penalty swings, and the chosen one keeps to the seasons.",
          svg: lines(
            [
              { name: "no penalty", x: grid, y: drawn(solve(0)), color: "#bbb" },
              { name: "chosen penalty", x: grid, y: drawn(solve(best.lambda)) },
              { name: "training months", x: train.years, y: Array.from(around.storage), style: "dots" },
            ],
            {
              title: "Carbon dioxide at Mauna Loa around its trend",
              x: { label: "year", domain: [1958, 2021] },
              y: { label: "CO₂ above the trend", unit: "ppm", domain: [-10, 10] },
            },
          ),
        },
      ],
      notes: [
        `${trainCount} months to learn from, ${validationCount} to choose lambda, ${test.years.length} for the figure, drawn at random. A parabola in time is fitted first, without a penalty; around it ${2 * waves} waves and the season, solved in closed form.`,
        "Data: Keeling et al., Scripps CO2 Program, monthly means at Mauna Loa, 1958 to 2020, CC BY 4.0, from the npm package vega-datasets.",
      ],
    };
  },
};
