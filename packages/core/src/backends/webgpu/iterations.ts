import { SCRATCH_GROUPS } from "./phases.js";

/** From so many iterations on, of which each is a thread's, a workgroup has 256 threads instead of 64: there are enough for all processors, and fewer to start. */
const MANY = 2 ** 16;

/** Which iterations of a grid a workgroup takes. */
interface Iterations {
  /** Threads of a workgroup, and how many workgroups there are. */
  readonly size: number;
  readonly groups: number;
  /** The head of the block that runs `row`, the number of an iteration. */
  readonly open: readonly string[];
  /** Whether a workgroup takes several, one after the other. */
  readonly repeats: boolean;
}

/** `threads`: 1 where an iteration is a thread's, else how many share one. `inStorage`: it has scratch in storage, of which there is not enough for all. */
export function iterationsOf(rows: number, threads: number, inStorage: boolean): Iterations {
  if (threads === 1) {
    const size = rows >= MANY ? 256 : 64;
    const open = [`let row = group * ${size}u + thread;`, `if (row < ${rows}u) {`];
    return { size, groups: Math.ceil(rows / size), open, repeats: false };
  }
  const groups = inStorage ? Math.min(rows, SCRATCH_GROUPS) : rows;
  const repeats = rows > groups;
  const open = repeats ? [`for (var row = group; row < ${rows}u; row += ${groups}u) {`] : ["let row = group;", "{"];
  return { size: threads, groups, open, repeats };
}
