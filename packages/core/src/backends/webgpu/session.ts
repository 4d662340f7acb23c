import { type Storage, dtypes } from "../../tensor/dtype.js";
import { describe, sizeOf } from "../../tensor/shape.js";
import { Call, WebGpuError } from "./call.js";
import { type GpuContents, dtypeThere } from "./contents.js";
import type { Gpu } from "./device.js";
import { type GpuMemory, MemoryPool } from "./memory.js";
import { Pipelines } from "./pipelines.js";
import { type GpuTarget, targetOf } from "./target.js";
import { Uploads } from "./uploads.js";

/** Bytes that a run needs from the GPU before it can go on. */
export interface ReadRequest {
  readonly memory: Pick<GpuMemory, "buffer">;
  readonly byteOffset: number;
  readonly bytes: number;
}

/** Work for the GPU, in the order in which it was asked for. */
export interface Job {
  readonly call: Call;
  /** What must be there before it can start; undefined once it is. */
  readonly ready: Promise<unknown> | undefined;
  /** Encodes and submits; what it yields, if anything, it gets back when the GPU has computed it. */
  readonly run: () => Generator<ReadRequest, void, ArrayBuffer> | undefined;
  /** Lets go of what it held, whether it succeeded or not. */
  readonly done: () => void;
}

/** Everything that lives as long as one device. */
export class Session {
  readonly gpu: Gpu;
  readonly pool: MemoryPool;
  readonly pipelines: Pipelines;
  readonly uploads: Uploads;
  readonly target: GpuTarget;
  /** Contents that may still be there, for reports. */
  readonly live: Set<WeakRef<GpuContents>> = new Set<WeakRef<GpuContents>>();
  /** What `countDispatches` of tests and benchmarks reads. */
  readonly counters: { dispatches: number; submits: number } = { dispatches: 0, submits: 0 };
  #jobs: Job[] = [];
  #busy = false;
  #lost: string | undefined;
  #uncaught: string | undefined;
  #sinceSweep = 0;

