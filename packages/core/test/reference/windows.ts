import { type Dense, build, coordinates, get } from "./dense.js";

/* Overlapping windows and their sum, from the definition. */

interface Params {
  readonly axes: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** The entry of x that entry `at` of its windows stands for. */
const origin = (at: readonly number[], { axes, stride, dilation }: Params): number[] =>
  at.slice(axes.length).map((o, a) => {
    const k = axes.indexOf(a);
    return k < 0 ? o : o * stride[k] + at[k] * dilation[k];
  });

export const windowsReference = {
  windows: ([x]: readonly Dense[], p: Params & { size: readonly number[] }): Dense[] => {
    const counts = x.shape.map((n, a) => {
      const k = p.axes.indexOf(a);
      if (k < 0) return n;
      let count = 0;
      while (count * p.stride[k] + (p.size[k] - 1) * p.dilation[k] < n) count++;
      return count;
    });
    return [build([...p.size, ...counts], (at) => get(x, origin(at, p)))];
  },
  overlapAdd: ([y]: readonly Dense[], p: Params & { length: readonly number[] }): Dense[] => {
    const shape = y.shape.slice(p.axes.length).map((n, a) => (p.axes.includes(a) ? p.length[p.axes.indexOf(a)] : n));
    return [
      build(shape, (at) =>
        [...coordinates(y.shape)].reduce(
          (sum, from) => (origin(from, p).join() === at.join() ? sum + get(y, from) : sum),
          0,
        ),
      ),
    ];
  },
};
