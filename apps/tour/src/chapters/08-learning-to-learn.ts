import { type Tensor, jit, linspace, random, tensor, valueAndGrad, vmap, zeros } from "@cotangent/core";
import { type Tasks, inner, maml, metaGrad, unroll } from "@cotangent/meta";
import { adam, sgd } from "@cotangent/optim";
import type { Chapter, ChapterResult } from "../chapter.js";
import { lines } from "../plots.js";

/* The sine waves of Finn, Abbeel and Levine (2017), arXiv 1703.03400, section 5.1. */
const shots = 10;
const tasksPerUpdate = 25;
const innerRate = 0.01;
const mostSteps = 10;
const reported = [0, 1, 5, 10] as const;

interface Net {
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly w2: Tensor;
  readonly b2: Tensor;
  readonly w3: Tensor;
  readonly b3: Tensor;
}
/** Points of one wave, [shots, 1] each. */
interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

const predict = (net: Net, x: Tensor): Tensor => {
  const hidden = x.matmul(net.w1).add(net.b1).relu().matmul(net.w2).add(net.b2).relu();
  return hidden.matmul(net.w3).add(net.b3);
};
const loss = (net: Net, { x, y }: Batch): Tensor => predict(net, x).sub(y).square().mean();

function initialNet(key: Tensor): Net {
  const [k1, k2, k3] = random.split(key, 3);
  const std = 0.1;
  return {
    w1: random.normal(k1, [1, 40], { std }),
    b1: zeros([40]),
    w2: random.normal(k2, [40, 40], { std }),
    b2: zeros([40]),
    w3: random.normal(k3, [40, 1], { std }),
    b3: zeros([1]),
  };
}

/** A wave of amplitude U[0.1, 5] and phase U[0, pi], seen at points U[-5, 5]: as many to learn from as to be judged on. */
function wave(key: Tensor): Tasks<Batch> {
  const [amplitudeKey, phaseKey, pointKey] = random.split(key, 3);
  const amplitude = random.uniform(amplitudeKey, [], { low: 0.1, high: 5 });
  const phase = random.uniform(phaseKey, [], { low: 0, high: Math.PI });
  const x = random.uniform(pointKey, [2, shots, 1], { low: -5, high: 5 });
  const y = x.sub(phase).sin().mul(amplitude);
  return { train: { x: x.at(0), y: y.at(0) }, test: { x: x.at(1), y: y.at(1) } };
}
const waves = (key: Tensor, count: number): Tasks<Batch> => vmap(wave)(random.split(key, count));

const descent = sgd({ learningRate: innerRate });
const learner = maml(loss, descent, { steps: 1, adjoint: unroll({ order: 2 }) });
/** The same network on the same points of the same waves, without inner steps. */
const plainLoss = (net: Net, tasks: Tasks<Batch>): Tensor =>
  vmap(({ train, test }: Tasks<Batch>) => loss(net, train).add(loss(net, test)).mul(0.5))(tasks).mean();

const optimizer = adam({ learningRate: 1e-3 });
type State = ReturnType<typeof optimizer.init<Net>>;

/** One whole update, from drawing the waves to the new parameters, which take the place of the old ones, as one program. */
const trainer = (gradient: (net: Net, tasks: Tasks<Batch>) => [Tensor, Net]) =>
  jit(
    (params: Net, state: State, key: Tensor, step: Tensor) => {
      const [value, grads] = gradient(params, waves(random.foldIn(key, step), tasksPerUpdate));
      return { value, ...optimizer.update({ grads, params, state }) };
    },
    { donate: [0, 1] },
  );
const trainMaml = trainer(metaGrad(learner.loss));
const trainPlain = trainer(valueAndGrad(plainLoss));

async function learn(
  train: typeof trainMaml,
  start: Net,
  key: Tensor,
  updates: number,
  onStep: (step: number, loss: number) => void,
): Promise<Net> {
  let params = start;
  let state = optimizer.init(params);
  for (let step = 0; step < updates; step++) {
    const next = train(params, state, key, tensor(step, { dtype: "i32" }));
    ({ params, state } = next);
    // To read is to wait: a GPU works on meanwhile.
    if (step % 100 === 0) onStep(step, (await next.value.data())[0]);
  }
  return params;
}

