import { type Tensor, concat, random } from "@cotangent/core";
import { penguins } from "@cotangent/datasets";
import { fit, linear, module, mse } from "@cotangent/nn";
import { adamw, chain, clipByGlobalNorm, cosine } from "@cotangent/optim";
import type { Chapter } from "../chapter.js";
import { leastSquares, rmse, withIntercept } from "../leastSquares.js";
import { numberText } from "../numberText.js";
import { scatter } from "../plots.js";
import { splitRows } from "../split.js";

const trainCount = 200;
const validationCount = 66;
const epochs = 150;
const batchSize = 50;

/** A function of the three measurements with two hidden layers. */
const net = module({ first: linear(3, 32), second: linear(32, 32), head: linear(32, 1) }, (m, x: Tensor) =>
  m.head(m.second(m.first(x).tanh()).tanh()),
);

/** Chapter 1: data {x, y} and a function approximator y = f(x, theta) + noise. */
export const approximator: Chapter = {
  number: 1,
  title: "Data and approximator",
  gpu: true,
  async run({ seed, progress, effort = 1 }) {
    const birds = penguins();
    const [splitKey, initKey, fitKey] = random.split(random.foldIn(random.key("approximator"), seed), 3);
    const { train, validation, test } = await splitRows(
      birds.map((b) => [b.beakLength, b.beakDepth, b.flipperLength]),
      birds.map((b) => b.bodyMass),
      splitKey,
      trainCount,
      validationCount,
    );
    // The network learns the mass in units of its own spread.
    const [mean, sd] = [train.y.mean(), train.y.std()];
    const x = train.x.astype("f32");
    const y = train.y.sub(mean).div(sd).astype("f32").reshape([trainCount, 1]);
    const grams = async (params: ReturnType<typeof net.init>, at: Tensor): Promise<Tensor> => {
      const output = await net.apply(params, at.astype("f32")).to("cpu");
      return output.reshape([at.shape[0]]).astype("f64").mul(sd).add(mean);
    };

    const steps = Math.ceil(effort * epochs * Math.floor(trainCount / batchSize));
    const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: cosine(0.01, steps), weightDecay: 0.01 }));
    let best = { params: net.init(initKey), error: Infinity };
    for await (const { step, params, loss } of fit(net, {
      params: best.params,
      data: { x, y },
      loss: mse,
      optimizer,
      epochs,
      batchSize,
      key: fitKey,
    })) {
      if (step % 4 === 0) {
        const error = rmse(await grams(params, validation.x), validation.y);
        if (error < best.error) best = { params, error };
        progress(step / steps, `loss ${loss.toFixed(3)}`);
      }
      if (step === steps) break;
    }

    const prediction = await grams(best.params, test.x);
    const ours = rmse(prediction, test.y);
    const constant = rmse(test.y.mul(0).add(mean), test.y);
    const line = (x: Tensor, y: Tensor): Tensor => withIntercept(test.x).matmul(leastSquares(withIntercept(x), y));
    const straightGuess = line(train.x, train.y);
    const straight = rmse(straightGuess, test.y);
    // A line needs no birds to choose when to stop, so it may also learn from those.
    const fuller = rmse(line(concat([train.x, validation.x]), concat([train.y, validation.y])), test.y);
    const masses = Array.from(test.y.storage);
    return {
      headline: {
        what: "held-out error of a penguin's mass",
        ours,
        baseline: [
          { name: "least squares", value: straight },
          { name: "least squares, validation birds too", value: fuller },
          { name: "mean", value: constant },
        ],
        unit: "g",
        better: "lower",
      },
      checks: [
        {
          what: "beats the mean",
          passed: ours < constant,
          detail: `${numberText(ours, "g")} against ${numberText(constant, "g")}`,
        },
        {
          what: "beats linear least squares",
          passed: ours < Math.min(straight, fuller),
          detail: `${numberText(ours, "g")} against ${numberText(Math.min(straight, fuller), "g")}, on ${masses.length} birds that neither has seen`,
        },
      ],
      story: [
        "A penguin's weight can be guessed from its beak and flippers, and a small neural network is nothing but an adjustable function from those three numbers to a weight.",
        "Trained on 200 birds, it guesses the weight of birds it has never seen better than the best straight-line formula does, because it can bend where one species gives way to another.",
      ],
      figures: [
        {
          caption: "Each dot is a held-out penguin; the closer to the line, the better the guess.",
          svg: scatter(
            [
              { name: "least squares", x: masses, y: Array.from(straightGuess.storage), color: "#b9c0c7" },
              { name: "network", x: masses, y: Array.from(prediction.storage) },
              { name: "exact", x: [2700, 6300], y: [2700, 6300], style: "dashed" },
            ],
            {
              title: "Predicted against true body mass",
              x: { label: "true mass", unit: "g" },
              y: { label: "predicted mass", unit: "g" },
            },
          ),
        },
      ],
      notes: [
        `Split: ${trainCount} birds to learn from, ${validationCount} to choose when to stop, ${masses.length} for the figures. All models see beak length, beak depth and flipper length, standardised.`,
        `Network: 3-32-32-1, tanh; AdamW, ${epochs} epochs in batches of ${batchSize}, cosine from 0.01, weight decay 0.01.`,
        "Data: Gorman, Williams and Fraser (2014), PLoS ONE 9(3): e90081, CC0, from the npm package vega-datasets; 333 birds with complete records.",
      ],
    };
  },
};
