import { type DType, type Storage, dtypes } from "../../tensor/dtype.js";
import { Elsewhere } from "../../tensor/tensor.js";
import type { TensorType } from "../../tensor/shape.js";
import { describe, sizeOf } from "../../tensor/shape.js";
import { noteCreated } from "../../tensor/tidy.js";
import type { Call } from "./call.js";
import type { GpuMemory } from "./memory.js";
import type { Session } from "./session.js";

/** Memory goes back when the last contents that hold it are collected, if nobody disposed of them before. */
const collected = new FinalizationRegistry<GpuMemory>((memory) => memory.release());

/** The elements of a tensor in the memory of the GPU, or on their way there. */
export class GpuContents extends Elsewhere {
  readonly session: Session;
  readonly type: TensorType;
  /** The call that computes them. */
  readonly call: Call;
  #memory: GpuMemory | undefined;

  /** Takes over one hold of the memory. */
  constructor(session: Session, type: TensorType, memory: GpuMemory, call: Call) {
    super();
    this.session = session;
    this.type = type;
    this.call = call;
    this.#memory = memory;
    collected.register(this, memory, this);
    session.live.add(new WeakRef(this));
    noteCreated(this);
  }

  override get device(): "webgpu" {
    return "webgpu";
  }
  get bytes(): number {
    return this.#memory?.bytes ?? 0;
  }
  get memory(): GpuMemory {
    if (this.#memory === undefined)
      throw new Error(
        `webgpu: this ${describe(this.type)} was disposed of. Keep it out of tidy and using where it is needed later.`,
      );
    this.session.assertAlive(`${describe(this.type)} of ${this.call.name}`, this.call.name);
    return this.#memory;
  }
  override get storage(): never {
    throw new Error(
      `webgpu: this ${describe(this.type)} is on the GPU, which cannot be read synchronously. Use await x.data(), or await x.to("cpu") to go on with it on the CPU.`,
    );
  }
  override read(): Promise<Storage> {
    return this.session.read(this);
  }
  /** The same memory, held once more. */
  override shared(): GpuContents {
    return new GpuContents(this.session, this.type, this.memory.hold(), this.call);
  }
  override dispose(): void {
    if (this.#memory === undefined) return;
    collected.unregister(this);
    this.#memory.release();
    this.#memory = undefined;
  }
}

/** f64 is f32 on the GPU: only numbers that take the dtype of what they meet get there. */
export const dtypeThere = (dtype: DType): DType => (dtype === "f64" ? "f32" : dtype);
export const bytesThere = (t: TensorType): number => dtypes[t.dtype].bytes * sizeOf(t.shape);
export const storageThere = (storage: Storage): Storage =>
  storage instanceof Float64Array ? Float32Array.from(storage) : storage;
