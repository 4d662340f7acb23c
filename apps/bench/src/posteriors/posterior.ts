import { type Tensor, tensor } from "@cotangent/core";

/** A log density over unconstrained parameters, as Stan's sampler sees it, with the data of posteriordb. */
export interface Posterior {
  readonly name: string;
  /** In shared/posteriordb. */
  readonly folder: string;
  /** Shapes of the unconstrained parameters, in the order of Stan's vector. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** The log density up to a constant, the Jacobian of the constraining transforms included. */
  logDensity(data: Data): (parameters: Parameters) => Tensor;
}
/** Columns, matrices and numbers of data.json. */
export type Data = Readonly<Record<string, number | readonly number[] | readonly (readonly number[])[]>>;
/** Unconstrained, by name. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** A column or matrix of the data in f64. */
export const column = (data: Data, name: string): Tensor => tensor(data[name] as number[], { dtype: "f64" });

/** The named parameters in Stan's vector. */
export function parametersOf(posterior: Posterior, vector: ArrayLike<number>): Parameters {
  let next = 0;
  const entries = Object.entries(posterior.parameters).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float64Array.from({ length: size }, () => vector[next++]);
    return [name, tensor(values, { shape })] as const;
  });
  return Object.fromEntries(entries);
}

/** Stan's vector of what is named: parameters, or their gradient. */
export const vectorOf = (posterior: Posterior, parameters: Parameters): number[] =>
  Object.keys(posterior.parameters).flatMap((name) => [parameters[name].toArray()].flat() as number[]);
