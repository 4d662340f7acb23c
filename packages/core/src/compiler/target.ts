import type { Equation } from "../graph/graph.js";
import type { Kernel } from "../kernel/kernel.js";
import type { Work } from "./fuse/calls.js";
import type { Grouping } from "./fuse/group.js";
import type { Simplified } from "./simplify/simplify.js";

/** What a machine other than the CPU asks of the schedule. */
export interface Target {
  /** A better kernel for it there, over the same buffers but for scratch, if there is one. */
  readonly instead: (e: Equation) => Kernel | undefined;
  /** The kernel with the scratch that it takes there. */
  readonly prepare: (kernel: Kernel) => Kernel;
  /** Bytes of memory in one piece. */
  readonly piece: number;
  /** Sums are left whole: the machine cuts them. */
  readonly wholeSums: boolean;
  /** When several results are worth one kernel. */
  readonly grouping: Grouping;
  /** The same work in fewer calls. */
  readonly joined: (work: readonly Work[], simplified: Simplified) => readonly Work[];
}
