import { type Tensor, tree, where } from "@cotangent/core";
import { type Hyperparameter, cast, checked, ranges, widest } from "./hyper.js";
import { type Transform, mapLike } from "./optimizer.js";
import { safeSqrt } from "./safeSqrt.js";

/** The length of a tree as one long vector: the root of the sum of all squares, a scalar of the widest dtype among the leaves. */
export function globalNorm(x: unknown): Tensor {
  const dtype = widest(x);
  const squares = tree.leaves(x).map((leaf) => leaf.astype(dtype).square().sum());
  return safeSqrt(squares.reduce((a, b) => a.add(b)));
}

/**
 * Shortens the gradients, all by one factor, to a length of at most `maxNorm`: the direction stays.
 *
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 1e-3 }));
 * ```
 *
 * @throws RangeError for a norm that is not positive
 * @see Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1
 */
export function clipByGlobalNorm(maxNorm: Hyperparameter): Transform<Record<never, never>, "maxNorm"> {
  const limit = checked("clipByGlobalNorm", "maxNorm", maxNorm, ranges.positive);
  return {
    name: "clipByGlobalNorm",
    hyperparameters: ["maxNorm"],
    init: () => ({}),
    update({ updates, state, hyper }) {
      const most = checked("clipByGlobalNorm.update", "maxNorm", hyper?.maxNorm ?? limit, ranges.positive);
      const norm = globalNorm(updates);
      const long = norm.greater(cast(most, norm.dtype));
      const scale = where(long, where(long, norm, 1).reciprocal().mul(cast(most, norm.dtype)), 1);
      return { updates: mapLike((g) => g.mul(scale.astype(g.dtype)), updates), state };
    },
  };
}
