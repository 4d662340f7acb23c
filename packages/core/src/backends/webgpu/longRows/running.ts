import {
  type Expression,
  binary,
  compare,
  int,
  load,
  add,
  mul,
  read,
  select,
  sub,
} from "../../../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../../../kernel/kernel.js";
import { index } from "../../../kernel/nest.js";
import type { DType } from "../../../tensor/dtype.js";
import { type Pieces, assignAll, least, locals, most, reads, shared, within } from "./pieces.js";
import { powerOfTwo } from "../phases.js";

/** A running operation along the middle axis of [outer, length, inner]. */
export interface Running {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Types of what is remembered. */
  readonly state: readonly DType[];
  /** What the element at k alone leaves to be remembered. Any k from 0 to length - 1 may be read, also twice. */
  readonly element: (at: At) => readonly Expression[];
  /** Of two neighbouring stretches. Associative up to rounding. */
  readonly join: (left: readonly Expression[], right: readonly Expression[]) => readonly Expression[];
  /** What is done with the state from the start to k. */
  readonly emit: (at: At, state: readonly Expression[]) => readonly Statement[];
}
export interface At {
  readonly outer: Expression;
  readonly k: Expression;
  readonly inner: Expression;
}

/** Threads of a workgroup, and elements that each walks by itself: 2,048 elements a workgroup, 16 bytes or so a thread and load. */
const THREADS = 256;
const WALK = 8;
/** What a thread walks where workgroups have nothing to share. */
const ALONE = 64;
const SOFTWARE_ALONE = 1024;

/**
 * Reduce, then scan (Merrill and Garland, "Single-pass parallel prefix scan with decoupled look-back", 2016, section 3.2, whose own method needs progress that WebGPU does not
 * promise): the states of blocks, those scanned in the same way, then each block once more from what lies before it. 3 passes over memory.
 * Which elements are joined in which order is fixed by the length.
 */
