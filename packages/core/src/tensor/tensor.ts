import { type DType, type Storage, dtypes } from "./dtype.js";
import { formatTensor } from "./format.js";
import { type Shape, type TensorType, describe, describeShape, sizeOf } from "./shape.js";

/** What `data()` gives: a copy of the elements. `bool` comes as bytes 0 and 1. */
export type TensorData = Storage | Uint8Array;
export type NestedArray = number | boolean | readonly NestedArray[];

/** Contents that are not in a JS array of the tensor's own: in the memory of compiled programs, or with nobody any more. */
export abstract class Elsewhere {
  /** The elements, moved to a JS array now; or the error that says why there are none. */
  abstract readonly storage: Storage;
  get device(): Device {
    return "cpu";
  }
  /** The elements, when they are there. */
  async read(): Promise<Storage> {
    return this.storage;
  }
  /** Contents of their own, for another tensor. */
  shared(): Contents {
    return this.storage;
  }
  /** Frees the memory now, where that is not the collector's business. */
  dispose(): void {}
}
/** Where the elements of a tensor are. */
export type Device = "cpu" | "webgpu";
export type Contents = Storage | Elsewhere;
export const arrayOf = (contents: Contents): Storage => (contents instanceof Elsewhere ? contents.storage : contents);

class Donated extends Elsewhere {
  readonly #what: string;
  constructor(what: string) {
    super();
    this.#what = what;
  }
  get storage(): never {
    throw new Error(
      `${this.#what} and is used up. Use the tensor that the call returned in its place, or leave the argument out of donate.`,
    );
  }
}

/**
 * An immutable array of numbers. Operations are methods (`x.add(y)`) and functions (`add(x, y)`).
 *
 * Inside `jit`, `vmap`, `scan` and the derivatives a Tensor may be a tracer: it has a shape and a dtype but no value yet,
 * and reading its value is an error that says what to do instead.
 */
export class Tensor implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weak: boolean;
  #contents: Contents | undefined;

  /** Internal: the contents are taken over, not copied. Users call `tensor(...)`. */
  constructor(type: TensorType, contents: Contents | undefined) {
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.weak = type.weak ?? false;
    this.#contents = contents;
  }

  get ndim(): number {
    return this.shape.length;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  /** Where the elements are: tensors start on the host, and results of a GPU stay there. */
  get device(): Device {
    return this.#contents instanceof Elsewhere ? this.#contents.device : "cpu";
  }

  /** Internal: the elements, row-major, not to be written. A tracer overrides this with an error. */
  get storage(): Storage {
    return arrayOf(this.contents);
  }
  /** Internal: the elements, wherever they lie. */
  get contents(): Contents {
    if (this.#contents === undefined) throw new Error("Tensor: this tensor has no value.");
    return this.#contents;
  }
  /** Internal: from now on every use is an error that names `taker`. */
  donateTo(taker: string): void {
    this.#contents = new Donated(`this ${describe(this)} was donated to ${taker}`);
  }

  /** A copy of the elements in row-major order. */
  async data(): Promise<TensorData> {
    const contents = this.#contents;
    const storage = contents instanceof Elsewhere ? await contents.read() : this.storage;
    return this.dtype === "bool" ? Uint8Array.from(storage) : storage.slice();
  }

  /** The same tensor with its elements on the host, where `item`, `toArray` and the CPU can read them. */
  async to(device: "cpu"): Promise<Tensor> {
    if (device !== "cpu")
      throw new TypeError(
        `to: got "${String(device)}", expected "cpu". What is on the host goes to the GPU by itself, where it is used there.`,
      );
    const contents = this.#contents;
    return contents instanceof Elsewhere ? new Tensor(this, await contents.read()) : this;
  }

  /** Frees memory of the GPU now; later uses are errors. On the CPU it does nothing: the collector does it. Also by `using x = ...`. */
  dispose(): void {
    if (this.#contents instanceof Elsewhere) this.#contents.dispose();
  }
  static {
    const key = (Symbol as { dispose?: symbol }).dispose;
    if (key !== undefined)
      Object.defineProperty(this.prototype, key, {
        value(this: Tensor) {
          this.dispose();
        },
      });
  }

  /** Nested JS arrays of the tensor's shape (a number for a scalar). */
  toArray(): NestedArray {
    const { storage, dtype } = this;
    let position = 0;
    const build = (depth: number): NestedArray => {
      if (depth === this.shape.length) {
        const value = storage[position++];
        return dtype === "bool" ? value !== 0 : value;
      }
      return Array.from({ length: this.shape[depth] }, () => build(depth + 1));
    };
    return build(0);
  }

  /** The value of a tensor of one element, as a JS number (0 or 1 for bool). */
  item(): number {
    if (this.size !== 1)
      throw new RangeError(
        `item: the tensor has shape ${describeShape(this.shape)}, expected one element. Index or reduce it first, or use toArray().`,
      );
    return this.storage[0];
  }

  toString(): string {
    return formatTensor(this, this.storage);
  }
  toJSON(): NestedArray {
    return this.toArray();
  }
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === "string" ? this.toString() : this.item();
  }
}

/** Internal: a concrete tensor over `storage`, which must not be written afterwards. */
export function fromStorage(type: TensorType, storage: Storage): Tensor {
  if (storage.length !== sizeOf(type.shape))
    throw new Error(`fromStorage: ${describe(type)} needs ${sizeOf(type.shape)} elements, got ${storage.length}.`);
  return new Tensor(type, storage);
}

/** Internal: a tensor of one value. */
export function filled(type: TensorType, value: number): Tensor {
  const storage = dtypes[type.dtype].allocate(sizeOf(type.shape));
  // -0 is not what arrays are full of.
  if (!Object.is(value, 0)) storage.fill(value);
  return new Tensor(type, storage);
}

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
