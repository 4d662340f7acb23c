import { traceGraph } from "../graph/record.js";
import { describe } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, unflatten } from "../tensor/tree.js";
import { checkCarry, settledCarry } from "./carry.js";
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
  return scanAs("scan", f, init, xs, options);
}

/** `scan` for functions that are made of it: errors and traces speak in the name of the one that was called. */
export function scanAs<C, X, Y>(
  name: string,
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  if (typeof f !== "function") throw new TypeError(`${name}: the step is ${typeof f}, expected a function.`);
  const start = flatten(init, `${name}: the carry`);
  const slices = flatten(xs, `${name}: xs`);
  const length = scanLength(slices.leaves, slices.structure, options.length);
  const carry = settledCarry(start.leaves);
  let output: Structure | undefined;
  const label = `${name}(${f.name || "anonymous"})`;
  const types = [...carry, ...slices.leaves.map((x) => ({ shape: x.shape.slice(1), dtype: x.dtype }))];
  const { graph, captures } = traceGraph(label, types, (...inputs) => {
    const out = f(
      unflatten<C>(start.structure, inputs.slice(0, carry.length)),
      unflatten<X>(slices.structure, inputs.slice(carry.length)),
    );
    if (!Array.isArray(out) || out.length !== 2)
      throw new TypeError("scan: the step must return [next carry, output]; use undefined for no output.");
    const next = flatten(out[0], `${name}: the next carry`);
    const leaves = checkCarry(name, start.structure, carry, next);
    const ys = flatten(out[1], `${name}: the step's output`);
    output = ys.structure;
    return [...leaves, ...ys.leaves];
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
        `scan: xs leaf ${paths[i] || "0"} is a scalar, expected an axis 0 to scan over. Capture it instead.`,
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
