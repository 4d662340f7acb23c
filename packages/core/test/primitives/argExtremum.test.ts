import { expect, test } from "vitest";
import { argmax, argmin, jit, tensor } from "../../src/index.js";
import { randomBits } from "../backends/randomKernel.js";

/** The first NaN, else the first of the extremes. */
function position(values: readonly number[], largest: boolean): number {
  let best = 0;
  values.forEach((x, k) => {
    const y = values[best];
    if (y === y && (x !== x || (largest ? x > y : x < y))) best = k;
  });
  return best;
}

const lists = {
  ties: [0, -0, 1, 2],
  "one value": [3],
  "lowest values": [-Infinity],
  "highest values": [Infinity],
  infinities: [-Infinity, Infinity, 0],
  "some NaN": [1, 2, 3, 4, 5, 6, 7, 8, 9, NaN],
};

// Longer than what is folded in order, so that partial results are merged.
test.each(Object.entries(lists))("the first extreme element, of any number: %s", (_, list) => {
  const next = randomBits(7);
  for (const dtype of ["f32", "f64"] as const)
    for (const n of [1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 50, 64, 101]) {
      const rows = Array.from({ length: 3 }, () => Array.from({ length: n }, () => list[next() % list.length]));
      const x = tensor(rows, { dtype });
      for (const [f, largest] of [
        [argmax, true],
        [argmin, false],
      ] as const) {
        const expected = rows.map((row) => position(row, largest));
        const columns = rows[0].map((_x, k) =>
          position(
            rows.map((row) => row[k]),
            largest,
          ),
        );
        expect(jit((y: typeof x) => f(y, 1))(x).toArray()).toEqual(expected);
        expect(f(x, 1).toArray()).toEqual(expected);
        expect(jit((y: typeof x) => f(y, 0))(x).toArray()).toEqual(columns);
      }
    }
});
