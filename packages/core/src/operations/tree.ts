import { flatten as flattenTree, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { type Tensor, isTensor } from "../tensor/tensor.js";
import { describe } from "../tensor/shape.js";
import { concat, slice } from "../primitives/shape.js";
import { convert } from "../primitives/conversion.js";
import { reshape } from "../primitives/basis.js";
import { promote } from "./promote.js";

/* Functions over trees: a tensor, or an array or plain object of trees. Types and structure are kept. */

/** Applies f to each leaf, or to corresponding leaves of several trees of one structure. */
export function map<T>(f: (...leaves: Tensor[]) => Tensor, tree: T, ...rest: readonly NoInfer<T>[]): T {
  const { leaves, structure } = flattenTree(tree, "tree.map");
  const others = rest.map((t, i) => flattenLike("tree.map", structure, t, `tree ${i + 1}`));
  return unflatten<T>(
    structure,
    leaves.map((x, i) => f(x, ...others.map((o) => o[i]))),
  );
}
/** As `map`, with the leaf's path (`layers[0].weight`) in front. */
export function mapWithPath<T>(f: (path: string, leaf: Tensor) => Tensor, tree: T): T {
  const { leaves, structure } = flattenTree(tree, "tree.mapWithPath");
  const paths = leafPaths(structure);
  return unflatten<T>(
    structure,
    leaves.map((x, i) => f(paths[i], x)),
  );
}
/** The leaves in order: object keys sorted, arrays by position. */
export function leaves(tree: unknown): Tensor[] {
  return flattenTree(tree, "tree.leaves").leaves;
}
/** The path of each leaf, in the order of `leaves`. */
export function paths(tree: unknown): string[] {
  return leafPaths(flattenTree(tree, "tree.paths").structure);
}
/** [path, leaf] pairs. */
export function entries(tree: unknown): [string, Tensor][] {
  const { leaves: all, structure } = flattenTree(tree, "tree.entries");
  return leafPaths(structure).map((path, i) => [path, all[i]]);
}
/** The tree with other leaves, in order. */
export function replace<T>(tree: T, newLeaves: readonly Tensor[]): T {
  const { leaves: old, structure } = flattenTree(tree, "tree.replace");
  if (old.length !== newLeaves.length)
    throw new RangeError(`tree.replace: got ${newLeaves.length} leaves for a tree of ${old.length}.`);
  return unflatten<T>(structure, newLeaves);
}
/** to : ("cpu", tree) -> Promise of tree. Every leaf on the host, as `x.to("cpu")` brings one: to save them, or to compute there. */
export async function to<T>(device: "cpu", tree: T): Promise<T> {
  const { leaves: all, structure } = flattenTree(tree, "tree.to");
  return unflatten<T>(structure, await Promise.all(all.map((x) => x.to(device))));
}
/** Number of elements in all leaves. */
export function size(tree: unknown): number {
  return leaves(tree).reduce((n, x) => n + x.size, 0);
}

/**
 * ravelTree : tree -> ([n], [n] -> tree). All leaves in one vector of their common dtype, and the way back, which restores
 * shapes and dtypes. Both are differentiable.
 */
export function ravelTree<T>(tree: T): [Tensor, (flat: Tensor) => T] {
  const { leaves: all, structure } = flattenTree(tree, "ravelTree");
  if (all.length === 0) throw new RangeError("ravelTree: the tree has no leaves.");
  const flat = concat(
    promote("ravelTree", all).map((x) => reshape(x, [x.size])),
    0,
  );
  const total = flat.size;
  const unravel = (vector: Tensor): T => {
    if (!isTensor(vector) || vector.ndim !== 1 || vector.size !== total)
      throw new RangeError(
        `ravelTree: unravel got ${isTensor(vector) ? describe(vector) : typeof vector}, expected ${total} elements in one axis.`,
      );
    let next = 0;
    return unflatten<T>(
      structure,
      all.map((x) => convert(reshape(slice(vector, [next], [(next += x.size)]), x.shape), x.dtype)),
    );
  };
  return [flat, unravel];
}
