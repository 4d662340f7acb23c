import {
  type Expression,
  add,
  binary,
  compare,
  constant,
  convert,
  int,
  load,
  mul,
  read,
  reinterpret,
  select,
  sub,
} from "../../../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../../../kernel/kernel.js";
import { index } from "../../../kernel/nest.js";
import type { DType } from "../../../tensor/dtype.js";
import { type Pieces, least, most, shared, within } from "./pieces.js";
import { powerOfTwo } from "../phases.js";

/** Rows to sort: the keys as u32, which compare as the elements do. */
export interface Rows {
  readonly rows: number;
  readonly length: number;
  readonly key: (at: Expression) => Expression;
}
/** Where a stable order of each row is left: sorted keys, and the positions in the row that they come from. */
export interface Sorted {
  readonly keys: number;
  readonly order: number;
}

/** Elements a thread writes in a merge. */
const MERGED = 8;
const SOFTWARE_MERGED = 64;
const SOFTWARE_BLOCK = 64;

/**
 * A merge sort: blocks in workgroup memory by a bitonic network, whose comparisons take the position where keys are equal, then runs in pairs, each thread writing a
 * few elements of a merge after searching where its part of both runs begins (Green, McColl and Bader, "GPU merge path", 2012). log2(length / block) + 1 dispatches, where a
 * bitonic network over all needs half its square.
 */
export function sortPieces(pieces: Pieces, { rows, length: n, key }: Rows, order?: number): Sorted {
  const block = Math.min(
    powerOfTwo(n),
    pieces.barriers ? (pieces.workgroupMemory >= 8192 ? 1024 : 512) : SOFTWARE_BLOCK,
  );
  const levels = Math.max(0, Math.ceil(Math.log2(n / block)));
  const both = [order ?? pieces.scratch("i32", rows * n), levels > 0 ? pieces.scratch("i32", rows * n) : -1];
  const keys = [pieces.scratch("u32", rows * n), levels > 0 ? pieces.scratch("u32", rows * n) : -1];
  // The last level leaves the order in the first of both.
  const at = (level: number): Sorted => ({ keys: keys[(levels - level) % 2], order: both[(levels - level) % 2] });
  blocksSorted(pieces, { rows, length: n, key }, block, at(0));
  for (let level = 0, run = block; level < levels; level++, run *= 2)
    runsMerged(pieces, rows, n, run, at(level), at(level + 1));
  return at(levels);
}

function blocksSorted(pieces: Pieces, { rows, length: n, key }: Rows, block: number, to: Sorted): void {
  const [row, b, t, at, s, q, i, j, p, r] = ["row", "block", "t", "at", "s", "q", "i", "j", "p", "r"].map(index);
  const [x, y] = ["x", "y"].map((name) => ({ name, dtype: "u32" as const }));
  const swap = { name: "swap", dtype: "bool" as const };
  const keys = pieces.scratch("u32", block);
  const from = pieces.scratch("i32", block);
  const position = assign(at, add(mul(read(b), int(block)), read(t)));
  const place = within(read(row), n, read(at));
  const shifted = (e: Expression, by: Expression): Expression => binary("shl", e, by);
  // Steps s, q compare elements 2^(s - q) apart in blocks of 2^(s + 1), which ascend in turn and descend.
  const distance = sub(read(s), read(q));
  const later = binary(
    "or",
    compare("gt", read(x), read(y)),
    binary("and", compare("eq", read(x), read(y)), compare("gt", read(p), read(r))),
  );
  const ascending = compare("eq", binary("and", read(i), shifted(int(2), read(s))), int(0));
  const step: Statement[] = [
    assign(
      i,
      add(
        shifted(binary("shr", read(t), distance), add(distance, int(1))),
        binary("and", read(t), sub(shifted(int(1), distance), int(1))),
      ),
    ),
    assign(j, add(read(i), shifted(int(1), distance))),
    assign(x, load("u32", keys, read(i))),
    assign(y, load("u32", keys, read(j))),
    assign(p, load("i32", from, read(i))),
    assign(r, load("i32", from, read(j))),
    assign(swap, compare("eq", later, ascending)),
    ifElse(read(swap), [
      store(keys, read(i), read(y)),
      store(keys, read(j), read(x)),
      store(from, read(i), read(r)),
      store(from, read(j), read(p)),
    ]),
  ];
  const inside = compare("lt", read(at), int(n));
  pieces.piece(
    [
      [row, rows],
      [b, Math.ceil(n / block)],
    ],
    [
      shared(t, int(block), [
        position,
        // Past the end comes last: no key is larger, and positions there are.
        store(
          keys,
          read(t),
          select(inside, key(within(read(row), n, least(read(at), n - 1))), constant("u32", 2 ** 32 - 1)),
        ),
        store(from, read(t), read(at)),
      ]),
      forLoop(s, Math.log2(block), [forLoop(q, add(read(s), int(1)), [shared(t, int(block / 2), step)])]),
      shared(t, int(block), [
        position,
        ifElse(inside, [
          store(to.keys, place, load("u32", keys, read(t))),
          store(to.order, place, load("i32", from, read(t))),
        ]),
      ]),
    ],
  );
}

