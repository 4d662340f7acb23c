import { cpu } from "./backends/cpu.js";
import type { GpuLike } from "./backends/webgpu/device.js";
import type { Session } from "./backends/webgpu/session.js";
import { installBackend } from "./graph/backend.js";
import type { Device } from "./tensor/tensor.js";

export type { GpuLike } from "./backends/webgpu/device.js";
export interface InitOptions {
  /** What has the shape of `navigator.gpu`, which is the default: in Node `create([])` of the package `webgpu`, kept in a variable for the life of the process. */
  readonly gpu?: GpuLike;
  readonly powerPreference?: "low-power" | "high-performance";
}

/** The device in use. */
export interface DeviceInfo {
  readonly device: Device;
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  /** True where a CPU plays the GPU: good for tests, slower than `"cpu"`. */
  readonly software: boolean;
}

let session: Session | undefined;
/** What it was asked of. */
let source: GpuLike | undefined;
/** Sessions start one after the other: of two at once the second would not know the tensors of the first. */
let starting: Promise<void> = Promise.resolve();

/**
 * init : device -> Promise of what it is. Where programs run from now on; without it, on the CPU.
 *
 * On `"webgpu"` calls return at once and their results stay on the GPU: read them with `await x.data()`, or `await x.to("cpu")`. Tensors start on the host
 * and are uploaded where they are first used; eager operations on fewer than about a thousand host-resident elements stay on the CPU. There is no f64.
 * Called again after a loss of the device it starts with a new one.
 *
 * @throws Error where there is no WebGPU or no adapter (the promise is rejected, nothing has changed); TypeError for another device.
 * @example
 * await init("webgpu");
 */
export async function init(device: Device, { gpu, powerPreference }: InitOptions = {}): Promise<DeviceInfo> {
  if (device === "cpu") {
    installBackend(cpu);
    return { device, vendor: "", architecture: "", description: "", features: [], software: false };
  }
  if (device !== "webgpu") throw new TypeError(`init: got ${JSON.stringify(device)}, expected "cpu" or "webgpu".`);
  const { Session, gpuBackend, requestGpu } = await import("./backends/webgpu/index.js");
  const start = async (): Promise<DeviceInfo> => {
    if (session === undefined || session.lost || (gpu !== undefined && gpu !== source)) {
      session = new Session(await requestGpu(gpu, powerPreference));
      source = gpu;
    }
    installBackend(gpuBackend(session));
    return { device, ...session.gpu.adapter };
  };
  const started = starting.then(start);
  starting = started.then(
    () => {},
    () => {},
  );
  return started;
}

/** Bytes on the GPU. */
export interface MemoryUse {
  /** Held by tensors, uploads and programs that run. */
  readonly used: number;
  /** The most of that at once. */
  readonly peak: number;
  /** Kept to be used again. */
  readonly free: number;
  /** Tensors that are alive there. */
  readonly tensors: number;
  /** Dispatches and submissions so far. */
  readonly dispatches: number;
  readonly submits: number;
  /** Shaders compiled so far. */
  readonly pipelines: number;
}

/** What of the GPU's memory is in use, all zero before `init("webgpu")`. */
export function memory(): MemoryUse {
  if (session === undefined) return { used: 0, peak: 0, free: 0, tensors: 0, dispatches: 0, submits: 0, pipelines: 0 };
  const { pool, live, counters, pipelines } = session;
  const tensors = [...live].filter((ref) => (ref.deref()?.bytes ?? 0) > 0).length;
  return { used: pool.used, peak: pool.peak, free: pool.free, tensors, ...counters, pipelines: pipelines.count };
}
