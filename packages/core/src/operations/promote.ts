import { scalar } from "../graph/record.js";
import { broadcast, reshape } from "../primitives/basis.js";
import { convert } from "../primitives/conversion.js";
import { type DType, isFloat } from "../tensor/dtype.js";
import { type Shape, broadcastShapes, describeShape, range, sameShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";

/** What operations accept beside tensors: a JS number or boolean, which takes the dtype of the tensor it meets. */
export type TensorLike = Tensor | number | boolean;

/**
 * The common dtype of operands: a wider float wins; a float wins over integers; bool yields to all; i32 with u32 is an error.
 * Weak operands (JS numbers) do not count, except that a fractional or traced number makes integers f32.
 */
export function promote(operation: string, inputs: readonly TensorLike[]): Tensor[] {
  let dtype: DType | undefined;
  for (const x of inputs) if (x instanceof Tensor && !x.weak) dtype = wider(operation, dtype, x.dtype);
  const traced = inputs.some((x) => x instanceof Tensor && x.weak);
  if (dtype === undefined) {
    if (traced) return inputs.map((x) => (x instanceof Tensor ? x : weak(operation, x)));
    dtype = inputs.every((x) => typeof x === "boolean") ? "bool" : "f32";
  } else if (!isFloat(dtype)) {
    const fractional = inputs.some((x) => typeof x === "number" && !Number.isInteger(x));
    if (fractional || traced) dtype = "f32";
    else if (dtype === "bool" && inputs.some((x) => typeof x === "number")) dtype = "i32";
  }
  const common = dtype;
  return inputs.map((x) => (x instanceof Tensor ? convert(x, common) : number(operation, x, common)));
}

/** The float of most digits: f64, but where a GPU holds x, which has none. */
export const widest = (x: Tensor): "f32" | "f64" => (x.device === "cpu" ? "f64" : "f32");

const weak = (operation: string, x: number | boolean): Tensor => {
  check(operation, x);
  return scalar(Number(x), "f64", true);
};

function number(operation: string, x: number | boolean, dtype: DType): Tensor {
  check(operation, x);
  if (!fits(Number(x), dtype))
    throw new RangeError(
      `${operation}: the number ${x} does not fit the ${dtype} of the tensor it meets. Cast the tensor to f64 with astype first.`,
    );
  return scalar(Number(x), dtype);
}

function check(operation: string, x: unknown): void {
  if (typeof x !== "number" && typeof x !== "boolean")
    throw new TypeError(
      `${operation}: an operand is ${x === null ? "null" : Array.isArray(x) ? "an array" : typeof x}, expected a Tensor or a number. ` +
        (Array.isArray(x) ? "Wrap it with tensor(...)." : ""),
    );
}

const RANK: Readonly<Record<DType, number>> = { bool: 0, i32: 1, u32: 1, f32: 2, f64: 3 };

function wider(operation: string, a: DType | undefined, b: DType): DType {
  if (a === undefined || a === b) return b;
  if (RANK[a] === RANK[b])
    throw new TypeError(
      `${operation}: operands are ${a} and ${b}, which have no common integer type. Cast one with astype.`,
    );
  return RANK[a] > RANK[b] ? a : b;
}

/** Common dtype and common shape, with explicit broadcasts. */
export function align(operation: string, ...inputs: TensorLike[]): Tensor[] {
  if (areAligned(inputs)) return inputs;
  const promoted = promote(operation, inputs);
  const shape = promoted.reduce<Shape | undefined>((s, x) => (s === undefined ? s : broadcastShapes(s, x.shape)), []);
  if (shape === undefined)
    throw new RangeError(
      `${operation}: shapes ${promoted.map((x) => describeShape(x.shape)).join(" and ")} do not broadcast. ` +
        "Sizes must be equal or 1, counted from the last axis; reshape or expandDims one of them.",
    );
  return promoted.map((x) => broadcastTo(x, shape));
}

/** Tensors of one shape and one dtype, as most operands are. */
function areAligned(inputs: readonly TensorLike[]): inputs is Tensor[] {
  const [first] = inputs;
  if (!(first instanceof Tensor)) return false;
  for (const x of inputs)
    if (!(x instanceof Tensor) || x.weak || x.dtype !== first.dtype || !sameShape(x.shape, first.shape)) return false;
  return true;
}

/** Stretches axes of size 1 and adds leading axes; the caller has checked that it can. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return broadcast(
    unit(x, shape),
    shape,
    range(x.ndim, shape.length - x.ndim).filter((a) => x.shape[a - shape.length + x.ndim] === shape[a]),
  );
}

/** Drops the axes of size 1 that are to be stretched: broadcast wants equal sizes. */
function unit(x: Tensor, shape: Shape): Tensor {
  const from = shape.length - x.ndim;
  const kept = x.shape.filter((n, i) => n === shape[i + from]);
  return kept.length === x.ndim ? x : reshape(x, kept);
}

/** A float operand: integers and bools become f32. */
export function toFloat(operation: string, x: TensorLike): Tensor {
  const [t] = promote(operation, [x]);
  return isFloat(t.dtype) ? t : convert(t, "f32");
}

/** Whether an integer dtype can hold a whole number; floats and bools take any. */
export function fits(x: number, dtype: DType): boolean {
  if (dtype === "i32") return x >= -(2 ** 31) && x < 2 ** 31;
  return dtype !== "u32" || (x >= 0 && x < 2 ** 32);
}

/** Throws unless `value` is a tensor, for arguments that may not be numbers. */
export function checkTensor(operation: string, argument: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor))
    throw new TypeError(
      `${operation}: ${argument} is ${value === null ? "null" : Array.isArray(value) ? "an array" : typeof value}, expected a Tensor. Wrap it with tensor(...).`,
    );
}

/** Throws unless `value` is one of the names that an option can have. */
export function checkChoice(operation: string, option: string, value: unknown, names: readonly string[]): void {
  if (!names.includes(value as string))
    throw new RangeError(`${operation}: ${option} is ${String(value)}, expected ${names.join(", ")}.`);
}

/** bool counts as i32 where arithmetic would not stay within it. */
export const countable = (x: Tensor): Tensor => (x.dtype === "bool" ? convert(x, "i32") : x);

/** A tensor operand; numbers become scalars. */
export function toTensor(operation: string, x: TensorLike): Tensor {
  return promote(operation, [x])[0];
}
