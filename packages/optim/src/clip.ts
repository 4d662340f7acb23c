import { type Tensor, minimum, tree, where } from "@cotangent/core";
import type { Transform } from "./transform.js";

/** Length of all leaves together as one vector; its derivative at 0 is 0. */
export function globalNorm(updates: unknown): Tensor {
  const squares = tree.leaves(updates).map((u) => u.square().sum());
  const total = squares.reduce((a, b) => a.add(b));
  const positive = total.greater(0);
  return where(positive, where(positive, total, 1).sqrt(), 0);
}

/**
 * Scales all updates by one factor so that their global norm is at most `maximum`.
 *
 * @see Pascanu, Mikolov, Bengio (2013), arXiv 1211.5063
 */
export function clipByGlobalNorm(maximum: number): Transform<undefined> {
  if (!(maximum > 0))
    throw new RangeError(`clipByGlobalNorm: maximum is ${maximum}, expected a positive number. Use 1 if in doubt.`);
  return {
    init: () => undefined,
    update({ updates }) {
      const norm = globalNorm(updates);
      const factor = minimum(1, norm.maximum(1e-30).reciprocal().mul(maximum));
      return { updates: tree.map((u) => u.mul(factor.astype(u.dtype)), updates), state: undefined };
    },
  };
}
