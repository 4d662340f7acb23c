import type { Expression } from "../expression.js";
import type { Block, MathFunction } from "./block.js";
import { productOfSplit, split } from "./errorFree.js";
import { add, constantsFor, mul } from "./formula.js";
import { withEdges } from "./logarithm.js";
import { logPair } from "./power.js";

// 1 / ln 2 and 1 / ln 10: value, what rounding it left, and its halves.
const LOG2E = {
  f32: { value: 1.4426950216293335, rest: 1.925963033500011e-8, high: 1.44287109375, low: -0.0001760721206665039 },
  f64: {
    value: 1.4426950408889634,
    rest: 2.0355273740931033e-17,
    high: 1.4426950514316559,
    low: -1.0542692496784412e-8,
  },
};
const LOG10E = {
  f32: { value: 0.4342944920063019, rest: -1.0103049952192578e-8, high: 0.434326171875, low: -3.167986869812012e-5 },
  f64: {
    value: 0.4342944819032518,
    rest: 1.098319650216765e-17,
    high: 0.4342944845557213,
    low: -2.652469466291052e-9,
  },
};

/** log x times a constant, both as pairs: hardly more than the last rounding, so that powers of the base come out exact. */
const logarithm =
  (scales: typeof LOG2E): MathFunction =>
  (block: Block, argument) => {
    const x = block.let(argument as Expression);
    const l = logPair(block, x);
    const c = constantsFor(x, scales);
    const product = productOfSplit(block, l.high, split(block, l.high), c.value, c);
    const low = add(product.low, add(mul(l.high, c.rest), mul(l.low, c.value)));
    return withEdges(x, 0, add(product.high, low));
  };

/**
 * log2 x, exact for powers of 2. About 110 (f32) or 115 (f64) operations.
 *
 * Largest error on the grid of test/math: f32 0.50 ulp, f64 0.50 ulp.
 */
export const log2: MathFunction = logarithm(LOG2E);

/** log10 x, exact for powers of 10 that are floats. As log2. */
export const log10: MathFunction = logarithm(LOG10E);
