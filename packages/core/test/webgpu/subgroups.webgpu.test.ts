import { describe, expect, it } from "vitest";
import { type Tensor, init, jit, tensor } from "../../src/index.js";
import { gpu, takeShaders, withSubgroups } from "./adapter.js";
import { testLargeSizes } from "./largeSizes.js";
import { testsRunOnGpu } from "./onGpu.js";

/*
 * The adapter of the other suites has subgroups of four threads, as SwiftShader does. Those of real GPUs have more, and older browsers none.
 */

describe.each([0, 32])("with subgroups of %i", (size) => {
  testsRunOnGpu(withSubgroups(size));
  testLargeSizes();
});

// What is passed on between subgroups: 256 / 4 + 64 / 4 + 16 / 4, 256 / 32, 256 / 128; of all threads where there are none.
const sum = jit((x: Tensor) => x.sum(1));
it.each([
  { name: "the adapter's own", on: gpu, length: 84 },
  { name: "of 32", on: withSubgroups(32), length: 8 },
  { name: "of 128", on: withSubgroups(128), length: 2 },
  { name: "none", on: withSubgroups(0), length: 256 },
])("a sum of 5000 by 256 threads, subgroups: $name", async ({ on, length }) => {
  const x = tensor(new Float32Array(15_000).fill(1)).reshape([3, 5000]);
  await init("webgpu", { gpu: on });
  takeShaders();
  expect(Array.from(await sum(x).data())).toEqual([5000, 5000, 5000]);
  expect(takeShaders().join("\n")).toMatch(new RegExp(`var<workgroup> part0_\\d+: array<f32, ${length}>`));
  await init("cpu");
});
