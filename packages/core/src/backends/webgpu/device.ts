import { LONGEST, PATIENCE } from "./workload.js";

/** The adapter and device of a session on the GPU, what they can do, and whether they are still there. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterFacts;
  /** Buffers that a shader may bind. */
  readonly bindings: number;
  readonly workgroupMemory: number;
  /** Threads of a subgroup, where shaders can tell which of them is which and there is one size; else 0. */
  readonly subgroup: number;
  /** Seconds that one submission should take at most, by the estimate of `workload.ts`. */
  readonly longest: number;
  /** The same of a single workgroup. */
  readonly patience: number;
  /** Resolves when the device is gone, with the reason. */
  readonly lost: Promise<string>;
}

export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  /** True where a program on the CPU plays the GPU. */
  readonly software: boolean;
}

/** The shape of `navigator.gpu` that is needed, so that types of WebGPU are no part of the public ones. */
export interface GpuLike {
  requestAdapter(options?: object): Promise<object | null>;
  readonly wgslLanguageFeatures?: { has(name: string): boolean };
}

/** Limits that programs may need more of than WebGPU promises; the adapter's own are asked for. */
const wanted = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;
const optional = ["subgroups", "shader-f16", "timestamp-query"];

/**
 * @throws Error where there is no WebGPU or no adapter, with what to do.
 */
export async function requestGpu(gpu: GpuLike | undefined, power?: "low-power" | "high-performance"): Promise<Gpu> {
  const remedy =
    'Stay on the CPU (nothing has changed), use a browser with WebGPU in a secure context (https or localhost), or in Node pass one: init("webgpu", { gpu: create([]) }) with create from the package "webgpu".';
  const from = gpu ?? (globalThis.navigator as { gpu?: GpuLike } | undefined)?.gpu;
  if (from === undefined) throw new Error(`init: there is no navigator.gpu here, so no WebGPU. ${remedy}`);
  const adapter = (await from.requestAdapter(
    power === undefined ? {} : { powerPreference: power },
  )) as GPUAdapter | null;
  if (adapter === null) throw new Error(`init: WebGPU is there, but no adapter for it. ${remedy}`);
  const requiredLimits = Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]]));
  const features = optional.filter((name) => adapter.features.has(name as GPUFeatureName)) as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures: features });
  const { info } = adapter;
  const { subgroupMinSize, subgroupMaxSize } = info as { subgroupMinSize?: number; subgroupMaxSize?: number };
  const subgroups = features.includes("subgroups") && from.wgslLanguageFeatures?.has("subgroup_id") === true;
  return {
    device,
    adapter: {
      vendor: info.vendor,
      architecture: info.architecture,
      description: info.description,
      features,
      software:
        (info as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? /swiftshader|llvmpipe/i.test(info.architecture),
    },
    bindings: device.limits.maxStorageBuffersPerShaderStage,
    workgroupMemory: device.limits.maxComputeWorkgroupStorageSize,
    subgroup: subgroups && subgroupMinSize === subgroupMaxSize ? (subgroupMinSize ?? 0) : 0,
    longest: LONGEST,
    patience: PATIENCE,
    lost: device.lost.then(({ reason, message }) =>
      reason === "destroyed" ? "it was destroyed" : message || "no reason given",
    ),
  };
}