/** The network after some steps on one task; how they are differentiated does not matter here. */
const adapted = (net: Net, batch: Batch, steps: number): Net =>
  steps === 0 ? net : inner(loss, descent, { steps, adjoint: unroll({ order: 1 }) })(net, batch).params;

/** Test error of each task after some steps, [tasks]. */
const errors = jit(
  (net: Net, tasks: Tasks<Batch>, steps: number): Tensor =>
    vmap(({ train, test }: Tasks<Batch>) => loss(adapted(net, train, steps), test))(tasks),
  { staticArgnums: [2] },
);
const numbersOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

interface Curve {
  /** After 0, 1, ... steps: mean over the new tasks on which descent did not diverge, and its standard error. */
  readonly mean: readonly number[];
  readonly error: readonly number[];
  readonly diverged: readonly number[];
}
/** Waves stay within 5 of 0, so a network that says 0 has an error of at most 25: above 100, descent has diverged. */
const divergence = 100;
async function curve(net: Net, tasks: Tasks<Batch>): Promise<Curve> {
  const all = Array.from({ length: mostSteps + 1 }, (_, steps) => numbersOf(errors(net, tasks, steps)));
  const kept = (await Promise.all(all)).map((list) => list.filter((error) => error <= divergence));
  const mean = kept.map((list) => list.reduce((sum, error) => sum + error, 0) / list.length);
  return {
    mean,
    error: kept.map((list, at) =>
      Math.sqrt(list.reduce((sum, error) => sum + (error - mean[at]) ** 2, 0) / list.length / list.length),
    ),
    diverged: kept.map((list) => tasks.train.x.shape[0] - list.length),
  };
}

