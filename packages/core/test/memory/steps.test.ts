import { expect, it } from "vitest";
import { type Tensor, compile, grad, jit, ones, random, tensor, zeros } from "../../src/index.js";
import { residency, setResidentBudget } from "../../src/backends/wasm/residents.js";
import { type Growth, growth } from "./flat.js";

/*
 * Of 100,000 steps 50,000 lie between the second and the last quarter. The smallest parameter here, 64 floats, would be 12 MiB of array
 * buffers and as much of the JS heap if each step kept it. Resident memory shows what V8 does not count (code, the allocator). V8 lets
 * about 32 MiB of array buffers become garbage before it collects, and the pages come back to the system when the allocator likes.
 */
const STEPS = 100_000;
function expectFlat({ rss, arrayBuffers, heapUsed }: Growth): void {
  expect(arrayBuffers, "MiB of array buffers").toBeLessThan(0.25);
  expect(heapUsed, "MiB of JS heap").toBeLessThan(1);
  expect(rss, "MiB of resident memory").toBeLessThan(32);
}

it("would show a leak of 64 floats a step", () => {
  const kept: Float32Array[] = [];
  expect(() => expectFlat(growth(10_000, () => kept.push(new Float32Array(64))))).toThrow();
});

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
  readonly v: Tensor;
}
const key = random.key(0);
// 4 kB, 256 B, 256 B: w is large enough for a slot.
const start = (): Params => ({ w: random.normal(key, [16, 64]).mul(0.1), b: zeros([64]), v: ones([64]).mul(0.1) });
const x = random.normal(key, [8, 16]);
const y = x.sum(1);
const loss = ({ w, b, v }: Params, batch: Tensor, target: Tensor): Tensor =>
  batch.matmul(w).add(b).tanh().matmul(v).sub(target).square().mean();
const sgd = (p: Params, batch: Tensor, target: Tensor): Params => {
  const g = grad(loss)(p, batch, target);
  return { w: p.w.sub(g.w.mul(0.01)), b: p.b.sub(g.b.mul(0.01)), v: p.v.sub(g.v.mul(0.01)) };
};

it.each([
  ["jit", {}],
  ["jit with donated state", { donate: [0] }],
])("training by %s is flat", (_, options) => {
  const step = jit(sgd, options);
  let params = start();
  const before = loss(params, x, y).item();
  params = step(start(), x, y);
  expectFlat(growth(STEPS, () => (params = step(params, x, y))));
  expect(loss(params, x, y).item()).toBeLessThan(before / 10);
});

it("training whose state is larger than the slot table is flat", () => {
  setResidentBudget(6000);
  const step = jit(sgd, { donate: [0] });
  const params = [start(), start(), start()];
  expectFlat(
    growth(STEPS / 4, (i) => {
      params[i % 3] = step(params[i % 3], x, y);
    }),
  );
  setResidentBudget(Infinity);
});

it("donated state that is dropped, and fresh inputs, do not pile up", () => {
  setResidentBudget(2 ** 20);
  const step = jit((s: Tensor, batch: Tensor) => s.add(batch), { donate: [0] });
  expectFlat(growth(STEPS, (i) => void step(tensor(new Float32Array(1024).fill(i)), ones([1024]))));
  expect(residency().bytes).toBeLessThanOrEqual(2 ** 20);
  setResidentBudget(Infinity);
});

it("eager training is flat", () => {
  let w = zeros([16]);
  const eager = grad((p: Tensor) => x.matmul(p).sub(y).square().mean());
  expectFlat(growth(STEPS / 4, () => (w = w.sub(eager(w).mul(0.1)))));
  expect(x.matmul(w).sub(y).abs().max().item()).toBeLessThan(1e-2);
});

it("a bound program allocates nothing", () => {
  const { inputs, outputs, run } = compile(sgd, start(), x, y).bind();
  expect(inputs).toHaveLength(5);
  // Twice the calls would allocate twice as much; what else happens meanwhile (the compilers of the host) is paid for once.
  const allocated = (calls: number): number => {
    const before = process.memoryUsage();
    for (let i = 0; i < calls; i++) run();
    const after = process.memoryUsage();
    return Math.max(after.heapUsed - before.heapUsed, after.arrayBuffers - before.arrayBuffers);
  };
  allocated(20_000);
  expect(allocated(STEPS), "bytes in 100,000 calls").toBeLessThan(4 * STEPS);
  expect(outputs).toHaveLength(3);
});

it("1,000 programs, compiled and dropped, leave nothing", () => {
  const { rss, arrayBuffers, heapUsed } = growth(1000, (i) => {
    // Another structure and other shapes each time, and a captured tensor.
    const [n, depth] = [64 + i, 1 + (i % 7)];
    const captured = ones([n]);
    const f = (t: Tensor): Tensor => {
      let u = t.mul(captured);
      for (let k = 0; k < depth; k++) u = u.sin().add(i + 0.5);
      return u.sum();
    };
    jit(grad(f))(ones([n]));
  });
  expect(arrayBuffers, "MiB of array buffers").toBeLessThan(0.25);
  // Measured with the programs kept: 80 MiB of JS heap, 6 of array buffers and 110 resident.
  expect(heapUsed, "MiB of JS heap").toBeLessThan(2);
  expect(rss, "MiB of resident memory").toBeLessThan(32);
});
