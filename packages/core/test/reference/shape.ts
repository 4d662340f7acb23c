import { type Dense, build, coordinates, get, position } from "./dense.js";

/* Windows and scatters, one element at a time. */

type Reference = (inputs: readonly Dense[], params: any) => Dense[];

const scatter =
  (merge: (old: number, update: number) => number): Reference =>
  ([x, indices, u], { batchDims }) => {
    const values = [...x.values];
    for (const at of coordinates(u.shape)) {
      const i = get(indices, at.slice(0, indices.shape.length));
      if (i < 0 || i >= x.shape[batchDims]) continue;
      const to = position(x.shape, [...at.slice(0, batchDims), i, ...at.slice(indices.shape.length)]);
      values[to] = merge(values[to], get(u, at));
    }
    return [{ shape: x.shape, values }];
  };

/** Where element `at` of a window of `sizes` lies in x. */
const within = (x: Dense, starts: Dense, sizes: readonly number[], batchDims: number, at: readonly number[]) =>
  at.map((i, a) => {
    if (a < batchDims) return i;
    const start = get(starts, [...at.slice(0, batchDims), a - batchDims]);
    return Math.max(0, Math.min(x.shape[a] - sizes[a - batchDims], start)) + i;
  });

export const shapeReference: Readonly<Record<string, Reference>> = {
  scatterMax: scatter(Math.max),
  scatterMin: scatter(Math.min),
  dynamicSlice: ([x, starts], { sizes, batchDims }) => [
    build([...x.shape.slice(0, batchDims), ...sizes], (at) => get(x, within(x, starts, sizes, batchDims, at))),
  ],
  dynamicUpdateSlice: ([x, u, starts], { batchDims }) => {
    const values = [...x.values];
    for (const at of coordinates(u.shape))
      values[position(x.shape, within(x, starts, u.shape.slice(batchDims), batchDims, at))] = get(u, at);
    return [{ shape: x.shape, values }];
  },
};
