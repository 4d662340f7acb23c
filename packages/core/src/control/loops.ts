import { scalar, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { choose } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { describe, sameShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, structureKey, unflatten } from "../tensor/tree.js";
import { condPrimitive } from "./cond.js";
import { type ScanCheckpoint, checkpointedScan } from "./scanCheckpoint.js";

export interface ScanOptions {
  /** Number of steps; needed when `xs` is null. */
  readonly length?: number;
  /** Runs from the last slice to the first; outputs stay at the position of their slice. */
  readonly reverse?: boolean;
  /** What reverse mode keeps of the steps. Default "none": everything it needs. */
  readonly checkpoint?: ScanCheckpoint;
}

/**
 * scan : ((c, x) -> (c, y), c, [x]) -> (c, [y]). A loop that carries a state: x_n = f(x_{n-1}, theta).
 *
 * The step is traced once, compiled once, and differentiable in both modes; compile time does not depend on the length.
 *
 * @param f from the carry and one slice to [next carry, output]. The carry keeps its structure, shapes and dtypes.
 * @param init the first carry, a tree.
 * @param xs a tree of tensors whose axis 0 is scanned over, or null with `length`.
 * @returns [last carry, outputs stacked along a new axis 0].
 * @param options.checkpoint bounds the memory of reverse mode: "step" keeps one carry a step, "sqrt" about 2 sqrt(n) carries, a
 *   number k about n / k + k, each computing steps again in the backward pass.
 * @throws when lengths differ, or the carry changes (naming the leaf).
 * @example const [last, path] = scan((h, x: Tensor) => { const next = h.add(x); return [next, next]; }, zero, xs)
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  if (typeof f !== "function") throw new TypeError(`scan: the step is ${typeof f}, expected a function.`);
  const start = flatten(init, "scan: the carry");
  const slices = flatten(xs, "scan: xs");
  const length = scanLength(slices.leaves, slices.structure, options.length);
  // A weak scalar would change its dtype inside the loop: it is settled first.
  const carry = start.leaves.map((x) => (x.weak ? convert(x, "f32") : x));
  let output: Structure | undefined;
  const label = `scan(${f.name || "anonymous"})`;
  const types = [...carry, ...slices.leaves.map((x) => ({ shape: x.shape.slice(1), dtype: x.dtype }))];
  const { graph, captures } = traceGraph(label, types, (...inputs) => {
    const out = f(
      unflatten<C>(start.structure, inputs.slice(0, carry.length)),
      unflatten<X>(slices.structure, inputs.slice(carry.length)),
    );
    if (!Array.isArray(out) || out.length !== 2)
      throw new TypeError("scan: the step must return [next carry, output]; use undefined for no output.");
    const next = flatten(out[0], "scan: the next carry");
    checkCarry(start.structure, carry, next.structure, next.leaves);
    const ys = flatten(out[1], "scan: the step's output");
    output = ys.structure;
    return [...next.leaves, ...ys.leaves];
  });
  const { reverse = false, checkpoint = "none" } = options;
  const results = checkpointedScan(
    [...captures, ...carry, ...slices.leaves],
    { body: graph, constants: captures.length, carry: carry.length, length, reverse },
    checkpoint,
  );
  return [
    unflatten<C>(start.structure, results.slice(0, carry.length)),
    unflatten<Y>(output as Structure, results.slice(carry.length)),
  ];
}

function scanLength(leaves: readonly Tensor[], structure: Structure, given: number | undefined): number {
  const paths = leafPaths(structure);
  let length = given;
  leaves.forEach((x, i) => {
    if (x.ndim === 0)
      throw new RangeError(
        `scan: xs leaf ${paths[i]} is a scalar, expected an axis 0 to scan over. Capture it instead.`,
      );
    if (length !== undefined && x.shape[0] !== length)
      throw new RangeError(
        `scan: xs leaf ${paths[i] || "0"} is ${describe(x)} with ${x.shape[0]} steps, expected ${length}. All leaves share axis 0.`,
      );
    length = x.shape[0];
  });
  if (length === undefined || !Number.isInteger(length) || length < 0)
    throw new RangeError(`scan: length is ${String(length)}, expected a non-negative integer when xs is empty.`);
  return length;
}

function checkCarry(structure: Structure, carry: readonly Tensor[], next: Structure, leaves: readonly Tensor[]): void {
  if (structureKey(structure) !== structureKey(next))
    throw new TypeError(
      `scan: the carry has leaves {${leafPaths(structure).join(", ")}} but the step returned {${leafPaths(next).join(", ")}}. Return the same structure.`,
    );
  carry.forEach((x, i) => {
    if (!sameShape(x.shape, leaves[i].shape) || x.dtype !== leaves[i].dtype)
      throw new TypeError(
        `scan: carry leaf ${leafPaths(structure)[i] || "0"} goes in as ${describe(x)} and comes out as ${describe(leaves[i])}. ` +
          "It must keep its shape and dtype: cast or broadcast it before the loop.",
      );
  });
}

/**
 * cond : (bool, a -> b, a -> b, a) -> b. Runs one of two functions, chosen by the value of a scalar, under every transform.
 *
 * @param predicate a bool or integer scalar tensor.
 * @throws when the branches return different structures, shapes or dtypes.
 * @example cond(x.greater(0), (v: Tensor) => v.log(), (v: Tensor) => v.neg(), x)
 */
export function cond<A extends unknown[], B>(
  predicate: Tensor,
  onTrue: (...args: A) => B,
  onFalse: (...args: A) => B,
  ...args: A
): B {
  if (!(predicate instanceof Tensor) || predicate.ndim !== 0)
    throw new TypeError(
      `cond: the predicate is ${predicate instanceof Tensor ? describe(predicate) : typeof predicate}, expected a scalar tensor. Use where for elementwise choices.`,
    );
  if (typeof onTrue !== "function" || typeof onFalse !== "function")
    throw new TypeError(
      `cond: the branches are ${typeof onTrue} and ${typeof onFalse}, expected two functions. Use where to choose between values.`,
    );
  const { leaves, structure } = flatten(args, "cond: arguments");
  const trace = (f: (...args: A) => B, which: string) => {
    let output: Structure | undefined;
    const traced = traceGraph(`cond (${which})`, leaves, (...inputs) => {
      const out = flatten(f(...unflatten<A>(structure, inputs)), `cond: the ${which} branch`);
      output = out.structure;
      return out.leaves;
    });
    return { ...traced, output: output as Structure };
  };
  // Branch 0 is taken for false.
  const branches = [trace(onFalse, "false"), trace(onTrue, "true")];
  const [no, yes] = branches;
  const signature = (b: typeof no): string => `${structureKey(b.output)} ${b.graph.outputs.map(describe).join(", ")}`;
  if (signature(no) !== signature(yes))
    throw new TypeError(
      `cond: the branches differ: true returns ${signature(yes)}, false returns ${signature(no)}. Make structures, shapes and dtypes equal.`,
    );
  // Each branch gets the captures of both, so that they have one signature.
  const captures = [...no.captures, ...yes.captures];
  const own = [
    [...no.graph.inputs.slice(0, no.captures.length), ...yes.captures.map(dummy)],
    [...no.captures.map(dummy), ...yes.graph.inputs.slice(0, yes.captures.length)],
  ];
  const graphs = branches.map((b, k) => ({
    ...b.graph,
    inputs: [...own[k], ...b.graph.inputs.slice(b.captures.length)],
  }));
  const choice =
    predicate.dtype === "bool"
      ? convert(predicate, "i32")
      : convert(choose("ne", predicate, convert(scalar(0, "f32"), predicate.dtype)), "i32");
  return unflatten<B>(no.output, bind(condPrimitive, [choice, ...captures, ...leaves], { branches: graphs }));
}

const dummy = (x: Tensor) => ({ kind: "variable" as const, shape: x.shape, dtype: x.dtype });
