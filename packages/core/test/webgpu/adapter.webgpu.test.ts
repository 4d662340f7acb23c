import { expect, test } from "vitest";
import { requiredAdapter, takeErrors } from "./adapter.js";

// Dawn defines no globals.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 0x80 };

const shader = (expression: string): string => `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = ${expression}; }`;

test("the adapter computes, and what it can do is printed", async () => {
  const adapter = await requiredAdapter();
  const { info, limits, features } = adapter;
  const device = await adapter.requestDevice();
  const storage = device.createBuffer({
    size: 16,
    usage: usage.storage | usage.copySource | usage.copyTarget,
  });
  const read = device.createBuffer({ size: 16, usage: usage.mapRead | usage.copyTarget });
  device.queue.writeBuffer(storage, 0, Float32Array.of(1, 2, 3, 4));
  const module = device.createShaderModule({ code: shader("x[id.x] * x[id.x] + 0.5") });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: storage } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, read, 0, 16);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(1);
  expect([...new Float32Array(read.getMappedRange())]).toEqual([1.5, 4.5, 9.5, 16.5]);
  const names = Object.keys(Object.getPrototypeOf(limits) as object) as (keyof GPUSupportedLimits)[];
  console.log(
    `WebGPU: ${info.vendor} ${info.architecture} ${info.description}\n  features: ${[...features].sort().join(" ")}\n  limits: ${names
      .filter((name) => /Compute|StorageBuffer|BufferSize/.test(name))
      .map((name) => `${name}=${limits[name] as number}`)
      .join(" ")}`,
  );
});

test("errors that nobody captures are seen", async () => {
  const device = await (await requiredAdapter()).requestDevice();
  device.createShaderModule({ code: shader("nothing") });
  expect((await takeErrors()).join()).toContain("nothing");
});
