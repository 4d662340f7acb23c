import { afterEach, expect, it, vi } from "vitest";
import { ObservedGpu } from "../src/webgpu/observed.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("what a page asks of WebGPU is counted in its own methods, which still do their work", async () => {
  class Buffer {
    readonly usage: number;
    readonly size: number;
    constructor(usage: number, size: number) {
      this.usage = usage;
      this.size = size;
    }
  }
  class Queue {
    submit(): string {
      return "submitted";
    }
    onSubmittedWorkDone(): Promise<void> {
      return Promise.resolve();
    }
  }
  class Device extends EventTarget {
    readonly queue = new Queue();
    readonly lost = new Promise<never>(() => {});
  }
  Object.assign(Device.prototype, {
    createBuffer: () => undefined,
    createComputePipeline: () => undefined,
    createComputePipelineAsync: () => undefined,
    createBindGroup: () => ({}),
  });
  class Pass {
    setBindGroup(): void {}
    dispatchWorkgroups(): void {}
    dispatchWorkgroupsIndirect(): void {}
  }
  class Adapter {
    requestDevice(): Promise<Device> {
      return Promise.resolve(new Device());
    }
  }
  const fakes = {
    GPUBuffer: Buffer,
    GPUQueue: Queue,
    GPUDevice: Device,
    GPUComputePassEncoder: Pass,
    GPUAdapter: Adapter,
  };
  for (const [name, fake] of Object.entries(fakes)) vi.stubGlobal(name, fake);

  const gpu = new ObservedGpu();
  const device = (await new Adapter().requestDevice()) as unknown as GPUDevice;
  const [storage, uniform] = [new Buffer(0x80, 1000), new Buffer(0x40, 16)];
  const group = device.createBindGroup({
    layout: {} as GPUBindGroupLayout,
    entries: [
      { binding: 0, resource: { buffer: storage as unknown as GPUBuffer, offset: 256 } },
      { binding: 1, resource: { buffer: storage as unknown as GPUBuffer, offset: 0, size: 100 } },
      { binding: 2, resource: { buffer: uniform as unknown as GPUBuffer } },
    ],
  });
  const pass = new Pass() as unknown as GPUComputePassEncoder;
  const work = await gpu.during(() => {
    pass.setBindGroup(0, group);
    for (let i = 0; i < 4; i++) pass.dispatchWorkgroups(1);
    expect(device.queue.submit([])).toBe("submitted");
  }, 2);
  expect(work).toEqual({ dispatches: 2, submits: 0.5, pipelines: 0, buffers: 0, boundBytes: 2 * (744 + 100) });

  const fault = Object.assign(new Event("uncapturederror"), { error: { message: "bad binding\nmore" } });
  device.dispatchEvent(fault);
  expect(gpu.errors).toEqual(["bad binding"]);
  await gpu.idle();
});
