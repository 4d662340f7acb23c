import { type DType, isFloat } from "../tensor/dtype.js";
import { type TensorType, sameShape } from "../tensor/shape.js";

/** What one parameter of a primitive is, in memory and in a file. `sizes` are integers from 0; so are axes and shapes. */
export type ParamKind = "flag" | "size" | "sizes" | "number" | "text" | "dtype" | "graph" | "graphs";

/** How a primitive is written to a file, and what a file may ask of it. */
export interface Form<P extends object = object> {
  /** Raised when files that name the primitive would be read with another meaning. 1 if absent. */
  readonly version?: number;
  /** In the order of the file. */
  readonly params: { readonly [K in keyof P]-?: ParamKind };
  /**
   * Whether inputs and parameters (of the kinds above, otherwise arbitrary) belong together. `infer` and `lower` may rely on it: no loop
   * and no index of the kernel leaves its buffers.
   */
  accepts(inputs: readonly TensorType[], params: P): boolean;
}

export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** Every axis is one of `rank`, and none is named twice. */
export const areAxes = (axes: readonly number[], rank: number): boolean =>
  new Set(axes).size === axes.length && axes.every((a) => a < rank);

export type Domain = "any" | "number" | "float" | "integer" | "bits";
export const inDomain = (dtype: DType, domain: Domain): boolean =>
  domain === "any" ||
  ((domain === "float" ? isFloat(dtype) : domain === "number" ? dtype !== "bool" : !isFloat(dtype)) &&
    (domain !== "integer" || dtype !== "bool"));

/** `count` inputs (any positive number if absent) of one type, their dtype in `domain`. */
export const alike = (inputs: readonly TensorType[], count?: number, domain: Domain = "any"): boolean =>
  (count === undefined ? inputs.length > 0 : inputs.length === count) &&
  inputs.every((x) => sameType(x, inputs[0]) && inDomain(x.dtype, domain));

/** Whether a constant is one of the values of `dtype`; floats take any number. */
export const representable = (value: number, dtype: DType): boolean =>
  isFloat(dtype) ||
  (dtype === "bool" ? value === 0 || value === 1 : Object.is(dtype === "i32" ? value | 0 : value >>> 0, value));

/** Whether values have these types, one by one. */
export const areTypes = (values: readonly TensorType[], types: readonly TensorType[]): boolean =>
  values.length === types.length && values.every((x, i) => sameType(x, types[i]));
