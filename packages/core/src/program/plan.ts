import type { Graph } from "../graph/graph.js";
import { align, bytesOf } from "../compiler/memory/plan.js";
import { MOST_ROUNDS, roundOf, withRounds } from "../compiler/loops/loopKernel.js";
import { procedureOf } from "../compiler/schedule.js";
import type { Kernel } from "../kernel/kernel.js";
import { lowerWith } from "../kernel/multiplyAdd.js";
import type { Procedure, Step } from "../kernel/procedure.js";
import { kernelWork } from "../backends/work.js";
import { ProgramError } from "./programError.js";

export interface ProgramLimits {
  /** Bytes of memory that a run may need: inputs, outputs and temporaries. 2^30 unless given; at most 2^31. */
  readonly maxBytes?: number;
  /**
   * Scalar operations that a run may take, as estimated from its loops. 10^12 unless given. How often a `whileLoop` runs is not known
   * in advance: it stops after as many rounds as would take all of them.
   */
  readonly maxFlops?: number;
}

/** Compares what a run would need, known from the schedule, with the limits. Nothing of it has been allocated yet. */
export function checkPlan(graph: Graph, fused: boolean, { maxBytes = 2 ** 30, maxFlops = 1e12 }: ProgramLimits): void {
  const procedure = lowerWith(fused, () => procedureOf(graph, "program"));
  const bytes = procedure.parameters.reduce((sum, p) => sum + bytesOf(p), align(procedure.frameBytes));
  demand(bytes, Math.min(maxBytes, 2 ** 31 - 2 ** 16), "bytes of memory", "maxBytes");
  demand(procedureWork(procedure, new Map(), maxFlops), maxFlops, "scalar operations", "maxFlops");
}

function demand(needed: number, limit: number, what: string, option: string): void {
  if (!(needed <= limit))
    throw new ProgramError(
      "limit",
      `Program.fromBytes: the program needs ${needed.toPrecision(3)} ${what}, the limit is ${limit}. Raise ${option} if you trust it.`,
    );
}

/** As long as each `while` runs once; each gets a limit of rounds that alone would take `most`. */
function procedureWork(procedure: Procedure, known: Map<Procedure, number>, most: number): number {
  let work = known.get(procedure);
  if (work === undefined) {
    const inner = (p: Procedure): number => procedureWork(p, known, most);
    work = procedure.steps.reduce((sum, step) => sum + stepWork(step, inner, most), 1);
    known.set(procedure, work);
  }
  return work;
}

function stepWork(step: Step, inner: (p: Procedure) => number, most: number): number {
  switch (step.kind) {
    case "kernel": {
      const { kernel } = step;
      const body = roundOf(kernel);
      if (body === undefined) return kernelWork(kernel);
      const round = kernelWork({ ...kernel, body });
      (step as { kernel: Kernel }).kernel = withRounds(kernel, roundsWithin(most, round, MOST_ROUNDS));
      return round;
    }
    case "copy":
      return step.bytes / 4;
    case "loop":
      return step.count * inner(step.body);
    case "while": {
      const round = inner(step.condition) + inner(step.body);
      // The procedure was made for this program and is not compiled yet.
      (step as { limit: number }).limit = roundsWithin(most, round, step.limit);
      return round;
    }
    case "host":
      return 0;
    case "switch":
      return Math.max(...step.branches.map(inner));
  }
}

const roundsWithin = (most: number, round: number, limit: number): number =>
  Math.max(1, Math.min(limit, Math.floor(most / round)));