  constructor(gpu: Gpu) {
    this.gpu = gpu;
    this.pool = new MemoryPool(gpu, (error, failed) => {
      this.#checks = Promise.all([this.#checks, error]).then(
        ([, short]) => {
          if (short === null) return;
          failed(short.message);
          this.uploads.clear();
        },
        () => {},
      );
    });
    this.pipelines = new Pipelines(gpu);
    this.uploads = new Uploads(this);
    this.target = targetOf(
      { workgroupMemory: gpu.workgroupMemory, barriers: !gpu.adapter.software },
      Math.floor(this.pool.limit / 256) * 256,
      gpu.patience,
    );
    void gpu.lost.then((reason) => {
      this.#lost = reason;
      const jobs = this.#jobs;
      this.#jobs = [];
      for (const job of jobs) this.#fail(job, this.#lostError(job.call.name, job.call));
    });
    gpu.device.addEventListener("uncapturederror", (event) => {
      this.#uncaught ??= event.error.message;
    });
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }
  /** `what` is lost with the device, of `program`. */
  assertAlive(what: string, program: string = what): void {
    if (this.#lost !== undefined) throw this.#lostError(what, { name: program });
  }
  #lostError(what: string, program: Call | { readonly name: string }): WebGpuError {
    return new WebGpuError(
      "lost",
      program.name,
      `webgpu: the GPU device was lost (${this.#lost}), and with it ${what}. Tensors that were made from JS values are still there; await init("webgpu") again, or init("cpu"), and go on from those.`,
      program instanceof Call ? program : undefined,
    );
  }

  enqueue(job: Job): void {
    this.#jobs.push(job);
    this.#pump();
  }

  #pump(): void {
    while (!this.#busy) {
      const job = this.#jobs[0] as Job | undefined;
      if (job === undefined) return;
      if (this.#lost !== undefined) {
        this.#jobs.shift();
        this.#fail(job, this.#lostError(job.call.name, job.call));
        continue;
      }
      if (job.call.error !== undefined) {
        this.#jobs.shift();
        job.done();
        continue;
      }
      if (job.ready === undefined) {
        this.#jobs.shift();
        this.#start(job);
      } else this.#wait(job, job.ready);
    }
  }

  #wait(job: Job, ready: Promise<unknown>): void {
    this.#busy = true;
    ready.then(
      () => {
        this.#busy = false;
        if (this.#jobs[0] === job) {
          this.#jobs.shift();
          this.#start(job);
        }
        this.#pump();
      },
      (error: unknown) => {
        this.#busy = false;
        if (this.#jobs[0] === job) this.#jobs.shift();
        this.#fail(job, this.#failure(job.call, error));
        this.#pump();
      },
    );
  }

  /** Runs a job up to its first question to the GPU; the others wait for its end. */
  #start(job: Job): void {
    let steps: ReturnType<Job["run"]>;
    const next = (answer?: ArrayBuffer): ReadRequest | undefined => {
      const { device } = this.gpu;
      device.pushErrorScope("out-of-memory");
      device.pushErrorScope("validation");
      try {
        const result = answer === undefined ? (steps = job.run())?.next() : steps?.next(answer);
        return result?.value ?? undefined;
      } finally {
        const validation = device.popErrorScope();
        const memory = device.popErrorScope();
        this.#checks = Promise.all([this.#checks, validation, memory]).then(
          ([, invalid, short]) => {
            if (short !== null) job.call.fail(this.outOfMemory(job.call, short.message));
            else if (invalid !== null) job.call.fail(this.#failure(job.call, invalid));
          },
          async (error: unknown) => {
            await this.#perhapsLost();
            job.call.fail(this.#failure(job.call, error));
          },
        );
      }
    };
    const finish = (): void => {
      job.done();
      void this.#checks.then(() => job.call.succeed());
    };
    try {
      const request = next();
      if (request === undefined) return finish();
      this.#busy = true;
      void this.#answer(job, next, request)
        .then(finish, (error: unknown) => this.#fail(job, this.#failure(job.call, error)))
        .then(() => {
          this.#busy = false;
          this.#pump();
        });
    } catch (error) {
      this.#fail(job, this.#failure(job.call, error));
    }
  }
  /** Settled when the errors of all calls so far are known. */
  #checks: Promise<unknown> = Promise.resolve();

  async #answer(job: Job, next: (answer: ArrayBuffer) => ReadRequest | undefined, first: ReadRequest): Promise<void> {
    let request: ReadRequest | undefined = first;
    while (request !== undefined) {
      const answer = await this.#map(request);
      if (job.call.error !== undefined) return;
      request = next(answer);
    }
  }

  #fail(job: Job, error: Error): void {
    job.call.fail(error);
    job.done();
  }
  #failure(call: Call, error: unknown): Error {
    if (error instanceof WebGpuError || error instanceof RangeError || error instanceof TypeError) return error;
    if (this.#lost !== undefined) return this.#lostError(call.name, call);
    const reason =
      error instanceof Error || (typeof error === "object" && error !== null && "message" in error)
        ? String(error.message)
        : String(error);
    return new WebGpuError("failed", call.name, `webgpu: ${call.name} failed: ${reason}`, call);
  }

  outOfMemory(call: Call, reason: string): WebGpuError {
    const tensors = [...this.live].flatMap((ref) => ref.deref() ?? []).filter((c) => c.bytes > 0);
    tensors.sort((a, b) => b.bytes - a.bytes);
    const largest = tensors.slice(0, 5).map((c) => `${describe(c.type)} of ${c.call.name}`);
    return new WebGpuError(
      "out-of-memory",
      call.name,
      `webgpu: out of memory in ${call.name}: ${reason} ${this.pool.used} bytes are in use; the largest tensors are ${largest.join(", ") || "none"}. ` +
        "Dispose of tensors (using, tidy), donate the state of the loop, or await now and then, so that collected ones are freed.",
      call,
    );
  }

  /** Forgets contents that were collected. */
  noteContents(): void {
    if (++this.#sinceSweep < 4096) return;
    this.#sinceSweep = 0;
    for (const ref of this.live) if ((ref.deref()?.bytes ?? 0) === 0) this.live.delete(ref);
  }

  /** A page rejects promises before it says that the device is lost, which is then the error to report; how long before, depends on its load. */
  async #perhapsLost(): Promise<void> {
    await Promise.race([this.gpu.lost, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }

  #mapping = 0;
  #look: ReturnType<typeof setInterval> | undefined;
  /** Copies bytes to where JS can read them; the copy is submitted before it returns. */
  async #map({ memory, byteOffset, bytes }: ReadRequest): Promise<ArrayBuffer> {
    const { device } = this.gpu;
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    const staging = device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ, COPY_DST
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(memory.buffer, byteOffset, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    this.counters.submits++;
    // The GPU process of Chromium looks for finished work when it is sent something, and otherwise about every two milliseconds.
    if (this.#mapping++ === 0) this.#look = setInterval(() => device.queue.submit([]), 1);
    try {
      await staging.mapAsync(0x01); // READ
      return staging.getMappedRange().slice(0, bytes);
    } catch (error) {
      await this.#perhapsLost();
      throw error;
    } finally {
      if (--this.#mapping === 0) clearInterval(this.#look);
      staging.destroy();
    }
  }

  /** The elements of a tensor, once all calls that they depend on have run. */
  async read(contents: GpuContents): Promise<Storage> {
    const { type, call } = contents;
    const memory = contents.memory.hold();
    const dtype = dtypeThere(type.dtype);
    const bytes = dtypes[dtype].bytes * sizeOf(type.shape);
    // What goes wrong belongs to the call that computed them.
    const reading = new Call(call.name, call.stack);
    reading.dependOn(call);
    let mapped = Promise.resolve(new ArrayBuffer(0));
    await new Promise<void>((resolve) => {
      this.enqueue({
        call: reading,
        ready: undefined,
        run: () => {
          if (bytes > 0) mapped = this.#map({ memory, byteOffset: 0, bytes });
          return undefined; // nobody waits for it in the queue
        },
        done: () => {
          memory.release();
          resolve();
        },
      });
    });
    const checks = this.#checks;
    const buffer = await mapped.catch((error: unknown) => {
      reading.fail(this.#failure(reading, error));
      return new ArrayBuffer(0);
    });
    await checks;
    const error = call.error ?? reading.error;
    if (error !== undefined) throw error;
    if (this.#uncaught !== undefined) {
      const message = this.#uncaught;
      this.#uncaught = undefined;
      throw new WebGpuError(
        "failed",
        call.name,
        `webgpu: an error that belongs to no call, before this read: ${message}`,
      );
    }
    const storage = dtypes[dtype].view(buffer, 0, sizeOf(type.shape));
    return type.dtype === "f64" ? Float64Array.from(storage) : storage;
  }

  destroy(): void {
    this.gpu.device.destroy();
  }
}
