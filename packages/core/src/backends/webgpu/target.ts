import type { Grouping } from "../../compiler/fuse/group.js";
import type { Target } from "../../compiler/target.js";
import type { Equation } from "../../graph/graph.js";
import type { Kernel } from "../../kernel/kernel.js";
import { joined } from "./epilogue.js";
import { longRowsKernel } from "./longRows/longRows.js";
import { overlapAddKernel } from "./overlapAdd.js";
import { PATIENCE, secondsOf } from "./workload.js";
import { type Phased, type ShaderFacts, phasesOf } from "./phases.js";

/** What the scheduler of the compiler asks of the GPU: how kernels are cut into dispatches, and which scratch that takes. */
export interface GpuTarget extends Target {
  readonly phased: (kernel: Kernel) => Phased;
  /** Whether a single workgroup of it would be busy for too long. */
  readonly isLong: (phased: Phased) => boolean;
}

/** A dispatch costs more than a pass over a small result; but few long rows would leave most of a GPU idle. */
const grouping: Grouping = {
  shared: 0,
  shortestRow: 1,
  longestRow: (rows) => (rows >= 64 ? 65_536 : 4096),
  small: 0,
};

/** @param patience seconds that a workgroup may take. */
export function targetOf(facts: ShaderFacts, piece: number, patience: number = PATIENCE): GpuTarget {
  /** Kernels are cut once, however often they are called. */
  const known = new WeakMap<Kernel, Phased>();
  const phased = (kernel: Kernel): Phased => {
    let found = known.get(kernel);
    if (found === undefined) {
      found = phasesOf(kernel, facts);
      known.set(kernel, found);
      // The kernel as the scheduler places it is asked for again when it is called.
      known.set(found.kernel, found);
    }
    return found;
  };
  const isLong = (p: Phased): boolean => p.phases.some((phase) => secondsOf(p, phase).group > patience);
  const instead = (e: Equation): Kernel | undefined => longRowsKernel(e, facts) ?? overlapAddKernel(e);
  return {
    phased,
    isLong,
    piece,
    instead,
    prepare: (kernel) => phased(kernel).kernel,
    wholeSums: true,
    grouping,
    joined,
  };
}
