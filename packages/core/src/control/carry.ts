import { convert } from "../primitives/conversion.js";
import { describe, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Flattened, type Structure, leafPaths, structureKey } from "../tensor/tree.js";

/** A weak scalar would change its dtype inside a loop: it is settled first. */
export const settledCarry = (leaves: readonly Tensor[]): Tensor[] =>
  leaves.map((x) => (x.weak ? convert(x, "f32") : x));

/** The leaves of the next carry; throws, naming the leaf, unless they have the structure and types of the carry. */
export function checkCarry(name: string, structure: Structure, carry: readonly Tensor[], next: Flattened): Tensor[] {
  if (structureKey(structure) !== structureKey(next.structure))
    throw new TypeError(
      `${name}: the carry has leaves {${leafPaths(structure).join(", ")}} but the step returned {${leafPaths(next.structure).join(", ")}}. Return the same structure.`,
    );
  const leaves = next.leaves.map((y, i) => (y.weak && carry[i].shape.length === 0 ? convert(y, carry[i].dtype) : y));
  carry.forEach((x, i) => {
    if (!sameShape(x.shape, leaves[i].shape) || x.dtype !== leaves[i].dtype)
      throw new TypeError(
        `${name}: carry leaf ${leafPaths(structure)[i] || "0"} goes in as ${describe(x)} and comes out as ${describe(leaves[i])}. ` +
          "It must keep its shape and dtype: cast or broadcast it before the loop.",
      );
  });
  return leaves;
}
