import { init, memory } from "@cotangent/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Chapter, Comparison } from "../src/chapter.js";
import { approximator } from "../src/chapters/01-approximator.js";
import { sequences } from "../src/chapters/06-sequences.js";
import { permutations } from "../src/chapters/07-permutations.js";
import { learningToLearn } from "../src/chapters/08-learning-to-learn.js";

/* Chapters in a page, with one seed, on its CPU and on its GPU. */

interface Row {
  readonly chapter: Chapter;
  /** Share of the chapter's work, so that a GPU in software does it in seconds. */
  readonly effort: number;
  /** Updates of parameters that this makes, one call of a program each. */
  readonly updates: number;
  /** The largest difference of a figure, relative to it. */
  readonly tolerance: Tolerance;
}
type Tolerance = (expected: number) => number;

/*
 * Both compute the same in f32 and round differently: sums run in another order, divisions may be off by 2 ulp. How much that matters
 * after so many updates, the CPU shows by itself: with fused multiply-adds, which are other roundings too, it moved no figure of seeds 1
 * to 3 by more than 7e-8 of it. A hundred times that leaves room for GPUs that round less well.
 */
const rounding: Tolerance = (expected) => 7e-6 * expected;
/** A percentage of 512 sets, of which one may hold two numbers too close for f32 training to tell apart. */
const oneSet: Tolerance = () => 100 / 512;

const rows: readonly Row[] = [
  { chapter: approximator, effort: 1, updates: 600, tolerance: rounding },
  { chapter: sequences, effort: 0.03, updates: 21, tolerance: rounding },
  { chapter: permutations, effort: 0.1, updates: 52, tolerance: oneSet },
  { chapter: learningToLearn, effort: 0.02, updates: 240, tolerance: rounding },
];

const uncaptured: string[] = [];
beforeAll(async () => {
  const { gpu } = navigator as Navigator & { gpu: GPU };
  const watched = {
    async requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
      const adapter = await gpu.requestAdapter(options);
      if (adapter === null) throw new Error("navigator.gpu gives no adapter.");
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        device.addEventListener("uncapturederror", (event) => void uncaptured.push(event.error.message));
        return device;
      };
      return adapter;
    },
  };
  await init("webgpu", { gpu: watched });
});
afterEach(() => expect(uncaptured, "errors of the GPU that no call caught").toEqual([]));
afterAll(() => init("cpu"));

const figures = (comparisons: readonly Comparison[]): [name: string, value: number][] =>
  comparisons.flatMap(({ what, ours, baseline }) => [
    [what, ours],
    ...baseline.map(({ name, value }): [string, number] => [`${what}: ${name}`, value]),
  ]);

test.each(rows)(
  "chapter $chapter.number has the figures of the CPU",
  async ({ chapter, effort, updates, tolerance }) => {
    const run = async (): Promise<{ found: [string, number][]; submits: number }> => {
      const before = memory().submits;
      const { headline, more = [] } = await chapter.run({ seed: 1, effort, progress: () => {} });
      return { found: figures([headline, ...more]), submits: memory().submits - before };
    };
    await init("cpu");
    const onCpu = await run();
    expect(onCpu.submits).toBe(0);

    await init("webgpu");
    const onGpu = await run();
    expect(onGpu.submits).toBeGreaterThanOrEqual(updates);
    expect(memory().tensors, "tensors on the GPU").toBeGreaterThan(0);
    onGpu.found.forEach(([name, value], i) => {
      const [, expected] = onCpu.found[i];
      expect(Math.abs(value - expected), `${name} is ${value}, on the CPU ${expected}`).toBeLessThanOrEqual(
        tolerance(expected),
      );
    });
  },
  180_000,
);
