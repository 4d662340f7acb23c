import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Tensor, WebGpuError, init, jit, memory, tensor, tidy, whileLoop } from "../../src/index.js";
import { gpu, takeErrors } from "./adapter.js";
import "./noErrors.js";

/** The device of the session, to do it harm. */
let device: GPUDevice;
const harmed = {
  async requestAdapter(): Promise<GPUAdapter | null> {
    const adapter = (await gpu.requestAdapter()) as GPUAdapter;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => (device = await requestDevice(descriptor));
    return adapter;
  },
};
beforeEach(() => init("webgpu", { gpu: harmed }));
afterAll(() => init("cpu"));

const failure = (x: Tensor): Promise<WebGpuError> =>
  x.data().then(
    () => expect.fail("the read succeeded"),
    (e: unknown) => e as WebGpuError,
  );

describe("a device that is lost", () => {
  it("rejects reads with what was lost, leaves tensors of the host, and another takes its place", async () => {
    const x = tensor([1, 2, 3]);
    const f = jit(function step(v: Tensor) {
      return v.mul(2).sum();
    });
    const before = f(x);
    expect(await before.data()).toEqual(Float32Array.of(12));
    const pending = f(x.add(1));
    const read = failure(pending);
    device.destroy();
    await device.lost;
    for (const e of [await failure(before), await read])
      expect(e).toMatchObject({ name: "WebGpuError", code: "lost", program: "jit(step)" });
    expect(() => f(x)).toThrow(/jit\(step\).*init\("webgpu"\) again/s);
    await init("webgpu", { gpu: harmed });
    expect(await f(x).data()).toEqual(Float32Array.of(12));
    expect(() => f(before)).toThrow(/lost.*f32\[\] of jit\(step\)/s);
  });

  const x = tensor([1, 2, 3]);
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
  const moments: Readonly<Record<string, { call: () => Tensor; moment: (y: Tensor) => Promise<unknown> }>> = {
    "while shaders are compiled": {
      call: () =>
        jit(function step(v: Tensor) {
          return v.exp().cumsum(0);
        })(x),
      moment: async () => {},
    },
    "in the middle of a loop": {
      call: () =>
        jit(function step(v: Tensor) {
          return whileLoop(
            (c: Tensor) => c.sum().less(1e9),
            (c: Tensor) => c.mul(0.5),
            v,
          );
        })(x),
      moment: pause,
    },
    "during a read": {
      call: () =>
        jit(function step(v: Tensor) {
          return v.mul(5);
        })(x),
      moment: (y) => y.data().then(() => void y.data().catch(() => {})),
    },
  };
  it.each(Object.entries(moments))(
    "%s: the read says which program, and where it was called",
    async (_, { call, moment }) => {
      const y = call();
      const dependent = jit(function after(v: Tensor) {
        return v.add(1);
      })(y);
      await moment(y);
      const reads = Promise.all([failure(y), failure(dependent)]);
      device.destroy();
      const errors = await reads;
      expect(errors[0]).toMatchObject({ code: "lost", program: "jit(step)" });
      for (const { code, stack } of errors)
        expect([code, stack]).toEqual(["lost", expect.stringContaining("faults.webgpu.test")]);
    },
  );
});

describe("a call that fails", () => {
  it.each([[], [0]])(
    "rejects the reads of all that depends on it, with its own name and stack (donate: [%s])",
    async (...donate) => {
      const compile = device.createComputePipelineAsync.bind(device);
      device.createComputePipelineAsync = () => Promise.reject(new Error("no such shader"));
      // Another program each time: what could not be compiled is not tried again.
      const bad = jit(
        function broken(v: Tensor) {
          return v.exp().sum().add(donate.length);
        },
        { donate },
      )(tensor([1, 2]));
      device.createComputePipelineAsync = compile;
      const dependent = jit((v: Tensor) => v.mul(3))(bad);
      const independent = jit((v: Tensor) => v.mul(3))(tensor(2));
      for (const e of [await failure(dependent), await failure(bad)]) {
        expect(e).toBeInstanceOf(WebGpuError);
        expect(e).toMatchObject({ code: "failed", program: "jit(broken)" });
        expect(e.message).toContain("no such shader");
        expect(e.stack).toContain("faults.webgpu.test");
      }
      expect(await independent.data()).toEqual(Float32Array.of(6));
    },
  );

  it("fails what depends on it however long the chain is", async () => {
    const compile = device.createComputePipelineAsync.bind(device);
    device.createComputePipelineAsync = () => Promise.reject(new Error("no such shader"));
    const next = jit(function chained(v: Tensor) {
      return v.add(1);
    });
    let x = next(tensor([1, 2, 3, 4]));
    device.createComputePipelineAsync = compile;
    for (let i = 0; i < 20_000; i++) x = next(x);
    expect(await failure(x)).toMatchObject({ code: "failed", program: "jit(chained)" });
  });

  it("keeps nothing of what it was given if it cannot start", async () => {
    const [x, gone] = [1, 2].map((k) => jit((v: Tensor) => v.add(k))(tensor(new Float32Array(4000))));
    await x.data();
    gone.dispose();
    const { used } = memory();
    expect(() => jit((a: Tensor, b: Tensor) => a.add(b))(x, gone)).toThrow(/disposed/);
    x.dispose();
    expect(memory().used).toBeLessThan(used);
  });

  it("does not hide an error that no call asked for", async () => {
    const x = jit((v: Tensor) => v.add(1))(tensor(1));
    device.createBuffer({ size: 4, usage: 0xffff });
    expect(await takeErrors()).toHaveLength(1);
    expect((await failure(x)).message).toMatch(/belongs to no call/);
    expect(await x.data()).toEqual(Float32Array.of(2));
  });
});

