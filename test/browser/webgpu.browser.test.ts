import { expect, test } from "vitest";

test("the page has a GPU adapter with compute", async () => {
  const { gpu } = navigator as Navigator & { gpu: GPU };
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("navigator.gpu gives no adapter.");
  const { info, features } = adapter;
  console.log(`WebGPU in Chromium: ${info.vendor} ${info.architecture}; features: ${[...features].sort().join(" ")}`);
  expect(adapter.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
});
