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
  it.each(functions)("%s", (name, f) => {
    for (const [what, args] of Object.entries(nonsense))
      for (const given of name.startsWith("random.") ? [args, [api.random.key(0), ...args]] : [args]) {
        let message: string | undefined;
        try {
          f(...given);
        } catch (e) {
          message = (e as Error).message;
        }
        if (message === undefined || (what === "a tensor and null" && /null/.test(message))) continue;
        expect(message, what).not.toMatch(accident);
        expect(message.slice(0, name.length + 1), `${what}: ${message}`).toBe(`${name}:`);
      }
  });
});
