import { type Tensor, grad, jit, random, scan, zeros } from "@cotangent/core";
import { penguins } from "@cotangent/datasets";
import { adam, cosine } from "@cotangent/optim";
import type { Chapter } from "../chapter.js";
import { leastSquares, rmse, withIntercept } from "../leastSquares.js";
import { numberText } from "../numberText.js";
import { lines, scatter } from "../plots.js";
import { splitRows } from "../split.js";

const steps = 4000;
const rounds = 40;

/** Chapter 2: E0(theta) = sum |y - f(x, theta)|^2, minimised by following its gradient, then used to predict. */
export const estimation: Chapter = {
  number: 2,
  title: "Parameter estimation and prediction",
  async run({ seed, progress }) {
    const birds = penguins();
    const { train, test } = await splitRows(
      birds.map((b) => [b.beakLength, b.beakDepth, b.flipperLength, b.sex === "male" ? 1 : 0]),
      birds.map((b) => b.bodyMass / 1000),
      random.foldIn(random.key("estimation"), seed),
      250,
      0,
    );
    const x = withIntercept(train.x);
    const error = (w: Tensor): Tensor => train.y.sub(x.matmul(w)).square().sum();
    const optimizer = adam({ learningRate: cosine(0.1, steps) });
    type Run = { w: Tensor; state: ReturnType<typeof optimizer.init<Tensor>> };
    const start = zeros([x.shape[1]], "f64");
    // A hundred updates in one compiled loop.
    const round = jit((run: Run) =>
      scan(
        ({ w, state }: Run): [Run, Tensor] => {
          const next = optimizer.update({ grads: grad(error)(w), params: w, state });
          return [{ w: next.params, state: next.state }, error(w)];
        },
        run,
        undefined,
        { length: steps / rounds },
      ),
    );
    let run: Run = { w: start, state: optimizer.init(start) };
    const history: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const [next, errors] = round(run);
      run = next;
      history.push(...(errors as Tensor).storage);
      progress((i + 1) / rounds);
    }
    const exact = leastSquares(x, train.y);
    const distance = run.w.sub(exact).norm().div(exact.norm()).item();
    const prediction = withIntercept(test.x).matmul(run.w);
    const held = rmse(prediction, test.y) * 1000;
    const least = error(exact).item();
    const excess = history.map((e) => Math.max(e - least, 1e-16));
    const residuals = Array.from(test.y.sub(prediction).storage, (r) => r * 1000);
    const constant = rmse(test.y.mul(0).add(train.y.mean()), test.y) * 1000;
    return {
      headline: {
        what: "distance of Adam's parameters to the exact minimiser",
        ours: distance,
        baseline: [{ name: "allowed", value: 1e-4 }],
        better: "lower",
      },
      more: [
        {
          what: "error of predictions on new birds",
          ours: held,
          baseline: [{ name: "mean", value: constant }],
          unit: "g",
          better: "lower",
        },
      ],
      checks: [
        {
          what: "reaches the closed-form solution",
          passed: distance < 1e-4,
          detail: `relative distance ${numberText(distance)} after ${steps} updates`,
        },
        {
          what: "predicts better than the mean",
          passed: held < constant,
          detail: `${numberText(held, "g")} against ${numberText(constant, "g")}`,
        },
      ],
      story: [
        "Learning means turning the knobs of a function until the sum of its squared errors is as small as it can be, and the gradient says which way to turn each knob.",
        "For a straight-line model the best knob positions are also known from a formula, and following the gradient ends up at exactly the same place.",
      ],
      figures: [
        {
          caption: "How far the error is above its smallest possible value, update by update.",
          svg: lines(
            [
              {
                name: "Adam",
                x: excess.filter((_, i) => i % 10 === 0).map((_, i) => i * 10),
                y: excess.filter((_, i) => i % 10 === 0),
              },
            ],
            {
              title: "Following the gradient down",
              x: { label: "update" },
              y: { label: "error above the minimum", unit: "kg²", scale: "log" },
            },
          ),
        },
        {
          caption:
            "What is left unexplained for birds that were not used to learn; any pattern here is what a function that bends could still learn.",
          svg: scatter(
            [{ name: "held-out penguins", x: Array.from(prediction.storage, (p) => p * 1000), y: residuals }],
            {
              title: "Residuals of the predictions",
              x: { label: "predicted mass", unit: "g" },
              y: { label: "true minus predicted", unit: "g" },
              rules: [{ name: "no error", axis: "y", at: 0 }],
            },
          ),
        },
      ],
      notes: [
        `250 birds to learn from, ${residuals.length} held out; mass from beak length, beak depth, flipper length and sex, standardised. Adam in f64, ${steps} updates, cosine from 0.1.`,
        "Data: Gorman, Williams and Fraser (2014), PLoS ONE 9(3): e90081, CC0, from the npm package vega-datasets.",
      ],
    };
  },
};
