import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tensor, grad, init, jit, random, scan, whileLoop } from "../../src/index.js";
import { gpu } from "./adapter.js";
import { expectOnGpu, expectedOf, moved } from "./onGpu.js";

/* Temporaries of more than one buffer of the device, here of one whose buffers are small: they lie in several. */
const LIMIT = 65_536;
const small: typeof gpu = {
  ...gpu,
  async requestAdapter(options) {
    const adapter = await gpu.requestAdapter(options);
    if (adapter === null) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = device.limits;
      const limits = { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize };
      Object.defineProperty(device, "limits", {
        value: { ...limits, maxBufferSize: LIMIT, maxStorageBufferBindingSize: LIMIT },
      });
      return device;
    };
    return adapter;
  },
};

const uniform = (...shape: number[]): Tensor => random.uniform(random.key(shape[0] + shape.length), shape);
const square = (n: number): Tensor => uniform(n, n).sub(0.5).div(4);
/** Eight products of which all are read again. */
const chain = (x: Tensor): Tensor => {
  const ys = [x];
  for (let k = 0; k < 8; k++) ys.push(ys[k].matmul(x).tanh());
  return ys.reduce((a, b) => a.matmul(b).add(b));
};
const programs: Readonly<Record<string, { f: (...xs: Tensor[]) => Tensor; xs: Tensor[] }>> = {
  "many temporaries": { f: chain, xs: [square(64)] },
  "temporaries as large as a buffer": { f: chain, xs: [square(127)] },
  "a derivative": { f: grad((x: Tensor) => chain(x).sum()) as (...xs: Tensor[]) => Tensor, xs: [square(48)] },
  "a loop whose steps take more than a buffer": {
    f: (x) => scan((c: Tensor) => [chain(c).div(10), c.sum()] as [Tensor, Tensor], x, null, { length: 3 })[1],
    xs: [square(64)],
  },
  "a loop that the GPU ends": {
    f: (x) =>
      whileLoop(
        (c: Tensor) => c.square().sum().less(1e3),
        (c: Tensor) => chain(c).mul(2).add(c),
        x,
      ),
    xs: [square(64)],
  },
  "parameters beyond what a shader binds": {
    f: (...xs) => xs.reduce((a, b, i) => a.mul(1 + i / 20).add(b.sin())).matmul(xs[0]),
    xs: Array.from({ length: 20 }, (_, i) => square(64).add(i / 100)),
  },
  "a running sum, an order": { f: (x) => x.cumsum(0).sort(0), xs: [uniform(12_000)] },
};

describe("a program whose temporaries need more than one buffer", () => {
  beforeAll(() => init("webgpu", { gpu: small }));
  afterAll(() => init("cpu"));
  for (const [name, { f, xs }] of Object.entries(programs)) {
    const g = jit((...ys: Tensor[]) => f(...ys));
    const expected = expectedOf([g(...xs)]);
    it(name, () => expectOnGpu([g(...moved(xs))], expected, 1e-4));
  }
  it("is an error where one of them does", () => {
    const g = jit((x: Tensor) => x.broadcastTo([200, 200]).cumsum(0).sum());
    expect(() => g(uniform(200))).toThrow(/160000 bytes in one buffer; this adapter allows 65536/);
  });
});
