import { type DType, type Tensor, isTensor, tree } from "@cotangent/core";

/** A number, or a scalar tensor, which may be traced or differentiated. */
export type Hyperparameter = number | Tensor;

/** A value for each step: the step is a float scalar that counts from 0. */
export type Schedule = (step: Tensor) => Hyperparameter;

/** Replacements for some hyperparameters, by name. */
export type Hyper<Name extends string = "learningRate"> = { readonly [K in Name]?: Hyperparameter | undefined };

/** What a hyperparameter may be; numbers are checked, the value of a tensor is not known while it is traced. */
export interface Range {
  readonly expected: string;
  readonly allows: (value: number) => boolean;
  readonly remedy: string;
}

export const ranges: Readonly<Record<"learningRate" | "weightDecay" | "decayRate" | "positive", Range>> = {
  learningRate: {
    expected: "a finite number of at least 0",
    allows: (x) => x >= 0 && x < Infinity,
    remedy: "Use 1e-3 if in doubt.",
  },
  weightDecay: {
    expected: "a finite number of at least 0",
    allows: (x) => x >= 0 && x < Infinity,
    remedy: "Use 0.01 if in doubt, 0 for none.",
  },
  decayRate: { expected: "a number from 0 to below 1", allows: (x) => x >= 0 && x < 1, remedy: "Use 0.9 if in doubt." },
  positive: {
    expected: "a positive finite number",
    allows: (x) => x > 0 && x < Infinity,
    remedy: "Use 1e-8 for epsilon, 1 for a norm.",
  },
};

/** Throws unless `value` is a number in the range or a float scalar. Returns it. */
export function checked(operation: string, name: string, value: unknown, range: Range): Hyperparameter {
  if (isTensor(value)) {
    if (value.ndim !== 0 || (value.dtype !== "f32" && value.dtype !== "f64"))
      throw new TypeError(
        `${operation}: ${name} is ${value.dtype}[${value.shape.join(", ")}], expected a number or a float scalar. Use one value for all parameters.`,
      );
    return value;
  }
  if (typeof value !== "number" || !range.allows(value))
    throw new RangeError(`${operation}: ${name} is ${String(value)}, expected ${range.expected}. ${range.remedy}`);
  return value;
}

/** As `checked`, where a function of the step will do as well. */
export function checkedSchedule(
  operation: string,
  name: string,
  value: unknown,
  range: Range,
): Hyperparameter | Schedule {
  return typeof value === "function" ? (value as Schedule) : checked(operation, name, value, range);
}

/** The value at a step, in place of which `hyper` may have another. */
export function valueAt(
  operation: string,
  name: string,
  given: Hyperparameter | Schedule,
  replaced: Hyperparameter | undefined,
  range: Range,
  count: Tensor,
  params: unknown,
): Hyperparameter {
  if (replaced !== undefined) return checked(operation, name, replaced, range);
  if (typeof given !== "function") return given;
  return checked(operation, `${name}(step)`, given(count.astype(widest(params))), range);
}

/** The widest float among the leaves, so that schedules and norms lose nothing. */
export const widest = (params: unknown): "f32" | "f64" =>
  tree.leaves(params).some((x) => x.dtype === "f64") ? "f64" : "f32";

/** A hyperparameter in arithmetic with leaves of a dtype, which it must not widen. */
export const cast = (value: Hyperparameter, dtype: DType): Hyperparameter =>
  typeof value === "number" ? value : value.astype(dtype);
