import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Tensor, grad, init, jit, linspace, memory, ones, tensor, tree, vmap } from "../../src/index.js";
import { gpu } from "./adapter.js";

beforeAll(() => init("webgpu", { gpu }));
afterEach(() => init("webgpu", { gpu }));
afterAll(() => init("cpu"));

describe("init", () => {
  it("says so where there is no WebGPU or no adapter, and stays where it was", async () => {
    await init("cpu");
    await expect(init("webgpu", { gpu: { requestAdapter: () => Promise.resolve(null) } })).rejects.toThrow(
      /no adapter/,
    );
    expect(tensor([1, 2]).add(1).toArray()).toEqual([2, 3]);
  });
  it("asked for twice, also at once, gives one device: tensors of the first are known to the second", async () => {
    const asked: unknown[] = [];
    const counted = { requestAdapter: () => (asked.push(0), gpu.requestAdapter()) };
    const first = init("webgpu", { gpu: counted });
    const second = init("webgpu", { gpu: counted });
    await first;
    const x = jit((v: Tensor) => v.mul(2))(tensor([1, 2]));
    await second;
    await init("webgpu");
    expect(Array.from(await jit((v: Tensor) => v.sum())(x).data())).toEqual([6]);
    expect(asked).toHaveLength(1);
  });
  it("goes back to the CPU", async () => {
    const f = jit((x: Tensor) => x.mul(2).sum());
    expect(Array.from(await f(tensor([1, 2])).data())).toEqual([6]);
    await init("cpu");
    const y = f(tensor([1, 2]));
    expect([y.device, y.item()]).toEqual(["cpu", 6]);
  });
});

const twice = jit((x: Tensor) => x.mul(2));
const y = (): Tensor => twice(tensor([1, 2, 3]));

describe("a tensor on the GPU", () => {
  it("is there at once, and its numbers are when they are asked for", async () => {
    const z = y();
    expect([z.device, z.shape, z.dtype]).toEqual(["webgpu", [3], "f32"]);
    expect(Array.from(await z.data())).toEqual([2, 4, 6]);
    expect(Array.from(await z.data())).toEqual([2, 4, 6]);
  });
  it("goes to the CPU and from there", async () => {
    const z = await y().to("cpu");
    expect([z.device, z.toArray()]).toEqual(["cpu", [2, 4, 6]]);
    expect(Array.from(await z.add(1).data())).toEqual([3, 5, 7]);
  });
  it("refuses to be read at once, and says how it is read", () => {
    for (const read of [(z: Tensor) => z.toArray(), (z: Tensor) => z.sum().item()])
      expect(() => read(y())).toThrow(/await .*data\(\)/);
  });
  it("is an operand of what is computed on it, many steps on, without a read", async () => {
    let z = tensor([1, 1]);
    const step = jit((x: Tensor) => x.mul(0.5).add(1));
    for (let i = 0; i < 500; i++) z = step(z);
    expect(Array.from(await z.data())).toEqual([2, 2]);
  });
});

it("keeps small operations on what is on the CPU there, until they meet what is not", async () => {
  const x = tensor([1, 2]).add(1);
  expect([x.device, x.toArray()]).toEqual(["cpu", [2, 3]]);
  const z = x.mul(jit((v: Tensor) => v.sub(1))(x));
  expect([z.device, Array.from(await z.data())]).toEqual(["webgpu", [2, 6]]);
});

describe("memory", () => {
  it("is given back by dispose, and stays what it was through a long loop", async () => {
    const step = jit((x: Tensor) => x.mul(0.5).add(1));
    const start = step(tensor(new Float32Array(10_000)));
    const run = async (steps: number): Promise<number> => {
      let x = step(start);
      for (let i = 0; i < steps; i++) {
        const next = step(x);
        x.dispose();
        x = next;
      }
      await x.data();
      const { used } = memory();
      x.dispose();
      return used;
    };
    const before = await run(10);
    expect(await run(300)).toBeLessThanOrEqual(before);
    expect(memory().used).toBeLessThan(before);
  });
  it("that was disposed of cannot be used", () => {
    const z = y();
    z.dispose();
    expect(() => z.add(1)).toThrow(/disposed/);
  });
});

it("f64 is refused with what to do", () => {
  expect(() => y().astype("f64")).toThrow(/f64/);
  expect(() => jit((x: Tensor) => x.add(1))(tensor([1, 2], { dtype: "f64" }))).toThrow(/f64.*device: "cpu"/s);
});

describe("what stays on the CPU", () => {
  const wide = (): Tensor => linspace(0, 1, 3000, "f64");
  it("is f64 of the host, of any size, with all its digits", async () => {
    expect(wide().device).toBe("cpu");
    const above = ones([3000], "f64").add(2 ** -52); // the next number of f64, and 1 in f32
    expect(new Set(await above.greater(1).data())).toEqual(new Set([1]));
    expect(above.sub(1).sum().item()).toBe(3000 * 2 ** -52);
  });
  it("is what jit is told to run there", async () => {
    const f = jit((w: Tensor, x: Tensor) => x.mul(w).sum(), { device: "cpu" });
    const w = y().mean();
    expect(w.device).toBe("webgpu");
    expect(() => f(w, wide())).toThrow(/await x\.to\("cpu"\)/);
    const there = await tree.to("cpu", { w });
    expect(there.w.device).toBe("cpu");
    const result = f(there.w, wide());
    expect([result.device, result.dtype]).toEqual(["cpu", "f64"]);
    expect(result.item()).toBeCloseTo(1500 * there.w.item(), 9);
  });
});

it("transforms compose as on the CPU", async () => {
  const f = jit(vmap(grad((x: Tensor) => x.sin().mul(x).sum())));
  const x = [0.5, 1, 2];
  const slopes = await f(tensor(x)).data();
  x.forEach((v, i) => expect(slopes[i]).toBeCloseTo(Math.sin(v) + v * Math.cos(v), 5));
});
