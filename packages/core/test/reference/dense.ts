/** A dense array of f64, whatever the dtype of the tensor it stands for. Nothing here imports from the library's compiler. */
export interface Dense {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const count = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** All coordinates of a shape, row-major. */
export function coordinates(shape: readonly number[]): number[][] {
  const at = shape.map(() => 0);
  return Array.from({ length: count(shape) }, () => {
    const here = at.slice();
    for (let a = shape.length - 1; a >= 0 && ++at[a] === shape[a]; a--) at[a] = 0;
    return here;
  });
}

export function position(shape: readonly number[], at: readonly number[]): number {
  let sum = 0;
  for (let a = 0; a < at.length; a++) sum = sum * shape[a] + at[a];
  return sum;
}
export const get = (x: Dense, at: readonly number[]): number => x.values[position(x.shape, at)];

/** A dense array from a function of its coordinates. */
export function build(shape: readonly number[], f: (at: number[]) => number): Dense {
  return { shape, values: coordinates(shape).map(f) };
}

export const zip = (inputs: readonly Dense[], f: (...x: number[]) => number): Dense => ({
  shape: inputs[0].shape,
  values: inputs[0].values.map((_, i) => f(...inputs.map((x) => x.values[i]))),
});
