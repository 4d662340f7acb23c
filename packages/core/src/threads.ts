/** What is chosen before programs are compiled: a subpath of its own, since most programs do without. */
import { requireFusing } from "./backends/wasm/fusing.js";
import { fma as multiplyAdd } from "./kernel/multiplyAdd.js";
import { setThreads } from "./backends/wasm/threads/pool.js";

export interface InitOptions {
  /** Threads for large kernels, the calling one included. */
  readonly threads?: number;
  /** Fused multiply-adds in products. */
  readonly fma?: boolean;
  /** The address of the worker's module (`dist/backends/wasm/threads/worker.js`), where a bundler does not find it by itself. */
  readonly worker?: string | URL;
}

/**
 * Prepares what has to be chosen before the first program is compiled. Nothing needs it: without it, programs run on one thread.
 *
 * `threads: n` shares the large loops of programs (elementwise operations, reductions by rows, batches of products, products of 512 rows and more) between n threads; results keep
 * their bits, whatever n. A later call changes the number, up to that of the first; 1 ends the workers. They do not keep Node alive.
 *
 * `fma: true` lets products (`dot`, `matmul`, `einsum`, convolutions, and what is made of them, as are their derivatives) add each a * b to its sum in one rounding instead
 * of two: as a rule closer, faster on processors where multiplications and additions share their units, but other bits. Everything else keeps its bits: elementwise operations, `sum`, elementary functions. It is part of a
 * program's identity: it holds for what is compiled from then on (`false`: no longer), a `Program` stays what it was compiled as, as bytes too (where they are read, call it as well), and
 * `explain` names it. Eager, compiled and interpreted programs agree bit for bit, as without. Programs on WebGPU are not affected.
 *
 * @throws RangeError if `threads` is no integer from 1 to 64; Error (the promise is rejected) where there is no `SharedArrayBuffer` (a page must be
 *   cross-origin isolated), or when a program has already been compiled;
 *   Error if `fma` is true and the engine has no relaxed SIMD (Node before 22) or the processor no such instruction; TypeError if it is no boolean.
 *
 * @example
 * import { init } from "@cotangent/core/threads";
 * await init({ threads: 4 });
 */
export async function init({ threads, fma, worker }: InitOptions = {}): Promise<void> {
  if (fma !== undefined) {
    if (typeof fma !== "boolean") throw new TypeError(`init: fma is ${String(fma)}; expected true or false.`);
    if (fma) requireFusing("init: fma is true, but");
    multiplyAdd.asked = fma;
  }
  if (threads !== undefined) await setThreads(threads, worker);
}
