/*
 * Whether a synchronous loop leaves anything behind. Nothing is awaited, so weak references and finalizers would not help: what is
 * not dropped by its last user shows as growth.
 */

export interface Growth {
  /** Resident memory of the process, bytes of array buffers, and objects of the JS heap: MiB more in the last quarter than in the second. */
  readonly rss: number;
  readonly arrayBuffers: number;
  readonly heapUsed: number;
}

const collect = (globalThis as { gc?: () => void }).gc;
const SAMPLES = 8;

/** Runs `step` this often, synchronously, and compares the largest samples of the last quarter with those of the second. */
export function growth(times: number, step: (i: number) => void): Growth {
  if (collect === undefined) throw new Error("the memory project runs with --expose-gc: vitest run --project memory");
  const samples: NodeJS.MemoryUsage[] = [];
  for (let i = 0, next = 1; i < times; i++) {
    step(i);
    if ((i + 1) * SAMPLES < next * times) continue;
    next++;
    // Array buffers are swept in the background; the second collection waits for that of the first.
    collect();
    collect();
    samples.push(process.memoryUsage());
  }
  const largest = (from: number, key: keyof Growth): number =>
    Math.max(...samples.slice((from * SAMPLES) / 4, ((from + 1) * SAMPLES) / 4).map((s) => s[key]));
  const grown = (key: keyof Growth): number => (largest(3, key) - largest(1, key)) / 2 ** 20;
  return { rss: grown("rss"), arrayBuffers: grown("arrayBuffers"), heapUsed: grown("heapUsed") };
}
