import { currentTrace } from "../graph/trace.js";
import { broadcastAxis, moveAxis } from "../primitives/basis.js";
import { describe, normalizeAxis } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, unflatten } from "../tensor/tree.js";
import { batchFlat } from "./batchTrace.js";

/** An axis for all leaves, null for "the same for all", or a tree of these, down to where it stops being an object. */
export type AxisSpec = number | null | readonly AxisSpec[] | { readonly [key: string]: AxisSpec };

export interface VmapOptions {
  /** One specification for all arguments, or an array with one an argument. Default 0. */
  readonly inAxes?: AxisSpec;
  /** Where the mapped axis goes in the outputs; null for an output that is the same for all. Default 0. */
  readonly outAxes?: AxisSpec;
}

/**
 * vmap : (a -> b) -> ([a] -> [b]). Maps a function over an axis of its arguments, as one program rather than a loop.
 *
 * @example vmap((a: Tensor, b: Tensor) => a.dot(b))(rowsA, rowsB)            // [n]
 * @example vmap(predict, { inAxes: [null, 0] })(params, batch)               // params shared
 * @throws when mapped sizes differ (naming the leaves), or nothing is mapped.
 */
export function vmap<A extends unknown[], B>(f: (...args: A) => B, options: VmapOptions = {}): (...args: A) => B {
  if (typeof f !== "function") throw new TypeError(`vmap: got ${typeof f}, expected a function to map.`);
  const { inAxes = 0, outAxes = 0 } = options;
  const label = `vmap(${f.name || "anonymous"})`;
  return (...args) => {
    const { leaves, structure } = flatten(args, "vmap: arguments");
    if (Array.isArray(inAxes) && inAxes.length !== args.length)
      throw new RangeError(
        `vmap: inAxes has ${inAxes.length} entries for ${args.length} arguments. Give one an argument, or a single number.`,
      );
    const ranks = leaves.map((x) => x.ndim);
    const axes = leafAxes("inAxes", structure, inAxes, ranks);
    const paths = leafPaths(structure);
    let size: number | undefined;
    let first = 0;
    leaves.forEach((x, i) => {
      const axis = axes[i];
      if (axis === null) return;
      if (size === undefined) {
        size = x.shape[axis];
        first = i;
      } else if (x.shape[axis] !== size)
        throw new RangeError(
          `vmap: mapped sizes differ: argument ${paths[first]} is ${describe(leaves[first])} with ${size} along axis ${axes[first]}, ` +
            `argument ${paths[i]} is ${describe(x)} with ${x.shape[axis]} along axis ${axis}. Give equal sizes, or null in inAxes for what is shared.`,
        );
    });
    if (size === undefined)
      throw new TypeError(
        "vmap: no argument is mapped. Give at least one an axis in inAxes, or call the function directly.",
      );
    const length = size;
    let outputStructure: Structure | undefined;
    const flat = (...xs: Tensor[]): Tensor[] => {
      const out = flatten(f(...unflatten<A>(structure, xs)), "vmap: the output");
      outputStructure = out.structure;
      return out.leaves;
    };
    const result = batchFlat(label, currentTrace(), length, flat, leaves, axes);
    const outputs = outputStructure as unknown as Structure;
    const to = leafAxes(
      "outAxes",
      outputs,
      outAxes,
      result.outputs.map((y, i) => (result.axes[i] === null ? y.ndim + 1 : y.ndim)),
    );
    const placed = result.outputs.map((y, i) => {
      const [from, target] = [result.axes[i], to[i]];
      if (from !== null && target !== null) return moveAxis(y, from, target);
      if (target !== null) return broadcastAxis(y, target, length);
      if (from === null) return y;
      throw new TypeError(
        `vmap: outAxes is null for the output at ${leafPaths(outputs)[i] || "the root"}, which depends on mapped arguments. Give it an axis.`,
      );
    });
    return unflatten<B>(outputs, placed);
  };
}

/** One axis (or null) for each leaf, of the given number of dimensions. */
function leafAxes(what: string, structure: Structure, spec: AxisSpec, ranks: readonly number[]): (number | null)[] {
  const out: (number | null)[] = [];
  const visit = (node: Structure, s: AxisSpec | undefined, path: string): void => {
    if (node.kind === "leaf") {
      const name = path === "" ? what : `${what} at ${path}`;
      if (s !== null && typeof s !== "number")
        throw new TypeError(`vmap: ${name} is ${JSON.stringify(s)}, expected a number or null.`);
      out.push(s === null ? null : normalizeAxis(`vmap: ${name}`, s, ranks[out.length]));
    } else if (node.kind === "array")
      node.children.forEach((c, i) => visit(c, Array.isArray(s) ? (s[i] as AxisSpec) : s, `${path}[${i}]`));
    else if (node.kind === "object")
      node.keys.forEach((key, i) =>
        visit(node.children[i], isRecord(s) ? s[key] : s, path === "" ? key : `${path}.${key}`),
      );
  };
  visit(structure, spec, "");
  return out;
}

const isRecord = (s: AxisSpec | undefined): s is { readonly [key: string]: AxisSpec } =>
  typeof s === "object" && s !== null && !Array.isArray(s);