function runsMerged(pieces: Pieces, rows: number, n: number, run: number, from: Sorted, to: Sorted): void {
  const size = pieces.barriers ? MERGED : SOFTWARE_MERGED;
  const names = "row chunk base start left middle right low high half a b v source";
  const [row, c, base, start, left, middle, right, low, high, half, a, b, v, source] = names.split(" ").map(index);
  const keyAt = (p: Expression): Expression => load("u32", from.keys, add(read(base), p));
  const fromLeft = { name: "fromLeft", dtype: "bool" as const };
  const diagonal = sub(read(start), read(left));
  // Of two runs [left, middle) and [middle, right), how many of the first are among the first `diagonal` elements of their merge; equal ones of the first go first.
  const search: Statement[] = [
    assign(low, most(sub(diagonal, sub(read(right), read(middle))), 0)),
    assign(high, least(diagonal, sub(read(middle), read(left)))),
    whileLoop(compare("lt", read(low), read(high)), [
      assign(half, binary("shr", add(read(low), read(high)), int(1))),
      ifElse(
        compare(
          "le",
          keyAt(add(read(left), read(half))),
          keyAt(sub(sub(add(read(middle), diagonal), int(1)), read(half))),
        ),
        [assign(low, add(read(half), int(1)))],
        [assign(high, read(half))],
      ),
    ]),
  ];
  const clamped = (p: Expression): Expression => keyAt(least(p, n - 1));
  const place = add(read(base), add(read(start), read(v)));
  const merge = forLoop(v, least(int(size), sub(read(right), read(start))), [
    assign(
      fromLeft,
      binary(
        "and",
        compare("lt", read(a), read(middle)),
        binary("or", compare("ge", read(b), read(right)), compare("le", clamped(read(a)), clamped(read(b)))),
      ),
    ),
    assign(source, add(read(base), select(read(fromLeft), read(a), read(b)))),
    store(to.keys, place, load("u32", from.keys, read(source))),
    store(to.order, place, load("i32", from.order, read(source))),
    assign(a, add(read(a), select(read(fromLeft), int(1), int(0)))),
    assign(b, add(read(b), select(read(fromLeft), int(0), int(1)))),
  ]);
  pieces.piece(
    [
      [row, rows],
      [c, Math.ceil(n / size)],
    ],
    [
      assign(base, mul(read(row), int(n))),
      assign(start, mul(read(c), int(size))),
      assign(left, mul(binary("div", read(start), int(2 * run)), int(2 * run))),
      assign(middle, least(add(read(left), int(run)), n)),
      assign(right, least(add(read(left), int(2 * run)), n)),
      ...search,
      assign(a, add(read(left), read(low))),
      assign(b, add(read(middle), sub(diagonal, read(low)))),
      merge,
    ],
  );
}

/** Elements as u32 that compare as they do: NaN last and equal to each other, as are the zeros. */
export function sortable(dtype: DType, x: Expression): Expression {
  const word = (value: number): Expression => constant("u32", value);
  if (dtype === "bool") return convert("u32", x);
  const bits = reinterpret("u32", x);
  if (dtype === "u32") return bits;
  if (dtype === "i32") return binary("xor", bits, word(2 ** 31));
  const size = binary("and", bits, word(2 ** 31 - 1));
  const flipped = select(
    compare("eq", bits, size),
    binary("or", bits, word(2 ** 31)),
    binary("xor", bits, word(2 ** 32 - 1)),
  );
  const number = select(compare("eq", size, word(0)), word(2 ** 31), flipped);
  return select(compare("gt", size, word(0x7f800000)), word(2 ** 32 - 1), number);
}
