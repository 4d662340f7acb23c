import { tensor } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import { linearAssignment } from "../src/index.js";
import { integers } from "./integers.js";

/** scipy 1.17.1, scipy.optimize.linear_sum_assignment: rows, columns and cost of the minimum, then of the maximum. */
const scipy = [
  {
    cost: [
      [9, 10, 15, 19, 0, 2],
      [16, 18, 4, 6, 17, 8],
      [5, 16, 5, 8, 12, 10],
      [1, 0, 17, 15, 16, 10],
      [16, 6, 9, 15, 2, 6],
      [2, 9, 19, 2, 7, 8],
    ],
    least: [[5, 2, 0, 1, 4, 3], 15],
    most: [[3, 1, 5, 4, 0, 2], 98],
  },
  {
    cost: [
      [0.203, 0.262, 0.75, 0.28, 0.485, 0.981, 0.962, 0.725],
      [0.541, 0.277, 0.161, 0.97, 0.516, 0.116, 0.623, 0.777],
      [0.613, 0.917, 0.04, 0.529, 0.459, 0.062, 0.641, 0.853],
      [0.593, 0.26, 0.84, 0.509, 0.511, 0.753, 0.148, 0.82],
      [0.683, 0.787, 0.192, 0.802, 0.191, 0.082, 0.855, 0.861],
      [0.877, 0.472, 0.274, 0.007, 0.646, 0.72, 0.836, 0.282],
      [0.215, 0.639, 0.805, 0.964, 0.151, 0.482, 0.895, 0.423],
      [0.59, 0.024, 0.673, 0.919, 0.827, 0.886, 0.66, 0.246],
    ],
    least: [[0, 5, 2, 6, 4, 3, 7, 1], 1.152],
    most: [[5, 3, 1, 2, 7, 0, 6, 4], 7.168],
  },
  {
    cost: [
      [1.94, -16.31, -11.95, 8.84, 6.8, -6.4, -0.01, 4.46, 4.68, 8.76],
      [2.56, -0.95, -2.59, 10.56, -22.51, -1.39, 0.33, -14.25, 3.33, -6.51],
      [8.62, -1.26, 6.69, 12.19, 3.83, -8.76, -15.14, 17.53, -1.11, -6.89],
      [1.44, -1.91, 8.52, 0.34, 0.14, -7.15, 4.7, -10.34, 6.66, 15.24],
      [-15.25, -24.66, 6.17, 25.48, -10.01, -12.51, 5.89, -8.41, -5.06, -3.48],
      [5.32, -4.05, 2.78, -1.77, -8.45, -3.2, -9.5, 0.07, -11.24, -10.93],
      [14.57, -0.53, -0.54, 5.12, -4.21, -2.29, 4.25, 2.82, -11.59, 8.33],
      [-5.9, -10.56, -9.0, -3.91, 16.27, -11.76, 1.6, -21.38, -0.02, 9.0],
      [-2.37, -6.29, 2.32, 7.0, 6.64, 19.72, 2.09, -5.92, -1.26, -0.72],
      [1.09, -0.3, 1.74, -16.71, 8.3, -5.75, -11.73, 6.38, 13.17, 4.93],
    ],
    least: [[2, 4, 6, 5, 1, 9, 8, 7, 0, 3], -144.39],
    most: [[6, 1, 7, 9, 3, 2, 0, 4, 5, 8], 123.8],
  },
] as const;

function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) yield [];
  for (const first of items) for (const rest of permutations(items.filter((i) => i !== first))) yield [first, ...rest];
}

describe("linearAssignment", () => {
  test.each(scipy)("finds what scipy finds ($cost.length rows)", ({ cost, least, most }) => {
    const found = linearAssignment(cost);
    expect(found.columns).toEqual(least[0]);
    expect(found.cost).toBeCloseTo(least[1], 9);
    const largest = linearAssignment(cost, { maximize: true });
    expect(largest.columns).toEqual(most[0]);
    expect(largest.cost).toBeCloseTo(most[1], 9);
  });

  test.each([1, 2, 3, 4, 5, 6])("is never beaten by any of the permutations of %i", (n) => {
    const next = integers(n);
    for (let round = 0; round < 30; round++) {
      // Small whole numbers, so that there are ties and sums are exact.
      const cost = Array.from({ length: n }, () => Array.from({ length: n }, () => (next() % 9) - 4));
      const totals = [...permutations([...Array(n).keys()])].map((p) => p.reduce((sum, j, i) => sum + cost[i][j], 0));
      const found = linearAssignment(cost);
      expect(found.cost).toBe(Math.min(...totals));
      expect(found.columns.reduce((sum, j, i) => sum + cost[i][j], 0)).toBe(found.cost);
      expect(linearAssignment(cost, { maximize: true }).cost).toBe(Math.max(...totals));
    }
  });

  test("takes a tensor", () => {
    expect(
      linearAssignment(
        tensor([
          [4, 1, 3],
          [2, 0, 5],
          [3, 2, 2],
        ]),
      ),
    ).toEqual({ columns: [1, 0, 2], cost: 5 });
  });
  test("of nothing is nothing", () => {
    expect(linearAssignment([])).toEqual({ columns: [], cost: 0 });
  });
  test("keeps away from forbidden pairs", () => {
    expect(
      linearAssignment([
        [Infinity, 1],
        [0, Infinity],
      ]).columns,
    ).toEqual([1, 0]);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "not square",
      () =>
        linearAssignment([
          [1, 2, 3],
          [1, 2, 3],
        ]),
      /row 0 has 3 costs, expected 2/,
    ],
    ["not a matrix", () => linearAssignment(tensor([1, 2])), /shape \[2\], expected \[n, n\]/],
    [
      "NaN",
      () =>
        linearAssignment([
          [1, 2],
          [NaN, 3],
        ]),
      /cost\[1\]\[0\] is NaN, expected a number/,
    ],
    ["-Infinity", () => linearAssignment([[-Infinity]]), /cost\[0\]\[0\] is -Infinity.*Use Infinity to forbid/],
    [
      "all forbidden",
      () =>
        linearAssignment([
          [1, Infinity],
          [2, Infinity],
        ]),
      /cannot all get a column/,
    ],
  ])("refuses a matrix that is %s", (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
