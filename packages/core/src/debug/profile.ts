import { counters } from "../backends/counters.js";

export interface Profile<T> {
  readonly result: T;
  /** Calls from JS into wasm. A jitted call is one, whatever its loops. */
  readonly wasmCalls: number;
  /** Kernels run by the interpreter: tiny eager operations, or everything where wasm is forbidden. */
  readonly interpretedKernels: number;
}

/** Runs `body` and counts what the CPU backend did for it. */
export function profile<T>(body: () => T): Profile<T> {
  const before = { ...counters };
  const result = body();
  return {
    result,
    wasmCalls: counters.wasmCalls - before.wasmCalls,
    interpretedKernels: counters.interpretedKernels - before.interpretedKernels,
  };
}
