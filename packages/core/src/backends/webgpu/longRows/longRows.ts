import type { Equation } from "../../../graph/graph.js";
import type { Kernel } from "../../../kernel/kernel.js";
import { assign, ifElse, store } from "../../../kernel/kernel.js";
import {
  type Expression,
  add,
  binary,
  compare,
  constant,
  int,
  load,
  read,
  select,
  sub,
  unary,
  convert,
} from "../../../kernel/expression.js";
import { buffersOf, index } from "../../../kernel/nest.js";
import type { DType } from "../../../tensor/dtype.js";
import { type Shape, sizeOf } from "../../../tensor/shape.js";
import type { ShaderFacts } from "../phases.js";
import { sortPieces, sortable } from "./ordered.js";
import { Pieces, least, most, within } from "./pieces.js";
import { type At, type Running, scanPieces } from "./running.js";

/** Rows shorter than this are one thread's work, as on the CPU. */
const LONG = 64;
const SOFTWARE_LONG = 1024;
/** So many rows keep a GPU busy, if they lie beside each other in memory. */
const BUSY = 4096;
const SOFTWARE_BUSY = 64;

type Along = { readonly axis: number; readonly reverse: boolean };
type Inputs = readonly { readonly shape: Shape; readonly dtype: DType }[];

/**
 * Kernels for operations that walk long rows one element after the other on a CPU: several dispatches, in which all of a row is worked on at once. Undefined
 * where the CPU's kernel will do.
 */
export function longRowsKernel(
  { primitive, inputs, outputs, params }: Equation,
  facts: ShaderFacts,
): Kernel | undefined {
  // A quarter of the memory, as `phasesOf` allows.
  const open: Open = (own) => new Pieces(own, facts.barriers, facts.workgroupMemory / 4);
  const pieces = makers.get(primitive.name)?.(inputs, outputs, params as never, open);
  return pieces === undefined ? undefined : { name: primitive.name, buffers: pieces.buffers, body: pieces.body };
}

type Open = (buffers: Kernel["buffers"]) => Pieces;
type Maker = (inputs: Inputs, outputs: Inputs, params: never, open: Open) => Pieces | undefined;

/** Whether rows of this length are to be worked on at once. `inner` rows lie beside each other. */
function isLong(pieces: Pieces, rows: number, length: number, inner = 1): boolean {
  if (pieces.barriers) return length >= LONG && (inner < 16 || rows < BUSY);
  return length >= SOFTWARE_LONG && rows < SOFTWARE_BUSY;
}

