/** Large kernels on several threads: a subpath of its own, since most programs do without. */
import { setThreads } from "./backends/wasm/threads/pool.js";

export interface InitOptions {
  /** Threads for large kernels, the calling one included. */
  readonly threads?: number;
  /** The address of the worker's module (`dist/backends/wasm/threads/worker.js`), where a bundler does not find it by itself. */
  readonly worker?: string | URL;
}

/**
 * Prepares what has to be chosen before the first program is compiled. Nothing needs it: without it, programs run on one thread.
 *
 * `threads: n` shares the large loops of programs (elementwise operations, reductions by rows, batches of products; not yet a single tiled product) between n threads; results keep
 * their bits, whatever n. A later call changes the number, up to that of the first; 1 ends the workers. They do not keep Node alive.
 *
 * @throws RangeError if `threads` is no integer from 1 to 64; Error (the promise is rejected) where there is no `SharedArrayBuffer` (a page must be
 *   cross-origin isolated), or when a program has already been compiled.
 *
 * @example
 * import { init } from "@cotangent/core/threads";
 * await init({ threads: 4 });
 */
export async function init({ threads, worker }: InitOptions = {}): Promise<void> {
  if (threads !== undefined) await setThreads(threads, worker);
}
