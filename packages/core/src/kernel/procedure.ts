import type { DType, Storage } from "../tensor/dtype.js";
import type { Kernel } from "./kernel.js";

/**
 * A procedure: the calls that a compiled graph makes, in order, over buffers whose place is decided. It contains no
 * arithmetic: that is in the kernels. It is what both CPU backends run; wasm turns each procedure into one function that holds only calls.
 *
 * A buffer is either a parameter (an address given by the caller) or lies at a byte offset of the procedure's frame
 * (also an address given by the caller). Offsets are multiples of 16.
 */
export interface Procedure {
  readonly name: string;
  /** Addresses passed by the caller: inputs first, then outputs. */
  readonly parameters: readonly BufferType[];
  readonly steps: readonly Step[];
  /** Bytes of frame needed, those of the procedures it calls included. */
  readonly frameBytes: number;
}

export interface BufferType {
  readonly dtype: DType;
  readonly length: number;
}

/** Where a buffer starts. */
export type Place =
  | { readonly kind: "parameter"; readonly index: number; readonly byteOffset: number }
  | { readonly kind: "frame"; readonly byteOffset: number };

export type Step =
  | { readonly kind: "kernel"; readonly kernel: Kernel; readonly buffers: readonly Place[] }
  | { readonly kind: "copy"; readonly from: Place; readonly to: Place; readonly bytes: number }
  | {
      /**
       * Runs `body` for i = 0 ... count - 1. Argument k of the body is at
       *   fixed:  `place`;
       *   stride: `place` + i * bytes (a negative stride walks backwards, `place` being the last element);
       *   swap:   `place` when i is even, `other` when it is odd (the two halves of a double-buffered carry).
       */
      readonly kind: "loop";
      readonly count: number;
      readonly body: Procedure;
      readonly arguments: readonly LoopArgument[];
      /** Frame of the body, inside this procedure's own frame. */
      readonly frame: Place;
    }
  | {
      /** Runs `condition` (its last parameter, `predicate`, is a one-element i32 buffer that it writes; `conditionArguments` are the others), and while that is not 0 the body. `limit` bounds the rounds. */
      readonly kind: "while";
      readonly condition: Procedure;
      readonly conditionArguments: readonly LoopArgument[];
      readonly predicate: Place;
      readonly body: Procedure;
      readonly bodyArguments: readonly LoopArgument[];
      readonly frame: Place;
      readonly limit: number;
    }
  | {
      /** Runs branches[clamp(i32 at `index`, 0, branches.length - 1)], all with the same arguments. */
      readonly kind: "switch";
      readonly index: Place;
      readonly branches: readonly Procedure[];
      readonly arguments: readonly Place[];
      readonly frame: Place;
    }
  | HostStep;

/** Calls a function of the host with copies of the buffers, at this point of the order. */
export interface HostStep {
  readonly kind: "host";
  readonly buffers: readonly Place[];
  readonly types: readonly BufferType[];
  readonly call: (storages: readonly Storage[]) => void;
}

export type LoopArgument =
  | { readonly kind: "fixed"; readonly place: Place }
  | { readonly kind: "stride"; readonly place: Place; readonly bytes: number }
  | { readonly kind: "swap"; readonly place: Place; readonly other: Place };
