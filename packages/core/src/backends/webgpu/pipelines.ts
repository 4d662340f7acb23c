import type { Gpu } from "./device.js";

/** A shader being compiled, or ready. */
export interface Pipeline {
  pipeline: GPUComputePipeline | undefined;
  readonly ready: Promise<void>;
}

const STORAGE_STAGE = 0x4; // COMPUTE

/** Pipelines and layouts of a device, each made once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly records: GPUBindGroupLayout;

  constructor({ device }: Gpu) {
    this.#device = device;
    this.records = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: STORAGE_STAGE, buffer: { type: "uniform", hasDynamicOffset: true } }],
    });
  }

  get count(): number {
    return this.#pipelines.size;
  }

  /** The layout of storage buffers, by which of them are written. */
  layout(written: readonly boolean[]): GPUBindGroupLayout {
    const key = written.map((w) => (w ? "w" : "r")).join("");
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({
        entries: written.map((w, binding) => ({
          binding,
          visibility: STORAGE_STAGE,
          buffer: { type: w ? "storage" : "read-only-storage" },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** Starts to compile, without waiting. */
  pipeline(code: string, written: readonly boolean[]): Pipeline {
    let known = this.#pipelines.get(code);
    if (known === undefined) {
      const layout = this.#device.createPipelineLayout({ bindGroupLayouts: [this.layout(written), this.records] });
      const module = this.#device.createShaderModule({ code });
      const made: Pipeline = {
        pipeline: undefined,
        ready: this.#device
          .createComputePipelineAsync({ layout, compute: { module, entryPoint: "main" } })
          .then((pipeline) => {
            made.pipeline = pipeline;
          }),
      };
      // Whoever needs it waits for it; that nobody does yet is no unhandled rejection.
      made.ready.catch(() => {});
      this.#pipelines.set(code, (known = made));
    }
    return known;
  }
}
