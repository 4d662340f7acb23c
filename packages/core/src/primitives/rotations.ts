import { type Expression, type Local, add, int, load, mul, read, sub } from "../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { index } from "../kernel/nest.js";
import type { DType } from "../tensor/dtype.js";

/*
 * Implicit QR on a tridiagonal or bidiagonal matrix finds its rotations from a few numbers, then turns whole rows of vectors with them.
 * The kernels write down the rotations of several sweeps and apply them together, column by column, so that the columns stay in the
 * first-level cache and the row that a chain carries along stays in a register (Van Zee, van de Geijn and Quintana-Orti 2014).
 */

/** How many sweeps are applied at once. */
export const SWEEPS = 16;

/** Rows of scratch are this far apart: not a power of two, which would put a column of them into one set of the cache. */
export const rowStride = (n: number): number => n + ((8 - (n % 8)) % 8) + (n % 16 === 0 ? 8 : 0);

export interface Chains {
  /** c and s of each rotation in turn. */
  readonly list: number;
  /** i32, three for each chain: its first row, the number of rotations, the first of them in the list. */
  readonly chains: number;
  readonly count: Local;
}

/**
 * For each chain, from its first row x on: with the next row y (by `direction`), x <- c x + s y stays where x was, and c y - s x goes on in
 * the place of y.
 */
export function rotateRowChains(
  { list, chains, count }: Chains,
  dtype: DType,
  buffer: number,
  width: number,
  direction: 1 | -1,
): Statement {
  const [column, chain, t, row, from] = ["column", "chain", "t", "row", "from"].map(index);
  const [x, y, c, s]: Local[] = ["x", "y", "c", "s"].map((name) => ({ name, dtype }));
  const stride = rowStride(width);
  const entry = (k: number): Expression => load("i32", chains, add(mul(read(chain), int(3)), int(k)));
  const place = add(read(row), read(column));
  const pair = mul(add(read(from), read(t)), int(2));
  return forLoop(
    column,
    width,
    [
      forLoop(chain, read(count), [
        assign(row, mul(entry(0), int(stride))),
        assign(from, entry(2)),
        assign(x, load(dtype, buffer, place)),
        forLoop(t, entry(1), [
          assign(c, load(dtype, list, pair)),
          assign(s, load(dtype, list, add(pair, int(1)))),
          assign(y, load(dtype, buffer, add(place, int(direction * stride)))),
          store(buffer, place, add(mul(read(c), read(x)), mul(read(s), read(y)))),
          assign(x, sub(mul(read(c), read(y)), mul(read(s), read(x)))),
          assign(row, add(read(row), int(direction * stride))),
        ]),
        store(buffer, place, read(x)),
      ]),
    ],
    "lanes",
  );
}
