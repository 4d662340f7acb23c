import { full as fullRaw } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { iota } from "../primitives/iota.js";
import { convert } from "../primitives/conversion.js";
import { type DType, type Storage, dtypes, isDType, isFloat } from "../tensor/dtype.js";
import { type Shape, checkShape, describeShape, sizeOf, type as typeOf } from "../tensor/shape.js";
import { type NestedArray, type Tensor, fromStorage } from "../tensor/tensor.js";
import { add, mul } from "./arithmetic.js";
import { checkTensor, fits as fitsDType } from "./promote.js";

/** What `tensor` accepts: a number, nested arrays of equal lengths, or a typed array with a shape. */
export type TensorData = NestedArray | Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export interface TensorOptions {
  /** Default: f32 for numbers, bool for booleans, the array's own type for typed arrays. */
  readonly dtype?: DType;
  /** For typed and flat arrays: the shape to give them. */
  readonly shape?: Shape;
}

/**
 * A tensor from JS data, which is copied.
 *
 * @throws when rows differ in length, an element is no number, or the shape does not fit.
 * @example tensor([[1, 2], [3, 4]])            // f32 [2, 2]
 * @example tensor(new Float64Array(6), { shape: [2, 3] })
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  const { dtype } = options;
  if (dtype !== undefined) checkDType("tensor", dtype);
  if (ArrayBuffer.isView(data)) {
    const own = typedArrayDType(data);
    const chosen = dtype ?? own;
    const shape = [...(options.shape ?? [data.length])];
    fits(shape, data.length);
    return fromStorage(typeOf(chosen, shape), storageOf(chosen, data));
  }
  const shape: number[] = [];
  for (let node: unknown = data; Array.isArray(node); node = node[0]) shape.push(node.length);
  const values: number[] = [];
  let booleans = true;
  const visit = (node: NestedArray, depth: number, path: string): void => {
    if (Array.isArray(node)) {
      if (depth === shape.length || node.length !== shape[depth])
        throw new RangeError(
          `tensor: data${path} has ${depth === shape.length ? "an array" : `${node.length} entries`}, expected ${depth === shape.length ? "a number" : shape[depth]} as in the first row. Rows must have equal lengths.`,
        );
      node.forEach((child, i) => visit(child as NestedArray, depth + 1, `${path}[${i}]`));
      return;
    }
    if (depth !== shape.length || (typeof node !== "number" && typeof node !== "boolean"))
      throw new TypeError(
        `tensor: data${path} is ${node === null ? "null" : typeof node === "object" ? "an object" : `${typeof node} ${String(node)}`}, expected ${depth === shape.length ? "a number" : "an array"}.`,
      );
    if (typeof node === "number") booleans = false;
    values.push(Number(node));
  };
  visit(data as NestedArray, 0, "");
  const chosen = dtype ?? (booleans && values.length > 0 ? "bool" : "f32");
  if (options.shape !== undefined) fits(options.shape, values.length);
  return fromStorage(typeOf(chosen, [...(options.shape ?? shape)]), storageOf(chosen, values));
}

function fits(shape: Shape, length: number): void {
  checkShape("tensor", shape);
  if (sizeOf(shape) !== length)
    throw new RangeError(`tensor: shape ${describeShape(shape)} needs ${sizeOf(shape)} elements, got ${length}.`);
}

function typedArrayDType(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Float64Array) return "f64";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Uint8Array) return "bool";
  throw new TypeError(
    `tensor: got ${data.constructor.name}, expected Float32Array, Float64Array, Int32Array, Uint32Array or Uint8Array (for bool).`,
  );
}

function storageOf(dtype: DType, values: ArrayLike<number>): Storage {
  const storage = dtypes[dtype].allocate(values.length);
  if (!isFloat(dtype))
    for (let i = 0; i < values.length; i++)
      if (!fitsDType(Math.trunc(values[i]), dtype) || Number.isNaN(values[i]))
        throw new RangeError(
          `tensor: element ${i} is ${values[i]}, which does not fit ${dtype}. Give it the dtype f32 or f64, or clean the data.`,
        );
  if (dtype === "bool") for (let i = 0; i < values.length; i++) storage[i] = values[i] === 0 ? 0 : 1;
  else storage.set(values);
  return storage;
}

export function checkDType(operation: string, dtype: unknown): asserts dtype is DType {
  if (!isDType(dtype))
    throw new TypeError(`${operation}: dtype is ${String(dtype)}, expected one of ${Object.keys(dtypes).join(", ")}.`);
}

/** A tensor of one value. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  return filledWith("full", shape, value, dtype);
}
export function zeros(shape: Shape, dtype: DType = "f32"): Tensor {
  return filledWith("zeros", shape, 0, dtype);
}
export function ones(shape: Shape, dtype: DType = "f32"): Tensor {
  return filledWith("ones", shape, 1, dtype);
}
function filledWith(name: string, shape: Shape, value: number, dtype: DType): Tensor {
  checkShape(name, shape);
  checkDType(name, dtype);
  if (typeof value !== "number" && typeof value !== "boolean")
    throw new TypeError(`${name}: the value is ${typeof value}, expected a number.`);
  if (!isFloat(dtype) && !(Number.isInteger(Number(value)) && fitsDType(Number(value), dtype)))
    throw new RangeError(
      `${name}: the value ${value} does not fit ${dtype}. Give a float dtype, or a whole number in range.`,
    );
  return fullRaw(typeOf(dtype, [...shape]), dtype === "bool" ? Number(Boolean(value)) : Number(value));
}
/** Zeros with the shape and dtype of x. */
export function zerosLike(x: Tensor): Tensor {
  checkTensor("zerosLike", "x", x);
  return full(x.shape, 0, x.dtype);
}
/** Ones with the shape and dtype of x. */
export function onesLike(x: Tensor): Tensor {
  checkTensor("onesLike", "x", x);
  return full(x.shape, 1, x.dtype);
}

