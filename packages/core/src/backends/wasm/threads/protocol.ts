/*
 * The words that the main thread and its workers share. A part is claimed by counting `remaining` down: only a positive
 * answer is a claim, and while a claimed part is not `done` the main thread does not touch the description of the job. So a late
 * worker either takes part in the present job or finds nothing to do.
 *
 * Modules arrive by message, which a worker reads only when it leaves its loop. `posted` counts them; a worker that lacks
 * some leaves, and one that finds so only after its claim hands the part back (`declined`, part + 1).
 */
export const word = {
  remaining: 0,
  done: 1,
  /** Changes with every job: what workers sleep on. */
  generation: 2,
  posted: 3,
  failed: 4,
  // The job.
  program: 5,
  kernel: 6,
  extent: 7,
  parts: 8,
  /** Where the threads' own areas start, and how large one is. */
  area: 9,
  areaBytes: 10,
  buffers: 11,
  declined: 16,
  /** Two words a buffer: the address where all threads share it, and the offset in the thread's own area (-1: shared). */
  places: 96,
} as const;

export const MOST_THREADS = 64;
export const CONTROL_BYTES: number = 4 * (word.places + 2 * 1000);
/** Programs that a worker keeps; the first to come is the first to go. */
export const KEPT_PROGRAMS = 64;

/** What a worker is told. */
export type Message =
  | {
      readonly kind: "start";
      readonly thread: number;
      readonly control: Int32Array;
      readonly memory: WebAssembly.Memory;
    }
  | { readonly kind: "program"; readonly number: number; readonly module: WebAssembly.Module };

/** Runs one part of the present job. */
export function runPart(
  control: Int32Array,
  memory: WebAssembly.Memory,
  exports: WebAssembly.Exports,
  thread: number,
  part: number,
): void {
  const area = control[word.area] + thread * control[word.areaBytes];
  const start = (k: number): number => Math.floor((k * control[word.extent]) / control[word.parts]);
  new Int32Array(memory.buffer, area >>> 0, 2).set([start(part), start(part + 1) - start(part)]);
  const addresses: number[] = [];
  for (let k = 0; k < control[word.buffers]; k++) {
    const own = control[word.places + 2 * k + 1];
    addresses.push(own < 0 ? control[word.places + 2 * k] : area + own);
  }
  // The assembler has exported it with this signature.
  const kernel = exports[`k${control[word.kernel]}`] as (...addresses: number[]) => void;
  kernel(...addresses, area);
}

/** The number of a part that nobody else has, or -1. */
export function claim(control: Int32Array): number {
  if (Atomics.load(control, word.remaining) <= 0) return -1;
  return Math.max(0, Atomics.sub(control, word.remaining, 1)) - 1;
}
