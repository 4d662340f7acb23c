import type { Kernel } from "../../kernel/kernel.js";
import type { HostStep } from "../../kernel/procedure.js";

/** A kernel made to run in parts: a last buffer, `block`, says which iterations of its outermost loop. */
export interface Division {
  readonly kernel: Kernel;
  /** Iterations of the outermost loop. */
  readonly extent: number;
  /** Where in a thread's own area each buffer lies, in bytes; -1 for those that all threads share. */
  readonly own: readonly number[];
  /** Size of that area. */
  readonly bytes: number;
}

/** A divided kernel's call, which the module leaves to the host. `number`: it is the export `k${number}`. */
export interface ParallelStep {
  readonly kind: "parallel";
  readonly division: Division;
  readonly number: number;
}

/** What the compiler and the runtime ask of threads (`threads/pool.ts`, reached by `init`). */
export interface Threading {
  readonly memory: WebAssembly.Memory;
  /** The kernel in a form that can be divided, if that is possible and worth it. */
  divide(kernel: Kernel): Division | undefined;
  /** What the threads' own areas take in a program with these steps. */
  bytesFor(steps: readonly (HostStep | ParallelStep)[]): number;
  /** Runs all parts and returns when they are done; `area` is where the threads' own areas start. */
  run(instance: WebAssembly.Instance, step: ParallelStep, addresses: readonly number[], area: number): void;
  /** Needed before `run`: the module of the instance. */
  know(instance: WebAssembly.Instance, module: WebAssembly.Module): void;
}

let present: Threading | undefined;
let asked = false;

/** The threads of this process, or undefined. Whoever asks has settled it: memory and modules differ. */
export function threading(): Threading | undefined {
  asked = true;
  return present;
}
export const isSettled = (): boolean => asked;
export function installThreading(threads: Threading): void {
  present = threads;
}