/** arange(stop) or arange(start, stop, step): i32 for integers, else f32, unless a dtype is given. The stop is not included. */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0)
    throw new RangeError(
      `arange: got start ${from}, stop ${to}, step ${step}, expected finite numbers and a step other than 0.`,
    );
  const n = Math.max(0, Math.ceil((to - from) / step));
  const chosen = dtype ?? ([from, step].every(Number.isInteger) ? "i32" : "f32");
  checkDType("arange", chosen);
  const whole = [from, step].every(Number.isInteger);
  if (
    chosen === "bool" ||
    (!isFloat(chosen) && !(whole && [from, from + (n - 1) * step].every((x) => fitsDType(x, chosen))))
  )
    throw new RangeError(
      `arange: start ${from}, stop ${to}, step ${step} do not give values of ${chosen}. Name the dtype f64 or f32 as the fourth argument.`,
    );
  const index = iota(chosen, [n], 0);
  return from === 0 && step === 1 ? index : add(mul(index, step), from);
}

/** `count` evenly spaced values from start to stop, both included. */
export function linspace(start: number, stop: number, count: number, dtype: "f32" | "f64" = "f32"): Tensor {
  if (typeof start !== "number" || typeof stop !== "number")
    throw new TypeError(`linspace: start is ${typeof start} and stop ${typeof stop}, expected numbers.`);
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`linspace: count is ${count}, expected a non-negative integer.`);
  checkDType("linspace", dtype);
  if (!isFloat(dtype)) throw new TypeError(`linspace: dtype is ${String(dtype)}, expected f32 or f64.`);
  const values = Float64Array.from({ length: count }, (_, i) =>
    i === count - 1 && count > 1 ? stop : start + (count > 1 ? ((stop - start) * i) / (count - 1) : 0),
  );
  return fromStorage(typeOf(dtype, [count]), storageOf(dtype, values));
}

/** The identity matrix of n rows (and m columns). */
export function eye(n: number, m: number = n, dtype: DType = "f32"): Tensor {
  checkShape("eye", [n, m]);
  checkDType("eye", dtype);
  const diagonal = choose("eq", iota("i32", [n, m], 0), iota("i32", [n, m], 1));
  return select(diagonal, fullRaw(typeOf(dtype, [n, m]), 1), fullRaw(typeOf(dtype, [n, m]), 0));
}

/** The same values as another dtype. Floats truncate and saturate to integers; to bool is "not zero". */
export function astype(x: Tensor, dtype: DType): Tensor {
  checkTensor("astype", "x", x);
  checkDType("astype", dtype);
  return convert(x, dtype);
}