export const learningToLearn: Chapter = {
  number: 8,
  title: "Learning to learn",
  gpu: true,
  async run({ seed, progress, effort = 1 }): Promise<ChapterResult> {
    const [updates, newTasks] = [6000, 600].map((count) => Math.ceil(count * effort));
    const [initKey, dataKey, testKey] = random.split(random.foldIn(random.key(seed), 8), 3);
    const report = (from: number, share: number, what: string) => (step: number, value: number) =>
      progress(from + (share * step) / updates, `${what}, update ${step}, loss ${value.toFixed(2)}`);
    const meta = await learn(trainMaml, initialNet(initKey), dataKey, updates, report(0, 0.75, "MAML"));
    const plain = await learn(
      trainPlain,
      initialNet(initKey),
      dataKey,
      updates,
      report(0.75, 0.2, "without inner steps"),
    );
    const tasks = waves(testKey, newTasks);
    const [ours, baseline] = [await curve(meta, tasks), await curve(plain, tasks)];
    const steps = ours.mean.map((_, i) => i);
    const described = ({ mean, error }: Curve, at: number): string =>
      `${mean[at].toFixed(3)} ± ${(1.96 * error[at]).toFixed(3)}`;

    const example = waves(random.foldIn(testKey, 1), 1);
    const seen: Batch = { x: example.train.x.at(0), y: example.train.y.at(0) };
    const grid = linspace(-5, 5, 121).reshape([121, 1]);
    const [amplitude, phase] = await waveOf(random.split(random.foldIn(testKey, 1), 1).at(0));
    const xs = await numbersOf(grid);
    const fitted = (net: Net, count: number): Promise<number[]> => numbersOf(predict(adapted(net, seen, count), grid));

    return {
      headline: {
        what: `error on a new wave after one step from ${shots} points`,
        ours: ours.mean[1],
        baseline: [{ name: "trained without inner steps", value: baseline.mean[1] }],
        better: "lower",
      },
      more: [5, 10].map((at) => ({
        what: `error after ${at} steps`,
        ours: ours.mean[at],
        baseline: [{ name: "trained without inner steps", value: baseline.mean[at] }],
        better: "lower",
      })),
      checks: [
        {
          what: "one step is enough for less than a half of the error without inner steps",
          passed: ours.mean[1] < baseline.mean[1] / 2,
          detail: `${described(ours, 1)} against ${described(baseline, 1)}`,
        },
        {
          what: "after one step as good as the reference run",
          passed: ours.mean[1] < 0.75,
          detail: `${described(ours, 1)}, below 0.75 wanted (the reference had 0.74 after 1,600 updates)`,
        },
        {
          what: "further steps go on helping",
          passed: ours.mean[10] < 0.39 && ours.mean[10] < ours.mean[1],
          detail: `${described(ours, 10)} after 10 steps, below 0.39 wanted (the reference had 0.39 after 1,600 updates)`,
        },
        {
          what: "descent stays stable on new waves",
          passed: ours.diverged[1] === 0 && ours.diverged[mostSteps] <= newTasks / 100,
          detail: `${ours.diverged[1]} of ${newTasks} diverged in 1 step, ${ours.diverged[mostSteps]} in ${mostSteps}; none and at most 1 % wanted`,
        },
      ],
      story: [
        "Ten points of a wave are too few to train a network from nothing, so here training looks for a start from which one step of gradient descent is enough: the gradient of the error after that step is taken through the step itself.",
        "A network trained on the same waves in the usual way learns their average, and from there ten steps do not lead far.",
      ],
      figures: [
        {
          caption: `Error on ${newTasks} new waves after some steps of gradient descent on ${shots} points of each.`,
          svg: lines(
            [
              { name: "MAML", x: steps, y: ours.mean, style: "line and dots" },
              { name: "trained without inner steps", x: steps, y: baseline.mean, style: "line and dots" },
            ],
            {
              title: "Test error against inner steps",
              x: { label: "steps of gradient descent on the new task" },
              y: { label: "mean squared error", domain: [0, 1.05 * Math.max(...ours.mean, ...baseline.mean)] },
            },
          ),
        },
        {
          caption: "One new wave, of which the networks see the ten points.",
          svg: lines(
            [
              { name: "the wave", x: xs, y: xs.map((x) => amplitude * Math.sin(x - phase)), color: "#999999" },
              {
                name: "what is seen",
                x: await numbersOf(seen.x),
                y: await numbersOf(seen.y),
                style: "dots",
                color: "#1a1a1a",
              },
              { name: "MAML, before", x: xs, y: await fitted(meta, 0), style: "dashed", color: "#0067a8" },
              { name: "MAML, 1 step", x: xs, y: await fitted(meta, 1), color: "#0067a8" },
              { name: "MAML, 10 steps", x: xs, y: await fitted(meta, 10), color: "#00795a" },
              { name: "without inner steps, 10 steps", x: xs, y: await fitted(plain, 10), color: "#c74a00" },
            ],
            { title: "One new wave and what the networks make of it", x: { label: "x" }, y: { label: "y" } },
          ),
        },
      ],
      notes: [
        `Mean squared error after ${reported.join(", ")} steps: MAML ${reported.map((at) => described(ours, at)).join(", ")}; without inner steps ${reported.map((at) => described(baseline, at)).join(", ")} (95 % intervals over ${newTasks} new waves).`,
        `Ten steps of rate ${innerRate} are too long for a few waves (an error above ${divergence}): ${ours.diverged[mostSteps]} of ${newTasks} for MAML, which trained for one step, and ${baseline.diverged[mostSteps]} for the other; these are counted, and left out of the mean.`,
        `1-40-40-1 ReLU network, weights N(0, 0.1²); ${updates} updates of ${tasksPerUpdate} waves for both; Adam 1e-3; one inner step of rate ${innerRate} in training, differentiated exactly (second order).`,
        "Finn, Abbeel and Levine (2017), Model-Agnostic Meta-Learning, arXiv 1703.03400. Its tables differ in details of the test, so these are our own figures.",
      ],
    };
  },
};

/** Amplitude and phase of the wave that a key gives. */
async function waveOf(key: Tensor): Promise<[amplitude: number, phase: number]> {
  const [amplitudeKey, phaseKey] = random.split(key, 3);
  const [amplitude] = await random.uniform(amplitudeKey, [], { low: 0.1, high: 5 }).data();
  const [phase] = await random.uniform(phaseKey, [], { low: 0, high: Math.PI }).data();
  return [amplitude, phase];
}
