import type { Kernel } from "../../kernel/kernel.js";
import { forLoop, store } from "../../kernel/kernel.js";
import { load, read } from "../../kernel/expression.js";
import { index } from "../../kernel/nest.js";
import type { HostStep, LoopArgument, Place, Procedure, Step } from "../../kernel/procedure.js";
import type { GpuTarget } from "./target.js";
import type { Phase, Phased } from "./phases.js";

/** Bytes of a program's memory: memory 0 is its frame, memory 1 + p parameter p. */
export interface Address {
  readonly memory: number;
  readonly byteOffset: number;
}

/** A procedure with its calls and loops written out. What only the GPU knows (when a loop ends, which branch is taken) stays open. */
export type Command =
  | { readonly kind: "dispatch"; readonly phased: Phased; readonly phase: Phase; readonly at: readonly Address[] }
  | {
      /** Runs `condition`, which writes the i32 at `predicate`, and while that is not 0 `body`. */
      readonly kind: "while";
      readonly condition: readonly Command[];
      readonly predicate: Address;
      readonly body: readonly Command[];
      readonly limit: number;
    }
  | { readonly kind: "switch"; readonly index: Address; readonly branches: readonly (readonly Command[])[] }
  | { readonly kind: "host"; readonly step: HostStep; readonly at: readonly Address[] }
  /** A kernel that would keep one workgroup busy for too long: the CPU runs it. */
  | { readonly kind: "cpu"; readonly kernel: Kernel; readonly at: readonly Address[] };

export const FRAME = 0;

/** commandsOf : Procedure -> commands, with loops of known length unrolled: a dispatch costs a microsecond or two, whoever encodes it. */
export function commandsOf(procedure: Procedure, target: GpuTarget): Command[] {
  const out: Command[] = [];
  const parameters = procedure.parameters.map((_, p): Address => ({ memory: 1 + p, byteOffset: 0 }));
  flatten(procedure, { frame: { memory: FRAME, byteOffset: 0 }, parameters }, target, out);
  return out;
}

interface Activation {
  readonly frame: Address;
  readonly parameters: readonly Address[];
}

const shifted = ({ memory, byteOffset }: Address, bytes: number): Address => ({
  memory,
  byteOffset: byteOffset + bytes,
});
const addressOf = (at: Activation, place: Place): Address =>
  shifted(place.kind === "frame" ? at.frame : at.parameters[place.index], place.byteOffset);

function argumentOf(at: Activation, argument: LoopArgument, i: number): Address {
  switch (argument.kind) {
    case "fixed":
      return addressOf(at, argument.place);
    case "stride":
      return shifted(addressOf(at, argument.place), i * argument.bytes);
    case "swap":
      return addressOf(at, i % 2 === 0 ? argument.place : argument.other);
  }
}

function flatten(procedure: Procedure, at: Activation, target: GpuTarget, out: Command[]): void {
  for (const step of procedure.steps) flattenStep(step, at, target, out);
}

function flattenStep(step: Step, at: Activation, target: GpuTarget, out: Command[]): void {
  const called = (
    body: Procedure,
    args: readonly LoopArgument[],
    frame: Place,
    more: readonly Address[] = [],
  ): Command[] => {
    const inside: Command[] = [];
    const parameters = [...args.map((a) => argumentOf(at, a, 0)), ...more];
    flatten(body, { frame: addressOf(at, frame), parameters }, target, inside);
    return inside;
  };
  switch (step.kind) {
    case "kernel": {
      const phased = target.phased(step.kernel);
      const places = step.buffers.map((p) => addressOf(at, p));
      if (target.isLong(phased)) out.push({ kind: "cpu", kernel: step.kernel, at: places });
      else for (const phase of phased.phases) out.push({ kind: "dispatch", phased, phase, at: places });
      break;
    }
    case "copy": {
      const phased = target.phased(copyKernel(step.bytes / 4));
      out.push({
        kind: "dispatch",
        phased,
        phase: phased.phases[0],
        at: [addressOf(at, step.from), addressOf(at, step.to)],
      });
      break;
    }
    case "loop":
      for (let i = 0; i < step.count; i++)
        flatten(
          step.body,
          { frame: addressOf(at, step.frame), parameters: step.arguments.map((a) => argumentOf(at, a, i)) },
          target,
          out,
        );
      break;
    case "while": {
      const predicate = addressOf(at, step.predicate);
      out.push({
        kind: "while",
        condition: called(step.condition, step.conditionArguments, step.frame, [predicate]),
        predicate,
        body: called(step.body, step.bodyArguments, step.frame),
        limit: step.limit,
      });
      break;
    }
    case "switch": {
      const args = step.arguments.map((place): LoopArgument => ({ kind: "fixed", place }));
      out.push({
        kind: "switch",
        index: addressOf(at, step.index),
        branches: step.branches.map((branch) => called(branch, args, step.frame)),
      });
      break;
    }
    case "host":
      out.push({ kind: "host", step, at: step.buffers.map((p) => addressOf(at, p)) });
      break;
  }
}

const copies = new Map<number, Kernel>();
/** Copies words. A command of its own could not stand between the dispatches of one pass. */
function copyKernel(words: number): Kernel {
  let kernel = copies.get(words);
  if (kernel === undefined) {
    const i = index("i");
    const buffer = { dtype: "u32", length: words } as const;
    kernel = {
      name: "copy",
      buffers: [
        { ...buffer, access: "in" },
        { ...buffer, access: "out" },
      ],
      body: [forLoop(i, words, [store(1, read(i), load("u32", 0, read(i)))], "lanes")],
    };
    if (copies.size > 256) copies.clear();
    copies.set(words, kernel);
  }
  return kernel;
}

/** Visits all dispatches, nested ones included. */
export function visitDispatches(
  commands: readonly Command[],
  see: (d: Extract<Command, { kind: "dispatch" }>) => void,
): void {
  for (const c of commands)
    if (c.kind === "dispatch") see(c);
    else if (c.kind === "while") [c.condition, c.body].forEach((inner) => visitDispatches(inner, see));
    else if (c.kind === "switch") c.branches.forEach((inner) => visitDispatches(inner, see));
}