/** A running operation along an axis: `state` and `join` as in `Running`. */
interface Parts extends Pick<Running, "state" | "join"> {
  /** What the element at an index of the inputs leaves; `position` is its place along the axis. */
  readonly element: (at: Expression, position: Expression) => readonly Expression[];
  /** Which of a state is the result. */
  readonly result: number;
}
function running<P extends Along>(parts: (inputs: Inputs, params: P) => Parts): Maker {
  return (inputs: Inputs, outputs: Inputs, params: P, open: Open) => {
    const { axis, reverse } = params;
    const { shape } = inputs[0];
    const [outer, n, inner] = [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
    const pieces = open(buffersOf(inputs as never, outputs as never));
    if (!isLong(pieces, outer * inner, n, inner)) return undefined;
    const { state, join, element, result } = parts(inputs, params);
    const position = ({ k }: At): Expression => (reverse ? sub(int(n - 1), k) : k);
    const place = (at: At): Expression => within(within(at.outer, n, position(at)), inner, at.inner);
    scanPieces(pieces, {
      outer,
      length: n,
      inner,
      state,
      join,
      element: (at) => element(place(at), position(at)),
      emit: (at, values) => [store(inputs.length, place(at), values[result])],
    });
    return pieces;
  };
}

/** By the names of primitives: to name themselves would keep them in programs that use none. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  [
    "cumsum",
    running(([{ dtype }]) => ({
      state: [dtype],
      // From 0, so that a first -0 is 0.
      element: (at) => [add(constant(dtype, 0), load(dtype, 0, at))],
      join: ([a], [b]) => [add(a, b)],
      result: 0,
    })),
  ],
  [
    "linearRecurrence",
    running(([{ dtype, shape }], { axis, reverse }) => recurrence(dtype, reverse ? shape[axis] - 1 : 0)),
  ],
  [
    "cumulativeArgExtremum",
    running<Along & { largest: boolean }>(([{ dtype }], { largest }) => ({
      state: [dtype, "i32"],
      element: (at, position) => [load(dtype, 0, at), position],
      join: ([best, where], [value, position]) => {
        const isNaN = compare("ne", best, best);
        const stays = binary("or", isNaN, compare(largest ? "lt" : "gt", value, best));
        return [select(stays, best, value), select(stays, where, position)];
      },
      result: 1,
    })),
  ],
  [
    "argsort",
    ([x], outputs, _params, open) => {
      const length = x.shape[x.shape.length - 1];
      const rows = length === 0 ? 0 : sizeOf(x.shape) / length;
      const pieces = open(buffersOf([x], outputs as never));
      // Sorting alone is so much work that the number of rows does not matter.
      if (length <= LONG || (!pieces.barriers && length < 4096 && rows >= SOFTWARE_BUSY)) return undefined;
      sortPieces(pieces, { rows, length, key: (at) => sortable(x.dtype, load(x.dtype, 0, at)) }, 1);
      return pieces;
    },
  ],
  ["scatterAdd", scatter(add)],
  ["scatterMax", scatter((a, b) => binary("max", a, b))],
  ["scatterMin", scatter((a, b) => binary("min", a, b))],
]);

/**
 * h[k] = a[k] h[k-1] + b[k]. A stretch maps what lies before it to A h + B. In f32 A = m 2^e, 1 <= |m| < 2, so that products of many factors neither overflow nor vanish while
 * what they are applied to does not: 0 times them stays 0. What reaches the start, at `first`, has A = 0; elsewhere B = 0 may only say that nothing was added, and an
 * infinite factor does not make it NaN.
 */
function recurrence(dtype: DType, first: number): Parts {
  const given = (at: Expression): Expression[] => [load(dtype, 0, at), load(dtype, 1, at)];
  if (dtype !== "f32")
    return {
      state: [dtype, dtype],
      element: given,
      join: ([a, b], [c, d]) => [binary("mul", a, c), add(binary("mul", c, b), d)],
      result: 1,
    };
  const float = (x: number): Expression => constant("f32", x);
  const power = (e: Expression): Expression => unary("pow2", convert("f32", e));
  const clamped = (e: Expression): Expression => least(most(e, -126), 126);
  return {
    state: ["f32", "i32", "f32"],
    element: (at, position) => {
      const [factor, b] = given(at);
      const a = select(compare("eq", position, int(first)), float(0), factor);
      const size = unary("abs", a);
      const normal = binary(
        "and",
        compare("ge", size, float(2 ** -126)),
        compare("le", size, float(3.4028234663852886e38)),
      );
      return [
        select(normal, binary("copysign", unary("mantissa", size), a), a),
        select(normal, convert("i32", unary("exponent", size)), int(0)),
        b,
      ];
    },
    join: ([m, e, b], [n, f, d]) => {
      const product = binary("mul", m, n);
      const big = compare("ge", unary("abs", product), float(2));
      // 2^f in three factors; beyond them all is 0 or infinite.
      const one = clamped(f);
      const two = clamped(sub(f, one));
      const three = clamped(sub(sub(f, one), two));
      // The first before n, so that what overflows or vanishes would do so in the end.
      const moved = [binary("mul", b, power(one)), n, power(two), power(three)].reduce((x, y) => binary("mul", x, y));
      return [
        select(big, binary("mul", product, float(0.5)), product),
        add(add(e, f), select(big, int(1), int(0))),
        select(binary("and", compare("eq", b, float(0)), compare("ne", m, float(0))), d, add(moved, d)),
      ];
    },
    result: 2,
  };
}

/**
 * Updates in the order of their indices, those with one index joined by a running operation that starts anew with each; the last of them holds all, and
 * goes to its place. Other sums than one after the other, but the same in each run.
 */
function scatter(merge: (old: Expression, update: Expression) => Expression): Maker {
  return ([x, indices, u], [y], { batchDims }: { batchDims: number }, open) => {
    const outer = sizeOf(x.shape.slice(0, batchDims));
    const n = x.shape[batchDims];
    const inner = sizeOf(x.shape.slice(batchDims + 1));
    const count = sizeOf(indices.shape.slice(batchDims));
    const pieces = open(buffersOf([indices, u] as never, [y] as never));
    // A CPU that plays the GPU adds one after the other faster than it sorts.
    if (!pieces.barriers || !isLong(pieces, outer, count)) return undefined;
    const { keys, order } = sortPieces(pieces, {
      rows: outer,
      length: count,
      key: (at) => sortable("i32", load("i32", 0, at)),
    });
    const rowAt = (at: At, k: Expression): Expression => within(at.outer, count, k);
    const keyAt = (at: At, k: Expression): Expression => load("u32", keys, rowAt(at, k));
    scanPieces(pieces, {
      outer,
      length: count,
      inner,
      state: ["i32", x.dtype],
      element: (at) => {
        const other = compare("ne", keyAt(at, at.k), keyAt(at, most(sub(at.k, int(1)), 0)));
        const from = rowAt(at, load("i32", order, rowAt(at, at.k)));
        return [select(other, int(1), int(0)), load(x.dtype, 1, within(from, inner, at.inner))];
      },
      join: ([starts, value], [anew, more]) => [
        binary("or", starts, anew),
        select(compare("ne", anew, int(0)), more, merge(value, more)),
      ],
      emit: (at, [, value]) => {
        const to = index("to");
        const target = within(within(at.outer, n, read(to)), inner, at.inner);
        const last = binary(
          "or",
          compare("eq", at.k, int(count - 1)),
          compare("ne", keyAt(at, at.k), keyAt(at, least(add(at.k, int(1)), count - 1))),
        );
        const isInside = binary("and", compare("ge", read(to), int(0)), compare("lt", read(to), int(n)));
        return [
          assign(to, load("i32", 0, rowAt(at, load("i32", order, rowAt(at, at.k))))),
          ifElse(binary("and", last, isInside), [store(2, target, merge(load(x.dtype, 2, target), value))]),
        ];
      },
    });
    return pieces;
  };
}
