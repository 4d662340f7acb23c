import type { Expression } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { mostRounds } from "../../kernel/mostRounds.js";
import { sizeOf } from "../../tensor/shape.js";
import { effectsOf, operands } from "../../kernel/traverse.js";
import { MOST_GROUPS } from "./shader.js";
import { type Phase, type Phased, SCRATCH_GROUPS, sizeOfGrid } from "./phases.js";

/*
 * How long a dispatch may take. Windows resets a GPU that works on one submission for 2 s, and other systems have such limits too: what would come near is divided. The estimate is
 * that of a weak GPU, one on the processor's own chip, so that it is too long for all others, which costs a submission more here and there.
 */

/** Simple operations a second of one thread: one in some ten cycles, as memory is waited for. */
const OF_A_THREAD = 1e8;
/** Of all threads together. */
const OF_ALL = 1e11;
/** Rounds of a loop whose end is computed. */
const UNKNOWN = 64;
/** A load takes as long as so many operations. */
const LOAD = 4;

/** Seconds of GPU work in a submission: a quarter of what is allowed. */
export const LONGEST = 0.5;
/** Seconds of a single workgroup, which cannot be divided: what would take longer is better off on the CPU. */
export const PATIENCE = 2;

const costOf = (e: Expression): number =>
  operands(e).reduce((sum, x) => sum + costOf(x), e.kind === "load" ? LOAD : e.kind === "constant" ? 0 : 1);

/** Operations of one of `threads` threads. */
function operationsOf(body: readonly Statement[], threads: number, most: ReadonlyMap<Statement, number>): number {
  const rounds = (s: Statement): number => most.get(s) ?? UNKNOWN;
  const inside = (statements: readonly Statement[], by: number): number => operationsOf(statements, by, most);
  const share = (n: number): number => Math.ceil(n / threads);
  return body.reduce((sum, s) => {
    switch (s.kind) {
      case "assign":
        return sum + costOf(s.value);
      case "store":
        return sum + LOAD + costOf(s.index) + costOf(s.value);
      case "for":
        return s.mode === "serial"
          ? sum + rounds(s) * (1 + inside(s.body, threads))
          : sum + share(rounds(s)) * (1 + inside(s.body, 1));
      case "while":
        return sum + UNKNOWN * (costOf(s.condition) + inside(s.body, threads));
      case "if":
        return sum + costOf(s.condition) + Math.max(inside(s.then, threads), inside(s.otherwise, threads));
      case "reduce":
        return (
          sum + share(rounds(s)) * (1 + inside(s.body, 1) + s.accumulators.reduce((n, a) => n + costOf(a.step), 0))
        );
    }
  }, 0);
}

interface Seconds {
  /** Of the whole phase. */
  readonly all: number;
  /** Of one of its workgroups, which cannot be divided. */
  readonly group: number;
}
/** Loops are written out: the same phase is asked about for each of their rounds. */
const known = new WeakMap<Phase, Seconds>();

/** Seconds that a phase takes at most. */
export function secondsOf(phased: Phased, phase: Phase): Seconds {
  let seconds = known.get(phase);
  if (seconds === undefined) known.set(phase, (seconds = estimateOf(phased, phase)));
  return seconds;
}

function estimateOf({ own }: Phased, { grid, body, threads, product }: Phase): Seconds {
  if (product !== undefined) {
    const { batch, rows, columns, contracted } = product;
    return {
      all: [batch, rows, columns, contracted].reduce((n, { sizes }) => n * sizeOf(sizes), 2) / OF_ALL,
      group: 0,
    };
  }
  const rows = sizeOfGrid(grid);
  const indices = grid.map((g) => [g.index, g.extent] as const);
  const each = operationsOf(body, threads, mostRounds(body, indices));
  // Those whose scratch lies in storage take several rows, one after the other.
  const inStorage = [...effectsOf(body).stored].some((k) => own.get(k)?.place === "storage");
  const group = ((inStorage ? Math.ceil(rows / SCRATCH_GROUPS) : 1) * each) / OF_A_THREAD;
  return { all: Math.max(group, (each * threads * rows) / OF_ALL), group };
}

/** Workgroups in ranges [first, count] that take about `longest` each, if not a single one takes longer. Those that are folded into two dimensions are full there: what follows a range belongs to the next. */
export function rangesOf(groups: number, seconds: number, longest: number): (readonly [number, number])[] {
  const parts = Math.min(groups, Math.max(1, Math.ceil(seconds / longest)));
  const even = Math.ceil(groups / parts);
  const size = parts > 1 && even > MOST_GROUPS ? Math.ceil(even / MOST_GROUPS) * MOST_GROUPS : even;
  return Array.from({ length: Math.ceil(groups / size) }, (_, k) => [k * size, Math.min(size, groups - k * size)]);
}
