import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import { elsewhere } from "./sweepTable.js";

/*
 * Whatever a function is called with: it answers, or it throws an error that names it, not a function inside, and that is no accident of
 * the language.
 */

type Loose = (...args: unknown[]) => unknown;
const { tensor } = api;
const v = tensor([1, 2, 3]);
const m = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const scalar = tensor(2);
const bools = tensor([true, false]);
const options = { axis: 9, axes: [9], mode: "bogus", method: "bogus", side: "x" };
const nonsense: Readonly<Record<string, readonly unknown[]>> = {
  nothing: [],
  arrays: [[1, 2], [3, 4], [1], [1]],
  null: [null, 1],
  texts: ["a", "b", "c"],
  objects: [{}, {}, {}],
  numbers: [3, 4, 5],
  functions: [() => m, () => m],
  "a tensor and null": [m, null],
  "a tensor and texts": [m, "no", "no"],
  "a tensor and arrays": [m, [[1.5]], [[1.5]]],
  "a tensor and an axis too large": [m, 9, 9],
  "a tensor and a fraction": [m, 0.5],
  "a tensor and options": [m, options],
  "tensors and options": [m, v, options],
  "a tensor and undefined": [m, undefined, undefined],
  scalars: [scalar, scalar, scalar],
  "a scalar and zeros": [scalar, 0, 0],
  bools: [bools, bools, bools],
  "tensors of different shapes": [m, tensor([1, 2, 3, 4, 5]), v],
};

const skipped = new Set([elsewhere.transforms, elsewhere.debug].flatMap((names) => names.split(" ")));
const functions: [string, Loose][] = [
  ...Object.entries(api as unknown as Record<string, Loose>).filter(
    ([name, f]) => typeof f === "function" && /^[a-z]/.test(name) && !skipped.has(name),
  ),
  ...Object.entries(api.random as unknown as Record<string, Loose>).map(([name, f]): [string, Loose] => [
    `random.${name}`,
    f,
  ]),
  ...Object.entries(api.fft as unknown as Record<string, Loose>),
];

/** null as options is a type error, and destructuring says so. */
const accident =
  /Cannot (read|convert)|is not (a function|iterable|defined)|is not an object|undefined dimensions|Invalid array/;

describe("errors name the function that was called", () => {
  it.each(functions)("%s", async (name, f) => {
    for (const [what, args] of Object.entries(nonsense))
      for (const given of name.startsWith("random.") ? [args, [api.random.key(0), ...args]] : [args]) {
        let message: string | undefined;
        try {
          await f(...given); // init alone promises
        } catch (e) {
          message = (e as Error).message;
        }
        if (message === undefined || (what === "a tensor and null" && /null/.test(message))) continue;
        expect(message, what).not.toMatch(accident);
        expect(message.slice(0, name.length + 1), `${what}: ${message}`).toBe(`${name}:`);
      }
  });
});

const square = api.ones([1, 1, 4, 4]);
const i32 = tensor([0, 1], { dtype: "i32" });
it.each<[string, () => unknown, string]>([
  [
    "quantile",
    () => api.quantile(m, 0.5, 0, { method: "bogus" as never }),
    "quantile: method is bogus, expected linear",
  ],
  ["quantile", () => api.quantile(m, [0.5, 1.5]), "quantile: q is 1.5, expected numbers from 0 to 1"],
  ["percentile", () => api.percentile(m, -3), "percentile: q is -3, expected numbers from 0 to 100"],
  ["take", () => api.take(v, i32, 0, { mode: "bogus" as never }), "take: mode is bogus, expected error, clip"],
  ["meshgrid", () => api.meshgrid([v, v], { indexing: "zz" as never }), "meshgrid: indexing is zz, expected xy, ij"],
  ["fft", () => api.fft.fft(v, { norm: "bogus" as never }), "fft: norm is bogus, expected backward"],
  ["irfft", () => api.fft.irfft(v, { norm: "bogus" as never }), "irfft: norm is bogus, expected backward"],
  ["fft", () => api.fft.fft({ real: v, imaginary: i32 }), "fft: shapes [3] and [2] do not broadcast"],
  [
    "conv",
    () => api.conv(square, api.ones([1, 1, 2, 2]), { padding: 1, paddingMode: "x" as never }),
    "conv: paddingMode is x",
  ],
  ["average", () => api.average(m, 0, { weights: api.ones([4, 1]) }), "average: weights are f32[4, 1] for f32[2, 3]"],
  ["cov", () => api.cov(m, { fweights: i32 }), "cov: fweights are i32[2], expected [3]"],
  ["histogram", () => api.histogram(v, 3, { range: [1] as never }), "histogram: range is [1], expected [low, high]"],
  ["gradient", () => api.gradient(v, 1, { edgeOrder: 3 as never }), "gradient: edgeOrder is 3, expected 1 or 2"],
])("options of %s are checked", (_, f, message) => {
  expect(f).toThrow(message);
});