export function scanPieces(pieces: Pieces, running: Running): void {
  const { outer, length: n, inner, state, element, join, emit } = running;
  // Where neighbours in memory are not of one row, threads beside each other take one row each.
  const together = pieces.barriers && inner < 16 && n >= 64;
  const walk = together ? Math.min(WALK, Math.ceil(n / THREADS)) : pieces.barriers ? ALONE : SOFTWARE_ALONE;
  const threads = together ? Math.min(THREADS, powerOfTwo(Math.ceil(n / walk))) : 1;
  const size = threads * walk;
  const blocks = Math.ceil(n / size);

  const [o, b, i, t, j, step, d] = ["outer", "block", "inner", "t", "j", "step", "d"].map(index);
  const loops = [
    [o, outer],
    [b, blocks],
    [i, inner],
  ] as const;
  const start = index("start");
  const now = locals("state", state);
  const at = (k: Expression): At => ({ outer: read(o), k, inner: read(i) });
  /** A thread's own stretch; past the end it is garbage that nobody reads. */
  const stretch: Statement[] = [
    assign(start, add(mul(read(b), int(size)), mul(threads === 1 ? int(0) : read(t), int(walk)))),
    ...now.map((l, c) => assign(l, element(at(least(read(start), n - 1)))[c])),
  ];
  if (walk > 1)
    stretch.push(
      forLoop(j, walk - 1, [
        ...assignAll(now, join(reads(now), element(at(least(add(add(read(start), read(j)), int(1)), n - 1))))),
      ]),
    );
  const own = (length: number): number[] => state.map((dtype) => pieces.scratch(dtype, length));
  const at0 = (buffers: readonly number[], p: Expression): Expression[] => buffers.map((k, c) => load(state[c], k, p));
  const keep = (buffers: readonly number[], p: Expression, values: readonly Expression[]): Statement[] =>
    buffers.map((k, c) => store(k, p, values[c]));

  const before = blocks === 1 ? [] : state.map((dtype) => pieces.scratch(dtype, outer * blocks * inner));
  const blockAt = (p: At): Expression => within(within(p.outer, blocks, p.k), inner, p.inner);
  if (blocks > 1) {
    const slot = blockAt(at(read(b)));
    if (threads === 1) pieces.piece(loops, [...stretch, ...keep(before, slot, reads(now))]);
    else {
      // Neighbouring stretches in pairs, pairs of those, ...
      const sums = own(threads);
      const [right, joined] = [index("right"), locals("joined", state)];
      const values = join(at0(sums, sub(read(right), read(d))), at0(sums, read(right)));
      const body: Statement[] = [
        shared(t, int(threads), [...stretch, ...keep(sums, read(t), reads(now))]),
        forLoop(step, Math.log2(threads), [
          assign(d, binary("shl", int(1), read(step))),
          shared(t, binary("shr", int(threads / 2), read(step)), [
            assign(right, sub(mul(binary("shl", add(read(t), int(1)), int(1)), read(d)), int(1))),
            ...joined.map((l, c) => assign(l, values[c])),
            ...keep(sums, read(right), reads(joined)),
          ]),
        ]),
      ];
      pieces.piece(loops, [...body, ...keep(before, slot, at0(sums, int(threads - 1)))]);
    }
    scanPieces(pieces, {
      ...running,
      length: blocks,
      element: (p) => at0(before, blockAt(p)),
      emit: (p, values) => keep(before, blockAt(p), values),
    });
  }

  // `has` is 0 while nothing lies before.
  const has = index("has");
  const [k, from] = ["k", "from"].map(index);
  const extent = least(int(walk), sub(int(n), read(from)));
  const beforeBlock = at0(before, blockAt(at(most(sub(read(b), int(1)), 0))));
  const first = locals("element", state);
  const values = join(reads(now), reads(first));
  const some = compare("ne", read(has), int(0));
  const walkOn = forLoop(j, extent, [
    assign(k, add(read(from), read(j))),
    ...first.map((l, c) => assign(l, element(at(read(k)))[c])),
    ...assignAll(
      now,
      values.map((v, c) => select(some, v, read(first[c]))),
    ),
    assign(has, int(1)),
    ...emit(at(read(k)), reads(now)),
  ]);
  const begin = (position: Expression): Statement => assign(from, add(mul(read(b), int(size)), position));
  if (threads === 1) {
    const carried: Statement[] =
      blocks === 1
        ? [assign(has, int(0)), ...now.map((l) => assign(l, zero(l.dtype)))]
        : [assign(has, least(read(b), 1)), ...now.map((l, c) => assign(l, beforeBlock[c]))];
    pieces.piece(loops, [begin(int(0)), ...carried, walkOn]);
    return;
  }
  // Each stretch joined with that d before it, then 2 d, ... (Hillis and Steele), from one half of the scratch into the other.
  const sums = own(2 * threads);
  const [here, there, joined] = ["here", "there", "joined"].map((name) => locals(name, state));
  const half = (s: Expression): Expression => mul(binary("and", s, int(1)), int(threads));
  const [from1, to1] = [half(read(step)), half(add(read(step), int(1)))];
  const both = join(reads(there), reads(here));
  const reaches = compare("ge", read(t), read(d));
  const steps = Math.log2(threads);
  const body: Statement[] = [
    shared(t, int(threads), [...stretch, ...keep(sums, read(t), reads(now))]),
    forLoop(step, steps, [
      assign(d, binary("shl", int(1), read(step))),
      shared(t, int(threads), [
        ...here.map((l, c) => assign(l, at0(sums, add(from1, read(t)))[c])),
        ...there.map((l, c) => assign(l, at0(sums, add(from1, most(sub(read(t), read(d)), 0)))[c])),
        ...joined.map((l, c) => assign(l, select(reaches, both[c], read(here[c])))),
        ...keep(sums, add(to1, read(t)), reads(joined)),
      ]),
    ]),
  ];
  const left = locals("left", state);
  const previous: Statement[] = left.map((l, c) =>
    assign(l, at0(sums, add(half(int(steps)), most(sub(read(t), int(1)), 0)))[c]),
  );
  const carry = locals("carry", state);
  const whole = join(reads(carry), reads(left));
  const inBlock = compare("gt", read(t), int(0));
  const prefix: Statement[] =
    blocks === 1
      ? [assign(has, least(read(t), 1)), ...now.map((l, c) => assign(l, read(left[c])))]
      : [
          assign(has, least(add(read(t), read(b)), 1)),
          ...carry.map((l, c) => assign(l, beforeBlock[c])),
          ...now.map((l, c) =>
            assign(l, select(compare("gt", read(b), int(0)), select(inBlock, whole[c], read(carry[c])), read(left[c]))),
          ),
        ];
  body.push(shared(t, int(threads), [begin(mul(read(t), int(walk))), ...previous, ...prefix, walkOn]));
  pieces.piece(loops, body);
}

const zero = (dtype: DType): Expression => ({ kind: "constant", dtype, value: 0 });
