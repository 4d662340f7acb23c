import type { Expression } from "../expression.js";
import type { Block } from "./block.js";
import { type Pair, fastSum } from "./errorFree.js";
import { add, constantsFor, max, min, mul, sub } from "./formula.js";

/*
 * pi in pieces of 23 bits (f64) and 8 bits (f32), so that h times a piece is exact for half-integral h below 2^29 (2^15), and a last piece
 * that is rounded (Cody & Waite 1980, ch. 8; Muller, Elementary Functions, 3rd ed., sec. 11.2). `exact`: for how many of them the running difference is a float too.
 */
const PI = {
  f32: {
    exact: 2,
    pieces: [
      3.140625, 0.000965118408203125, 2.5331974029541016e-6, 1.979060471057892e-9, 5.115907697472721e-12,
      1.0769163338864018e-14, 1.1442377832917456e-17,
    ],
  },
  f64: {
    exact: 2,
    pieces: [
      3.141592502593994, 1.5099578831723193e-7, 1.078060505991553e-14, 6.564006326744847e-22, 7.590021545442451e-29,
    ],
  },
};

/**
 * x - h pi as a pair, where h is the multiple of 1/2 nearest to x / pi. The pair has about twice the precision of a float, also next to a multiple of pi,
 * for |x| <= 1e5 (f32) or 1.6e9 (f64); beyond, its error is about 1 ulp of x, and `high` is only kept within -0.8 ... 0.8. 25 (f64) or 30 (f32) operations.
 */
export function subtractHalfTurns(block: Block, x: Expression, h: Expression): Pair {
  const { exact, pieces } = constantsFor(x, PI);
  let high = pieces.slice(0, exact).reduce((r, piece) => sub(r, mul(h, piece)), x);
  let low: Expression | undefined;
  for (const piece of pieces.slice(exact, -1)) {
    // Where h piece is the larger term, the difference is exact: both are multiples of a small enough power of two.
    const sum = fastSum(block, high, block.let(mul(h, -piece)));
    high = sum.high;
    low = low === undefined ? sum.low : add(low, sum.low);
  }
  const last = mul(h, -(pieces[pieces.length - 1] as number));
  const r = fastSum(block, high, block.let(low === undefined ? last : add(low, last)));
  return { high: block.let(min(max(r.high, -0.8), 0.8)), low: r.low };
}
