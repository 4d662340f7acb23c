/** What a stretch of work asked of the GPU. */
export interface GpuWork {
  dispatches: number;
  submits: number;
  /** Compute pipelines that were created. */
  pipelines: number;
  buffers: number;
  /**
   * Each dispatch's storage bindings, once: what it can read and write, at most. Where temporaries share one buffer, as ours do, each dispatch that
   * touches one of them counts all: several times what moves.
   */
  boundBytes: number;
}

/** GPUBufferUsage.STORAGE */
const STORAGE = 0x80;

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;
interface Binding {
  readonly buffer: GPUBuffer;
  readonly offset?: number;
  readonly size?: number;
}

/**
 * Counts what this page asks of WebGPU from now on, whichever library asks: methods of the interfaces are wrapped, and devices are watched for
 * errors that nobody catches (a library with those can be fast and wrong).
 */
export class ObservedGpu {
  readonly #work: GpuWork = { dispatches: 0, submits: 0, pipelines: 0, buffers: 0, boundBytes: 0 };
  readonly #devices: GPUDevice[] = [];
  readonly #bytesOf = new WeakMap<object, number>();
  readonly #boundTo = new WeakMap<object, number[]>();
  /** The first lines of uncaptured errors, and reasons of lost devices. */
  errors: string[] = [];

  constructor() {
    const work = this.#work;
    const counted = (
      type: { prototype: object },
      names: readonly string[],
      count: (self: object, args: unknown[]) => void,
    ): void => names.forEach((name) => wrap(type, name, (call, self, args) => (count(self, args), call())));
    counted(GPUQueue, ["submit"], () => work.submits++);
    counted(GPUDevice, ["createComputePipeline", "createComputePipelineAsync"], () => work.pipelines++);
    counted(GPUDevice, ["createBuffer"], () => work.buffers++);
    wrap(GPUDevice, "createBindGroup", (call, _, [descriptor]) => {
      const group = call() as object;
      this.#bytesOf.set(group, storageBytes(descriptor as GPUBindGroupDescriptor));
      return group;
    });
    counted(GPUComputePassEncoder, ["setBindGroup"], (pass, [index, group]) => {
      const bound = this.#boundTo.get(pass) ?? [];
      bound[index as number] = this.#bytesOf.get(group as object) ?? 0;
      this.#boundTo.set(pass, bound);
    });
    counted(GPUComputePassEncoder, ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"], (pass) => {
      work.dispatches++;
      for (const bytes of this.#boundTo.get(pass) ?? []) work.boundBytes += bytes ?? 0;
    });
    wrap(GPUAdapter, "requestDevice", async (call) => {
      const device = (await call()) as GPUDevice;
      this.#devices.push(device);
      device.addEventListener("uncapturederror", ({ error }) => this.errors.push(error.message.split("\n")[0]));
      void device.lost.then(({ reason, message }) => this.errors.push(`device lost (${reason}): ${message}`));
      return device;
    });
  }

  /** A copy of the counts so far. */
  get work(): GpuWork {
    return { ...this.#work };
  }
  /** What `count` calls of `act` in one asked for, a call. */
  async during(act: () => unknown, count: number): Promise<GpuWork> {
    const before = this.work;
    await act();
    const { work } = this;
    for (const name of Object.keys(work) as (keyof GpuWork)[]) work[name] = (work[name] - before[name]) / count;
    return work;
  }
  /** When the devices have done all that was submitted. */
  async idle(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.queue.onSubmittedWorkDone()));
  }
}

function wrap(
  { prototype }: { prototype: object },
  name: string,
  around: (call: () => unknown, self: object, args: unknown[]) => unknown,
): void {
  const methods = prototype as Methods;
  const method = methods[name];
  methods[name] = function (this: object, ...args) {
    return around(() => method.apply(this, args), this, args);
  } as Method;
}

function storageBytes({ entries }: GPUBindGroupDescriptor): number {
  let bytes = 0;
  for (const { resource } of entries) {
    const binding = (resource instanceof GPUBuffer ? { buffer: resource } : resource) as Binding;
    if (binding.buffer instanceof GPUBuffer && (binding.buffer.usage & STORAGE) !== 0)
      bytes += binding.size ?? binding.buffer.size - (binding.offset ?? 0);
  }
  return bytes;
}
