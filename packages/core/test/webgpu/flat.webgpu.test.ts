import { expect, it } from "vitest";
import { type Tensor, grad, jit, memory, ones, random, zeros } from "../../src/index.js";
import { moved, testsRunOnGpu } from "./onGpu.js";

/*
 * Whether training leaves anything behind, on the GPU or on the host: what a step keeps shows as growth from the second quarter of its run to
 * the last. A longer run of the same, which prints its curve:
 *
 *   COTANGENT_GPU_STEPS=100000 pnpm exec vitest run --project webgpu packages/core/test/webgpu/flat
 */

const asked = process.env["COTANGENT_GPU_STEPS"];
const STEPS = Number(asked ?? 1600);
const SAMPLES = 8;
/** Steps between reads: a loop has to await now and then, so that what was collected is freed. */
const READ = 50;

const MIB = 2 ** 20;
interface Sample {
  /** Bytes of the GPU that tensors hold, and those of the pool as well. */
  readonly used: number;
  readonly pooled: number;
  /** MiB of JS objects, and of the process where that can be known. */
  readonly heap: number;
  readonly rss: number;
}

const host = globalThis as {
  readonly gc?: () => void;
  readonly process?: { memoryUsage?: () => { readonly heapUsed: number; readonly rss: number } };
  readonly performance: { readonly memory?: { readonly usedJSHeapSize: number } };
};
async function sample(): Promise<Sample> {
  if (host.gc === undefined) throw new Error("The projects of WebGPU run with --expose-gc.");
  // Finalizers are tasks of their own.
  for (let i = 0; i < 3; i++) {
    host.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { used, free } = memory();
  const node = host.process?.memoryUsage?.();
  const heap = node?.heapUsed ?? host.performance.memory?.usedJSHeapSize ?? NaN;
  return { used, pooled: used + free, heap: heap / MIB, rss: (node?.rss ?? 0) / MIB };
}

/** Runs `step` this often and compares the largest samples of the last quarter with those of the second. */
async function growth(title: string, steps: number, step: () => Tensor): Promise<Sample> {
  const samples: Sample[] = [];
  for (let k = 0; k < SAMPLES; k++) {
    const from = performance.now();
    for (let i = 1; i <= steps / SAMPLES; i++) {
      const y = step();
      if (i % READ === 0 || i === steps / SAMPLES) await y.data();
    }
    const ms = performance.now() - from;
    const { tensors } = memory();
    const s = await sample();
    samples.push(s);
    if (asked !== undefined)
      console.log(
        `${title}, step ${((k + 1) * steps) / SAMPLES}: ${((ms * 1000 * SAMPLES) / steps).toFixed(0)} us a step; ${tensors} tensors; ` +
          `collected: GPU ${s.used} bytes, pool ${s.pooled}; heap ${s.heap.toFixed(2)} MiB; process ${s.rss.toFixed(1)} MiB`,
      );
  }
  const largest = (quarter: number, key: keyof Sample): number =>
    Math.max(...samples.slice((quarter * SAMPLES) / 4, ((quarter + 1) * SAMPLES) / 4).map((s) => s[key]));
  const grown = (key: keyof Sample): number => largest(3, key) - largest(1, key);
  return { used: grown("used"), pooled: grown("pooled"), heap: grown("heap"), rss: grown("rss") };
}

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
  readonly v: Tensor;
}
const key = random.key(0);
const start = [random.normal(key, [16, 64]).mul(0.1), zeros([64]), ones([64]).mul(0.1)];
const rows = random.normal(key, [8, 16]);
const data = [rows, rows.sum(1)];
const loss = ({ w, b, v }: Params, x: Tensor, y: Tensor): Tensor =>
  x.matmul(w).add(b).tanh().matmul(v).sub(y).square().mean();
const sgd = (p: Params, x: Tensor, y: Tensor): Params => {
  const g = grad(loss)(p, x, y);
  return { w: p.w.sub(g.w.mul(0.01)), b: p.b.sub(g.b.mul(0.01)), v: p.v.sub(g.v.mul(0.01)) };
};
const freed = ({ w, b, v }: Params): void => [w, b, v].forEach((x) => x.dispose());

const loops: readonly {
  title: string;
  share: number;
  step: typeof sgd;
  after?: (old: Params) => void;
  frees?: boolean;
}[] = [
  { title: "compiled, the state donated", share: 1, step: jit(sgd, { donate: [0] }), frees: true },
  { title: "compiled, the state disposed of", share: 1, step: jit(sgd), after: freed, frees: true },
  { title: "compiled, the state left to the collector", share: 1, step: jit(sgd) },
  { title: "one operation after another", share: 0.1, step: sgd },
];

it.each(loops)(
  "training, $title, is flat",
  async ({ title, share, step, after, frees = false }) => {
    const [x, y] = moved(data);
    const [w, b, v] = moved(start);
    let p: Params = { w, b, v };
    const steps = STEPS * share;
    const { used, pooled, heap, rss } = await growth(title, steps, () => {
      const next = step(p, x, y);
      after?.(p);
      p = next;
      return p.v;
    });
    expect(used, "bytes on the GPU").toBe(0);
    // What waits for the collector is as much as it likes, and so are the buffers for it.
    if (frees) expect(pooled, "bytes of buffers").toBe(0);
    // A call and its memories are about 2 kB: 1.6 MiB in the 800 steps between.
    expect(heap, "MiB of JS heap").toBeLessThan(1);
    // What V8 does not count; the allocator gives pages back when it likes.
    if (frees) expect(rss, "MiB of resident memory").toBeLessThan(32);
    expect((await p.v.data()).every(Number.isFinite)).toBe(true);
  },
  60_000 + 30 * STEPS,
);

it("a leak of 2 kB a step would show", async () => {
  const kept: number[][] = [];
  const [x] = moved(data);
  const { heap } = await growth("a leak", 1600, () => {
    kept.push(Array.from({ length: 256 }, (_, i) => i + 0.5));
    return x;
  });
  expect(heap).toBeGreaterThan(1);
  expect(kept).toHaveLength(1600);
});

testsRunOnGpu();
