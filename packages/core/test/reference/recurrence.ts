import { type Dense, build, get } from "./dense.js";

/* Naive loops for what runs along an axis. */

interface Along {
  readonly axis: number;
  readonly reverse: boolean;
}
/** The positions along the axis up to and including `k`, in walking order. */
const upTo = (k: number, n: number, reverse: boolean): number[] => {
  const walk = Array.from({ length: n }, (_, i) => (reverse ? n - 1 - i : i));
  return walk.slice(0, walk.indexOf(k) + 1);
};

export const recurrenceReference = {
  linearRecurrence: ([a, b]: readonly Dense[], { axis, reverse }: Along): Dense[] => [
    build(a.shape, (at) =>
      upTo(at[axis], a.shape[axis], reverse).reduce(
        (h, k, i) => (i === 0 ? 0 : get(a, at.with(axis, k)) * h) + get(b, at.with(axis, k)),
        0,
      ),
    ),
  ],
  cumulativeArgExtremum: ([x]: readonly Dense[], { axis, reverse, largest }: Along & { largest: boolean }): Dense[] => [
    build(x.shape, (at) => {
      const seen = upTo(at[axis], x.shape[axis], reverse);
      const value = (k: number): number => get(x, at.with(axis, k));
      const nan = seen.find((k) => Number.isNaN(value(k)));
      if (nan !== undefined) return nan;
      const best = largest ? Math.max(...seen.map(value)) : Math.min(...seen.map(value));
      return seen.findLast((k) => value(k) === best) as number;
    }),
  ],
};
