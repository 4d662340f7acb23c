import { type Shape, Tensor, isTensor, tensor, where } from "@cotangent/core";
import type { Constraint } from "../constraints/index.js";

/** A number, or a tensor of any numeric dtype; computed with in f64. */
export type Parameter = number | Tensor;

/** A distribution of independent numbers, whose parameters broadcast. All results are f64. */
export interface Distribution {
  readonly name: string;
  /** Where the density is not zero. */
  readonly support: Constraint;
  /** What the parameters broadcast to. */
  readonly shape: Shape;
  /** The parameters of location-scale families: x = location + scale z, z ~ standard. */
  readonly locationScale?: { readonly location: Tensor; readonly scale: Tensor; readonly standard: Distribution };
  /** Log density, or log probability, of each element of x broadcast with the parameters; -Infinity outside the support. */
  logDensity(x: Parameter): Tensor;
  /**
   * Independent draws.
   *
   * @param key u32 [2]
   * @param shape of the result, to which the parameters must broadcast; default: the distribution's own
   */
  sample(key: Tensor, shape?: Shape): Tensor;
  /** Of the distribution's shape. NaN where it does not exist. */
  readonly mean: Tensor;
  /** Of the distribution's shape. Infinity where it diverges, NaN where there is no mean. */
  readonly variance: Tensor;
}

/** x in f64. */
export const float64 = (x: Parameter): Tensor => (isTensor(x) ? x.astype("f64") : tensor(x, { dtype: "f64" }));

/** The values of x, or undefined while it is being traced. */
export const valuesOf = (x: Tensor): ArrayLike<number> | undefined =>
  Object.getPrototypeOf(x) === Tensor.prototype ? x.storage : undefined;

/** A parameter in f64; any finite number. @throws RangeError if it has a value that makes no sense */
export const location = (of: string, name: string, x: Parameter): Tensor =>
  checked(of, name, x, Number.isFinite, "a finite number");

/** A parameter in f64; finite and positive. @throws RangeError if it has a value that makes no sense */
export const positiveParameter = (of: string, name: string, x: Parameter): Tensor =>
  checked(of, name, x, (v) => v > 0 && v < Infinity, "a finite number above 0");

function checked(of: string, name: string, x: Parameter, good: (v: number) => boolean, expected: string): Tensor {
  if (typeof x !== "number" && !isTensor(x))
    throw new TypeError(`${of}: ${name} is ${x === null ? "null" : typeof x}, expected a number or a tensor.`);
  const values = isTensor(x) ? valuesOf(x) : [x];
  const bad = values === undefined ? -1 : Array.prototype.findIndex.call(values, (v: number) => !good(v));
  if (values !== undefined && bad >= 0)
    throw new RangeError(
      `${of}: ${name} is ${values[bad]}${values.length > 1 ? ` at element ${bad}` : ""}, expected ${expected}. Check the data and the parameters it is computed from.`,
    );
  return float64(x);
}

/** The shape that all the shapes broadcast to. @throws RangeError if they do not */
export function broadcastShapes(of: string, ...shapes: Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const here = shape[axis - rank + shape.length] ?? 1;
      if (here === 1 || here === size) continue;
      if (size !== 1)
        throw new RangeError(`${of}: shapes ${shapes.map((s) => `[${s.join(", ")}]`).join(" and ")} do not broadcast.`);
      size = here;
    }
    return size;
  });
}

/** f(x) inside the support, -Infinity outside; there f sees `harmless` instead, so that no gradient turns NaN. */
export function within(support: Constraint, x: Tensor, harmless: Parameter, f: (x: Tensor) => Tensor): Tensor {
  const inside = support.contains(x);
  return where(inside, f(where(inside, x, harmless)), -Infinity);
}
