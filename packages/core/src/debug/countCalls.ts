import { counters } from "../backends/counters.js";

export interface CallCounts<T> {
  readonly result: T;
  /** Calls from JS into wasm. A jitted call is one, whatever its loops. */
  readonly wasmCalls: number;
  /** Kernels run by the interpreter: tiny eager operations, or everything where wasm is forbidden. */
  readonly interpretedKernels: number;
}

/** Runs `body` and counts what the CPU backend did for it. */
export function countCalls<T>(body: () => T): CallCounts<T> {
  const before = { ...counters };
  const result = body();
  return {
    result,
    wasmCalls: counters.wasmCalls - before.wasmCalls,
    interpretedKernels: counters.interpretedKernels - before.interpretedKernels,
  };
}
