import type { Gpu } from "./device.js";

/** A buffer of the device that is lent out; it goes back when nobody holds it any more. */
export class GpuMemory {
  readonly buffer: GPUBuffer;
  /** Bytes of the buffer, which may be more than were asked for. */
  readonly bytes: number;
  /** Distinguishes buffers in keys. */
  readonly id: number;
  #holders = 1;
  readonly #release: (memory: GpuMemory) => void;

  constructor(buffer: GPUBuffer, bytes: number, id: number, release: (memory: GpuMemory) => void) {
    this.buffer = buffer;
    this.bytes = bytes;
    this.id = id;
    this.#release = release;
  }
  hold(): this {
    this.#holders++;
    return this;
  }
  release(): void {
    if (--this.#holders === 0) this.#release(this);
  }
}

/** Freed buffers that are kept for the next one of their size, in bytes. */
const KEPT = 256 * 2 ** 20;

/** Sizes in steps of an eighth of a power of two, so that a freed buffer fits its successor and little is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(8, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

export class MemoryPool {
  readonly #gpu: Gpu;
  readonly #free = new Map<number, GpuMemory[]>();
  readonly #watch: (error: Promise<GPUError | null>, failed: (message: string) => void) => void;
  /** Those for which there was no memory. */
  readonly #broken = new WeakSet<GPUBuffer>();
  /** There was too little memory once. */
  #short = false;
  #freeBytes = 0;
  #count = 0;
  /** Bytes that tensors and running programs hold. */
  used = 0;
  /** The most of them at once. */
  peak = 0;

  /** `watch` is given what will tell whether there was enough memory. */
  constructor(gpu: Gpu, watch: (error: Promise<GPUError | null>, failed: (message: string) => void) => void) {
    this.#gpu = gpu;
    this.#watch = watch;
  }

  /** Bytes of buffers that wait to be used again. */
  get free(): number {
    return this.#freeBytes;
  }
  get limit(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#gpu.device.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /**
   * @param what names the use in the error.
   * @param failed is called later if the GPU had no such memory left.
   * @throws RangeError if no buffer of the device can be so large.
   */
  allocate(bytes: number, what: string, failed: (message: string) => void): GpuMemory {
    const size = Math.min(sizeClass(bytes), Math.max(this.limit, bytes));
    if (size > this.limit)
      throw new RangeError(
        `webgpu: ${what} needs ${bytes} bytes in one buffer; this adapter allows ${this.limit}. Use smaller tensors or batches, or init("cpu").`,
      );
    this.used += size;
    this.peak = Math.max(this.peak, this.used);
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) {
      this.#freeBytes -= size;
      return new GpuMemory(free.buffer, size, free.id, this.#takeBack);
    }
    const usage = 0x80 | 0x08 | 0x04; // STORAGE, COPY_DST, COPY_SRC: the constants are no globals everywhere
    const { device } = this.#gpu;
    // What waits for its like may be just what is missing.
    if (this.#short) this.trim();
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size, usage });
    this.#watch(device.popErrorScope(), (message) => {
      this.#short = true;
      this.#broken.add(buffer);
      this.trim();
      failed(`${what} asked for ${bytes} bytes. ${message}`);
    });
    return new GpuMemory(buffer, size, this.#count++, this.#takeBack);
  }

  // One closure for all: one made in allocate would keep what the caller's others see, which holds the memory of the call before.
  readonly #takeBack = (memory: GpuMemory): void => {
    this.used -= memory.bytes;
    if (this.#broken.has(memory.buffer)) return;
    const known = this.#free.get(memory.bytes);
    if (known === undefined) this.#free.set(memory.bytes, [memory]);
    else known.push(memory);
    this.#freeBytes += memory.bytes;
    if (this.#freeBytes > KEPT) this.trim(KEPT / 2);
  };

  /** Destroys free buffers until no more than `bytes` are left, the largest first. */
  trim(bytes = 0): void {
    for (const size of [...this.#free.keys()].sort((a, b) => b - a)) {
      const list = this.#free.get(size) as GpuMemory[];
      while (list.length > 0 && this.#freeBytes > bytes) {
        (list.pop() as GpuMemory).buffer.destroy();
        this.#freeBytes -= size;
      }
    }
  }
}
