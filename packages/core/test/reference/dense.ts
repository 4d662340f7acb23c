/** A dense array of f64, whatever the dtype of the tensor it stands for. Nothing here imports from the library's compiler. */
export interface Dense {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const count = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** All coordinates of a shape, row-major. */
export function* coordinates(shape: readonly number[]): Generator<number[]> {
  const n = count(shape);
  for (let k = 0; k < n; k++) {
    const at: number[] = [];
    let rest = k;
    for (let a = shape.length - 1; a >= 0; a--) {
      at.unshift(rest % shape[a]);
      rest = Math.floor(rest / shape[a]);
    }
    yield at;
  }
}

export const position = (shape: readonly number[], at: readonly number[]): number =>
  at.reduce((sum, i, a) => sum * shape[a] + i, 0);
export const get = (x: Dense, at: readonly number[]): number => x.values[position(x.shape, at)];

/** A dense array from a function of its coordinates. */
export function build(shape: readonly number[], f: (at: number[]) => number): Dense {
  return { shape, values: [...coordinates(shape)].map(f) };
}

export const zip = (inputs: readonly Dense[], f: (...x: number[]) => number): Dense => ({
  shape: inputs[0].shape,
  values: inputs[0].values.map((_, i) => f(...inputs.map((x) => x.values[i]))),
});
