import { reshape } from "../primitives/basis.js";
import { concat, flip, slice } from "../primitives/shape.js";
import { describe, inserted, normalizeAxis, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";

/**
 * associativeScan : ((e, e) -> e, [e]) -> [e]. All running results x_0, f(x_0, x_1), f(f(x_0, x_1), x_2), ... of an associative
 * function, in a logarithmic number of calls over whole slices of the axis and with a linear amount of work.
 *
 * @param f an associative function of two trees, elementwise along `axis`: it gets many elements at once, and returns as many.
 * @param xs a tree of tensors that share the size of `axis`.
 * @param options.reverse accumulates from the end.
 * @param options.axis default 0.
 * @throws when sizes along the axis differ, or f changes structure, shape or dtype (naming the leaf).
 * @example // h_n = a_n h_{n-1} + b_n
 * associativeScan((l: { a: Tensor; b: Tensor }, r) => ({ a: l.a.mul(r.a), b: r.a.mul(l.b).add(r.b) }), { a, b })
 * @see G. E. Blelloch, Prefix sums and their applications (1990)
 */
export function associativeScan<E>(
  f: (left: E, right: E) => E,
  xs: E,
  options: { readonly reverse?: boolean; readonly axis?: number } = {},
): E {
  if (typeof f !== "function") throw new TypeError(`associativeScan: got ${typeof f}, expected a function.`);
  const { reverse = false, axis = 0 } = options;
  const { leaves, structure } = flatten(xs, "associativeScan: xs");
  const paths = leafPaths(structure);
  const axes = leaves.map((x) => normalizeAxis("associativeScan", axis, x.ndim));
  const size = leaves[0]?.shape[axes[0]];
  leaves.forEach((x, i) => {
    if (x.shape[axes[i]] !== size)
      throw new RangeError(
        `associativeScan: xs leaf ${paths[i]} is ${describe(x)} with ${x.shape[axes[i]]} elements along axis ${axis}, expected ${size}.`,
      );
  });
  const flipped = (all: readonly Tensor[]): Tensor[] => all.map((x, i) => (reverse ? flip(x, [axes[i]]) : x));

  const combine = (left: readonly Tensor[], right: readonly Tensor[]): Tensor[] => {
    const [a, b] = [unflatten<E>(structure, left), unflatten<E>(structure, right)];
    const out = flattenLike("associativeScan", structure, f(a, b), "the result of f");
    out.forEach((y, i) => {
      if (!sameShape(y.shape, left[i].shape) || y.dtype !== left[i].dtype)
        throw new TypeError(
          `associativeScan: leaf ${paths[i] || "0"} goes into f as ${describe(left[i])} and comes out as ${describe(y)}. f works elementwise along the axis and keeps shape and dtype.`,
        );
    });
    return out;
  };
  const part = (all: readonly Tensor[], from: number, step = 1, drop = 0): Tensor[] =>
    all.map((x, i) =>
      slice(
        x,
        x.shape.map((_, a) => (a === axes[i] ? from : 0)),
        x.shape.map((n, a) => (a === axes[i] ? Math.max(from, n - drop) : n)),
        x.shape.map((_, a) => (a === axes[i] ? step : 1)),
      ),
    );
  const joined = (parts: readonly (readonly Tensor[])[]): Tensor[] =>
    axes.map((a, i) =>
      concat(
        parts.map((p) => p[i]),
        a,
      ),
    );
  /** e_0 o_0 e_1 o_1 ..., of as many even elements as odd ones. */
  const interleaved = (even: readonly Tensor[], odd: readonly Tensor[]): Tensor[] =>
    axes.map((a, i) => {
      const { shape } = even[i];
      const pairs = concat(
        [even, odd].map((p) => reshape(p[i], inserted(shape, a + 1, 1))),
        a + 1,
      );
      return reshape(pairs, shape.with(a, 2 * shape[a]));
    });
  const run = (all: readonly Tensor[], n: number): readonly Tensor[] => {
    if (n < 2) return all;
    const half = Math.floor(n / 2);
    // Results at odd positions are those of the pairs; each even position adds one element to its left neighbour.
    const odd = run(combine(part(all, 0, 2, n % 2), part(all, 1, 2)), half);
    const first = part(all, 0, 1, n - 1);
    if (n === 2) return joined([first, odd]);
    const later = combine(n % 2 === 0 ? part(odd, 0, 1, 1) : odd, part(all, 2, 2));
    if (n % 2 === 0) return interleaved(joined([first, later]), odd);
    return joined([interleaved(joined([first, part(later, 0, 1, 1)]), odd), part(later, half - 1)]);
  };
  return unflatten<E>(structure, flipped(run(flipped(leaves), size ?? 0)));
}
