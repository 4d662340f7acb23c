import { expect } from "vitest";
import { ravelTree } from "../src/index.js";

/** All numbers of a tree, in order. */
export const numbers = (tree: unknown): number[] => Array.from(ravelTree(tree)[0].storage);

export function expectClose(actual: unknown, expected: unknown, tolerance = 1e-10): void {
  const [a, b] = [numbers(actual), numbers(expected)];
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => {
    expect(Math.abs(x - b[i]), `element ${i}: ${x} against ${b[i]}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(b[i])),
    );
  });
}

/** The derivative of a scalar function of a scalar, by a central difference of fourth order. */
export function slope(f: (x: number) => number, x: number, h = 1e-3): number {
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}
