import type { Kernel } from "../../kernel/kernel.js";
import type { BufferType, LoopArgument, Place, Procedure, Step } from "../../kernel/procedure.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import { compileKernelToClosures } from "./interpretKernel.js";

/** Where a procedure runs: one memory, the byte address of its frame, and those of its parameters. */
interface Activation {
  readonly memory: ArrayBuffer;
  readonly frame: number;
  readonly parameters: readonly number[];
}

/**
 * Runs all steps of a procedure over one memory, by byte addresses.
 *
 * @param frame address of `procedure.frameBytes` bytes, a multiple of 16.
 * @param parameters the address of each parameter: inputs first, then outputs.
 */
export function interpretProcedure(
  procedure: Procedure,
  memory: ArrayBufferLike,
  frame: number,
  parameters: readonly number[],
): void {
  // Typed-array constructors take shared memory as well; `dtypes[...].view` is declared for the common case.
  const at: Activation = { memory: memory as ArrayBuffer, frame, parameters };
  for (const step of procedure.steps) runStep(step, at);
}

const address = (at: Activation, place: Place): number =>
  (place.kind === "frame" ? at.frame : at.parameters[place.index]) + place.byteOffset;

function argumentAddress(at: Activation, argument: LoopArgument, i: number): number {
  switch (argument.kind) {
    case "fixed":
      return address(at, argument.place);
    case "stride":
      return address(at, argument.place) + i * argument.bytes;
    case "swap":
      return address(at, i % 2 === 0 ? argument.place : argument.other);
  }
}

function runStep(step: Step, at: Activation): void {
  const call = (
    body: Procedure,
    args: readonly LoopArgument[],
    frame: Place,
    i: number,
    extra: readonly number[],
  ): void =>
    interpretProcedure(body, at.memory, address(at, frame), [...args.map((a) => argumentAddress(at, a, i)), ...extra]);

  switch (step.kind) {
    case "kernel":
      return compileKernelToClosures(step.kernel)(viewsOf(step.kernel, step.buffers, at));
    case "copy": {
      const from = address(at, step.from);
      new Uint8Array(at.memory).copyWithin(address(at, step.to), from, from + step.bytes);
      return;
    }
    case "loop":
      for (let i = 0; i < step.count; i++) call(step.body, step.arguments, step.frame, i, []);
      return;
    case "while": {
      const predicate = address(at, step.predicate);
      for (let i = 0; i < step.limit; i++) {
        call(step.condition, step.conditionArguments, step.frame, i, [predicate]);
        if (new Int32Array(at.memory, predicate, 1)[0] === 0) return;
        call(step.body, step.bodyArguments, step.frame, i, []);
      }
      return;
    }
    case "host":
      return step.call(step.types.map((t, k) => viewOf(t, step.buffers[k], at).slice()));
    case "switch": {
      const index = new Int32Array(at.memory, address(at, step.index), 1)[0];
      const branch = step.branches[Math.max(0, Math.min(index, step.branches.length - 1))];
      if (branch === undefined) throw new Error("interpretProcedure: a switch without branches.");
      interpretProcedure(
        branch,
        at.memory,
        address(at, step.frame),
        step.arguments.map((p) => address(at, p)),
      );
      return;
    }
  }
}

function viewsOf(kernel: Kernel, places: readonly Place[], at: Activation): Storage[] {
  return kernel.buffers.map((t, k) => viewOf(t, places[k], at));
}
const viewOf = ({ dtype, length }: BufferType, place: Place, at: Activation): Storage =>
  dtypes[dtype].view(at.memory, address(at, place), length);
