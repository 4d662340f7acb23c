import type { TensorType } from "../../tensor/shape.js";
import type { Address, Command } from "./commands.js";
import type { Region } from "./gate.js";
import type { GpuMemory } from "./memory.js";
import type { Pipeline } from "./pipelines.js";

export type DispatchCommand = Extract<Command, { kind: "dispatch" }>;

/** A dispatch made ready: its shader, the memories it binds, and where the records of its calls lie. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  /** Which of `bindings`. */
  readonly bindings: number;
  readonly recordBytes: number;
  /** Its workgroups, in as many parts as keep each short. */
  readonly parts: readonly DispatchPart[];
  /** Seconds that a part may take. */
  readonly seconds: number;
}
export interface DispatchPart {
  readonly record: number;
  readonly groups: number;
}
/** Memories of the program that are bound together, and which of them are written. */
export interface Bindings {
  readonly memories: readonly number[];
  readonly written: readonly boolean[];
}

/** Bytes that records are apart from each other, as dynamic offsets must be. */
export const RECORD = 256;

/** What of a program is the same for each run. */
export interface ProgramPlan {
  readonly commands: readonly Command[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly dispatches: ReadonlyMap<DispatchCommand, Dispatch>;
  readonly bindings: readonly Bindings[];
  readonly regions: ReadonlyMap<Command, Region>;
  readonly gates: { readonly pipeline: Pipeline; readonly slots: GPUBuffer; readonly open: GPUBuffer } | undefined;
  /** Parameters that lie in the frame during a run, and where. */
  readonly staged: ReadonlyMap<number, number>;
  /** Where an address lies during a run. */
  readonly resolve: (address: Address) => Address;
  readonly groupOf: (bindings: Bindings, memories: readonly GpuMemory[]) => GPUBindGroup;
  readonly recordGroup: (bytes: number) => GPUBindGroup;
}