describe("a device without memory", () => {
  /** Buffers beyond so many bytes are invalid, and the error is that of a GPU without memory. */
  function shortOf(limit: number): void {
    const createBuffer = device.createBuffer.bind(device);
    const popErrorScope = device.popErrorScope.bind(device);
    let used = 0;
    device.createBuffer = (descriptor) => {
      const { size, usage } = descriptor;
      if ((usage & 0x80) === 0) return createBuffer(descriptor); // STORAGE
      if (used + size <= limit) {
        used += size;
        const buffer = createBuffer(descriptor);
        const destroy = buffer.destroy.bind(buffer);
        buffer.destroy = () => {
          used -= size;
          destroy();
        };
        return buffer;
      }
      device.popErrorScope = async () => {
        device.popErrorScope = popErrorScope;
        await popErrorScope();
        return { message: "Device is out of memory." };
      };
      device.pushErrorScope("validation");
      const invalid = createBuffer({ size: 4, usage: 0xffff });
      void popErrorScope();
      return invalid;
    };
  }
  const large = jit(function large(v: Tensor) {
    return v.add(1);
  });
  const wide = jit(function wide(v: Tensor) {
    return v.reshape([50_000, 1]).mul(tensor([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it("says how much was wanted and who has it, and goes on when some is given back", async () => {
    await init("webgpu", { gpu: { ...harmed } });
    const kept = large(tensor(new Float32Array(50_000)));
    await kept.data();
    shortOf(2_000_000);
    const first = wide(kept);
    await first.data();
    for (let i = 0; i < 2; i++) {
      const e = await failure(wide(kept));
      expect(e).toMatchObject({ code: "out-of-memory", program: "jit(wide)" });
      expect(e.message).toMatch(/1600000 bytes.*f32\[50000, 8\] of jit\(wide\).*f32\[50000\] of jit\(large\)/s);
    }
    first.dispose();
    expect((await wide(kept).data())[7]).toBe(8);
  });

  it("is tried again with what could not be uploaded, and gets what waited to be used again", async () => {
    await init("webgpu", { gpu: { ...harmed } });
    shortOf(800_000);
    const x = tensor(new Float32Array(100_000));
    const sum = jit(function sum(v: Tensor) {
      return v.sum();
    });
    const y = large(tensor(new Float32Array(90_000)));
    expect(await failure(sum(x))).toMatchObject({ code: "out-of-memory", program: "jit(sum)" });
    y.dispose();
    expect(await sum(x).data()).toEqual(Float32Array.of(0));
  });
});

describe("what is more than one dispatch can take", () => {
  it("more buffers than a shader may bind", async () => {
    const many = Array.from({ length: 40 }, (_, k) => jit((v: Tensor) => v.add(k))(tensor(new Float32Array(300))));
    const sum = jit((xs: Tensor[]) => xs.reduce((a, b) => a.mul(0.5).add(b)));
    const y = await sum(many).data();
    let expected = 0;
    for (let k = 1; k < 40; k++) expected = expected * 0.5 + k;
    for (const v of y) expect(v).toBeCloseTo(expected, 4);
  });

  it("more workgroups than an axis has", async () => {
    const n = 64 * 65_535 + 77;
    const y = await jit((v: Tensor) => v.add(1))(tensor(Float32Array.from({ length: n }, (_, i) => i % 1000))).data();
    expect([y[0], y[n - 78], y[n - 77], y[n - 1]]).toEqual([0, n - 78, n - 77, n - 1].map((i) => (i % 1000) + 1));
  });

  it("a tensor beyond the largest buffer is an error with its size", () => {
    const n = 22_000; // 1.8 GiB
    if (device.limits.maxStorageBufferBindingSize >= 4 * n * n) return;
    const whole = jit((v: Tensor) => v.broadcastTo([n, n]).add(1));
    expect(() => whole(tensor(1))).toThrow(/1936000000 bytes in one buffer; this adapter allows/);
  });
});

describe("a read", () => {
  it("waits in nobody's way: calls after it are submitted at once", async () => {
    const step = jit((v: Tensor) => v.mul(2));
    const x = step(tensor([1, 2]));
    await x.data();
    const reads = Array.from({ length: 100 }, () => x.data());
    const { submits } = memory();
    const y = step(x);
    x.dispose();
    expect(memory().submits - submits).toBe(1);
    for (const read of reads) expect(await read).toEqual(Float32Array.of(2, 4));
    expect(await y.data()).toEqual(Float32Array.of(4, 8));
  });
});

describe("memory", () => {
  it("of the host is that of the last steps: no step keeps the one before", async () => {
    const step = jit((x: Tensor) => x.mul(0.5).add(1));
    const calls: WeakRef<object>[] = [];
    let x = step(tensor([1, 2, 3]));
    for (let i = 0; i < 50; i++) {
      x = step(x);
      calls.push(new WeakRef((x.contents as unknown as { call: object }).call));
      if (i % 10 === 9) await x.data();
    }
    const { gc } = globalThis as { gc?: () => void };
    if (gc === undefined) throw new Error("The projects of WebGPU run with --expose-gc.");
    for (let i = 0; i < 5; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(calls.filter((call) => call.deref() !== undefined).length).toBeLessThan(5);
    expect(await x.data()).toEqual(Float32Array.of(2, 2, 2));
  });

  it("of what tidy computed is freed, but for its result", async () => {
    const x = await jit((v: Tensor) => v.add(1))(tensor(new Float32Array(2000))).to("cpu");
    const { used } = memory();
    const y = tidy(() => x.add(1).mul(3).sub(2));
    await y.data();
    expect(memory().used - used).toBeLessThan(3 * 8192);
    expect((await y.data())[0]).toBe(4);
  });
});
