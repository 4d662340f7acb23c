import { align16 } from "../../programLayout.js";
import { initialPages } from "../memory.js";
import { maximalPages } from "../memoryLayout.js";
import { type ParallelStep, type Threading, installThreading, isSettled } from "../threading.js";
import { divide } from "./divide.js";
import { CONTROL_BYTES, KEPT_PROGRAMS, MOST_THREADS, type Message, claim, runPart, word } from "./protocol.js";

/** Parts a thread, so that one that comes late or runs on a slower core does not hold up the others. */
const PARTS = 4;

interface Handle {
  postMessage(message: Message): void;
  terminate(): unknown;
}
interface NodeWorker extends Handle {
  once(event: string, listener: (value: unknown) => void): void;
  unref(): void;
}
interface Process {
  getBuiltinModule?(
    name: string,
  ): { readonly Worker: new (url: URL | string, options: object) => NodeWorker } | undefined;
}

interface Pool extends Threading {
  /** The largest number of threads: own areas are laid out for it when a program is compiled. */
  readonly capacity: number;
  resize(threads: number, url: URL | string | undefined): Promise<void>;
}
let pool: Pool | undefined;

/** Sets the number of threads, the main thread included. See `init`. */
export async function setThreads(threads: number, url?: URL | string): Promise<void> {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new RangeError(`init: threads is ${threads}; expected an integer from 1 to ${MOST_THREADS}.`);
  if (pool === undefined) {
    if (threads === 1) return;
    if (typeof SharedArrayBuffer === "undefined")
      throw new Error(
        "init: threads need SharedArrayBuffer, which a page has only when it is cross-origin isolated. Serve it with the headers " +
          "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave out `threads`.",
      );
    if (isSettled())
      throw new Error(
        "init: a program has been compiled before. Call init({ threads }) first: programs share one memory.",
      );
    installThreading((pool = makePool(threads)));
  }
  if (threads > pool.capacity)
    throw new RangeError(
      `init: ${threads} threads after ${pool.capacity}; programs have room for those of the first call. Ask for most at first.`,
    );
  await pool.resize(threads, url);
}

function makePool(capacity: number): Pool {
  const memory = new WebAssembly.Memory({ initial: initialPages, maximum: maximalPages, shared: true });
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const numbers = new WeakMap<WebAssembly.Instance, number>();
  const modules = new WeakMap<WebAssembly.Instance, WebAssembly.Module>();
  let workers: Handle[] = [];
  let posted = 0;

  /** Makes sure that the workers have the module, or a message with it. */
  function numberOf(instance: WebAssembly.Instance): number {
    let number = numbers.get(instance);
    // Sent anew before the last message that could replace it.
    if (number === undefined || number <= posted - KEPT_PROGRAMS) {
      number = posted + 1;
      const module = modules.get(instance) as WebAssembly.Module;
      for (const w of workers) w.postMessage({ kind: "program", number, module });
      Atomics.store(control, word.posted, number);
      posted = number;
      numbers.set(instance, number);
    }
    return number;
  }

  return {
    capacity,
    memory,
    divide,
    bytesFor: (steps) =>
      capacity * Math.max(0, ...steps.map((s) => (s.kind === "parallel" ? align16(s.division.bytes) : 0))),
    know(instance, module) {
      modules.set(instance, module);
    },
    run(instance, { division, number }: ParallelStep, addresses, area) {
      const { extent, own, bytes } = division;
      const parts = Math.min(extent, workers.length === 0 ? 1 : PARTS * (workers.length + 1));
      if (workers.length > 0) control[word.program] = numberOf(instance);
      control[word.kernel] = number;
      control[word.extent] = extent;
      control[word.parts] = parts;
      control[word.area] = area;
      control[word.areaBytes] = align16(bytes);
      control[word.buffers] = own.length;
      for (let k = 0; k < own.length; k++) {
        control[word.places + 2 * k] = addresses[k];
        control[word.places + 2 * k + 1] = own[k];
      }
      control[word.failed] = 0;
      Atomics.store(control, word.done, 0);
      Atomics.store(control, word.remaining, parts);
      Atomics.add(control, word.generation, 1);
      Atomics.notify(control, word.generation);
      const { exports } = instance;
      let mine = 0;
      const runMine = (part: number): void => {
        runPart(control, memory, exports, 0, part);
        mine++;
      };
      for (let part = claim(control); part >= 0; part = claim(control)) runMine(part);
      // A page's main thread may not wait, so it looks.
      while (Atomics.load(control, word.done) + mine < parts)
        for (let t = 1; t <= workers.length; t++) {
          const declined = Atomics.exchange(control, word.declined + t, 0);
          if (declined > 0) runMine(declined - 1);
        }
      if (control[word.failed] !== 0) throw new Error("a kernel failed in a worker thread.");
    },
    async resize(threads, url) {
      for (const w of workers) w.terminate();
      workers = [];
      // The new workers know nothing: all modules are sent again.
      posted += KEPT_PROGRAMS;
      Atomics.store(control, word.posted, posted);
      const fresh = Array.from({ length: threads - 1 }, () => start(url));
      const handles = await Promise.all(
        fresh.map(async ({ handle, ready }, k) => {
          handle.postMessage({ kind: "start", thread: k + 1, control, memory });
          await ready;
          return handle;
        }),
      ).catch((error: unknown) => {
        for (const { handle } of fresh) handle.terminate();
        throw new Error("init: a worker did not start.", { cause: error });
      });
      workers = handles;
    },
  };
}

function start(url: URL | string | undefined): { handle: Handle; ready: Promise<unknown> } {
  const { process } = globalThis as { readonly process?: Process };
  const node = process?.getBuiltinModule?.("node:worker_threads");
  if (node !== undefined) {
    // Flags such as --input-type would be applied to the worker's module too.
    const handle = new node.Worker(url ?? new URL("./worker.js", import.meta.url), { execArgv: [] });
    const ready = new Promise((resolve, reject) => {
      handle.once("message", resolve);
      handle.once("error", reject);
      handle.once("exit", reject);
    });
    // Workers keep the process alive only while they start.
    return { handle, ready: ready.then(() => handle.unref()) };
  }
  // Bundlers know the second form, and only as it is written here.
  const handle =
    url === undefined
      ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
      : new Worker(url, { type: "module" });
  return {
    handle,
    ready: new Promise((resolve, reject) => {
      handle.onmessage = resolve;
      handle.onerror = reject;
    }),
  };
}
