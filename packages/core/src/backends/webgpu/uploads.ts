import type { Storage } from "../../tensor/dtype.js";
import { storageThere } from "./contents.js";
import type { GpuMemory } from "./memory.js";
import type { Session } from "./session.js";

/** Copies of JS arrays on the GPU are kept up to so many bytes; then the oldest go. */
const KEPT = 512 * 2 ** 20;

/** What was computed on the host goes to the GPU once, however often it is used there. */
export class Uploads {
  readonly #session: Session;
  readonly #known = new WeakMap<Storage, Upload>();
  readonly #all = new Set<Upload>();
  #bytes = 0;
  readonly #collected = new FinalizationRegistry<Upload>((u) => this.#forget(u));

  constructor(session: Session) {
    this.#session = session;
  }

  /** The copy of `storage`, held once more for the caller. */
  of(storage: Storage, failed: (message: string) => void): GpuMemory {
    const known = this.#known.get(storage);
    if (known !== undefined && this.#all.has(known)) return known.memory.hold();
    const there = storageThere(storage);
    const memory = this.#session.pool.allocate(there.byteLength, "an upload", failed);
    const upload: Upload = { memory };
    const { device } = this.#session.gpu;
    // Invalid only where there was no memory, which is reported as that.
    device.pushErrorScope("validation");
    device.queue.writeBuffer(memory.buffer, 0, there.buffer as ArrayBuffer, there.byteOffset, there.byteLength);
    device.popErrorScope().catch(() => {});
    this.#known.set(storage, upload);
    this.#all.add(upload);
    this.#collected.register(storage, upload);
    this.#bytes += memory.bytes;
    for (const oldest of this.#all) {
      if (this.#bytes <= KEPT || oldest === upload) break;
      this.#forget(oldest);
    }
    return memory.hold();
  }

  /** Lets go of all copies: they can be made again. */
  clear(): void {
    for (const upload of this.#all) this.#forget(upload);
  }
  #forget(upload: Upload): void {
    if (!this.#all.delete(upload)) return;
    this.#bytes -= upload.memory.bytes;
    upload.memory.release();
  }
}
interface Upload {
  readonly memory: GpuMemory;
}
