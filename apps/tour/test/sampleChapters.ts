import type { Chapter, ChapterResult } from "../src/chapter.js";
import { bars, heatmap, histogram, lines, logLog, scatter } from "../src/plots.js";

/** A chapter with every part that a report can show, quick to run: no mock of a package, only a shape to be drawn. */
export const passing: Chapter = {
  number: 1,
  title: "Data & <approximator>",
  run({ seed, progress }) {
    for (let step = 0; step <= 100; step++) progress(step / 100, `step ${step}`);
    return Promise.resolve(sampleResult(seed));
  },
};

export const failingCheck: Chapter = {
  number: 2,
  title: "Regularisation",
  run({ seed }) {
    const checks = [{ what: "beats the mean", passed: false, detail: "802.3 g > 801 g" }];
    return Promise.resolve({ ...sampleResult(seed), checks });
  },
};

export const throwing: Chapter = {
  number: 7,
  title: "A block that is an optimiser",
  run() {
    return Promise.reject(new Error("solve: <matrix> is singular", { cause: new RangeError("pivot 3 is 0") }));
  },
};

export const samples: readonly Chapter[] = [passing, failingCheck, throwing];

export function sampleResult(seed: number): ChapterResult {
  const grid = Array.from({ length: 120 }, (_, i) => i / 10);
  const wiggle = (i: number): number => Math.sin(i * 12.9898 + seed) * 43758.5453;
  const noise = grid.map((_, i) => wiggle(i) - Math.floor(wiggle(i)) - 0.5);
  const counts = [10, 30, 100, 300, 1000, 3000, 10_000];
  return {
    headline: {
      what: "held-out RMSE",
      ours: 287.1234,
      baseline: [
        { name: "least squares", value: 301.5 },
        { name: "mean", value: 801.02 },
      ],
      unit: "g",
      better: "lower",
    },
    more: [{ what: "R²", ours: 0.8731, baseline: [{ name: "least squares", value: 0.8512 }], better: "higher" }],
    checks: [
      { what: "beats the mean", passed: true, detail: "287.1 g < 801.0 g" },
      { what: "beats least squares", passed: true, detail: "287.1 g < 301.5 g" },
    ],
    story: [
      "A small network looks at the beak and the flipper of a penguin and guesses what it weighs.",
      "On penguins that it never saw it errs less than a straight line does, and far less than always guessing the mean.",
    ],
    figures: [
      {
        caption: "Measured and predicted mass of the penguins that were held out.",
        svg: scatter(
          [
            {
              name: "network",
              x: grid.map((v) => 3000 + 250 * v),
              y: grid.map((v, i) => 3000 + 250 * v + 600 * noise[i]),
            },
            { name: "exact", x: [3000, 6000], y: [3000, 6000], style: "dashed", color: "#666" },
          ],
          {
            title: "Predicted against measured mass",
            x: { label: "measured body mass", unit: "g" },
            y: { label: "predicted body mass", unit: "g" },
          },
        ),
      },
      {
        caption: "Carbon dioxide by year, and the fit with three penalties.",
        svg: lines(
          ["λ = 0", "λ = 0.01, chosen on the validation part", "λ = 100"].map((name, k) => ({
            name,
            x: grid.map((v) => 1960 + 5 * v),
            y: grid.map((v, i) => 315 + 8 * v + (2 - k) * 20 * noise[i]),
          })),
          {
            title: "Fits of the carbon dioxide series",
            x: { label: "year" },
            y: { label: "CO₂", unit: "ppm" },
            rules: [{ name: "start of the test part", axis: "x", at: 2010 }],
          },
        ),
      },
      {
        caption: "The error shrinks as one over the root of the number of draws.",
        svg: logLog(
          [
            { name: "error", x: counts, y: counts.map((n, i) => (1 + noise[i]) / Math.sqrt(n)) },
            { name: "1/√N", x: counts, y: counts.map((n) => 1 / Math.sqrt(n)), style: "dashed", color: "#666" },
          ],
          { title: "Monte Carlo error", x: { label: "number of draws N" }, y: { label: "absolute error" } },
        ),
      },
      {
        caption: "Draws from the posterior of the slope, and its density in closed form.",
        svg: histogram([{ name: "NUTS", values: noise.map((v) => 2 * v) }], {
          title: "Posterior of the slope",
          x: { label: "slope", unit: "g/mm" },
          bins: 20,
          curves: [{ name: "closed form", x: [-1, -0.5, 0, 0.5, 1], y: [0.5, 0.5, 0.5, 0.5, 0.5] }],
          rules: [{ name: "mean", axis: "x", at: 0.1 }],
        }),
      },
      {
        caption: "Bits per character on names that were held out.",
        svg: bars(
          [
            { name: "GRU", value: 2.31, ours: true },
            { name: "bigram", value: 2.9 },
            { name: "unigram", value: 4.05 },
          ],
          { title: "Held-out bits per character", x: { label: "bits per character" } },
        ),
      },
      {
        caption: "The first principal component as an image.",
        svg: heatmap(noise.slice(0, 100), { title: "First principal component", rows: 10, columns: 10 }),
      },
    ],
    notes: ["Data: palmerpenguins, CC0.", `Seed ${seed}.`],
  };
}
