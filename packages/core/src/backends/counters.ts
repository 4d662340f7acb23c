/** How often each CPU backend was entered, for `countCalls` and for tests that count calls. Reset by assigning 0. */
export const counters: { wasmCalls: number; interpretedKernels: number } = { wasmCalls: 0, interpretedKernels: 0 };
