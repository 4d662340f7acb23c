import type { Graph } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { reshape } from "../primitives/basis.js";
import { concat, slice } from "../primitives/shape.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type CheckpointParams, checkpointPrimitive } from "./checkpoint.js";
import { type ScanParams, scanPrimitive } from "./scan.js";

/**
 * What reverse mode keeps of a loop of n steps: everything it needs ("none"), one carry a step ("step"), or one carry for each
 * segment of k steps and, while a segment is computed again, one for each of its steps (k, or "sqrt" for k = sqrt(n)).
 */
export type ScanCheckpoint = "none" | "step" | "sqrt" | number;

/**
 * A scan of scans, each in a checkpoint (Griewank 1992, one level). The steps are checkpointed as well: a carry is all that
 * remains of any of them, however much the step computes, at the price of computing each step twice more.
 */
export function checkpointedScan(inputs: readonly Tensor[], params: ScanParams, mode: ScanCheckpoint): Tensor[] {
  if (mode === "none") return bind(scanPrimitive, inputs, params);
  if (typeof mode === "number" ? !Number.isInteger(mode) || mode < 1 : mode !== "step" && mode !== "sqrt")
    throw new RangeError(
      `scan: checkpoint is ${JSON.stringify(mode)}, expected "none", "step", "sqrt" or the steps of a segment, an integer from 1.`,
    );
  const { constants, carry, length, reverse } = params;
  const step: ScanParams = {
    ...params,
    body: calling(checkpointPrimitive, asCheckpoint(params.body), params.body.inputs),
  };
  const size = mode === "step" ? 1 : mode === "sqrt" ? Math.round(Math.sqrt(length)) : mode;
  if (size <= 1 || size >= length) return bind(scanPrimitive, inputs, step);

  // What does not fill a segment is run after the segments: at the end, or in reverse at the start.
  const segments = Math.floor(length / size);
  const rest = length % size;
  const first = reverse ? rest : 0;
  const xs = inputs.slice(constants + carry);
  const segment = segmentOf(size, params, step);
  const main = bind(
    scanPrimitive,
    [
      ...inputs.slice(0, constants + carry),
      ...xs.map((x) => reshape(rows(x, first, first + segments * size), [segments, size, ...x.shape.slice(1)])),
    ],
    { ...params, body: calling(checkpointPrimitive, asCheckpoint(segment), segment.inputs), length: segments },
  );
  const ys = main.slice(carry).map((y) => reshape(y, [segments * size, ...y.shape.slice(2)]));
  if (rest === 0) return [...main.slice(0, carry), ...ys];
  const start = reverse ? 0 : segments * size;
  const remaining = bind(
    checkpointPrimitive,
    [...inputs.slice(0, constants), ...main.slice(0, carry), ...xs.map((x) => rows(x, start, start + rest))],
    asCheckpoint(segmentOf(rest, params, step)),
  );
  return [
    ...remaining.slice(0, carry),
    ...ys.map((y, i) => {
      const other = remaining[carry + i];
      return concat(reverse ? [other, y] : [y, other], 0);
    }),
  ];
}

const asCheckpoint = (graph: Graph): CheckpointParams => ({ graph, name: "scan", policy: "nothing" });

/** A graph of one equation. */
const calling = <P extends object>(primitive: Primitive<P>, params: P, types: readonly TensorType[]): Graph =>
  traceGraph("scan", types, (...inputs) => bind(primitive, inputs, params)).graph;

const segmentOf = (length: number, { body, constants, carry }: ScanParams, step: ScanParams): Graph =>
  calling(
    scanPrimitive,
    { ...step, length },
    body.inputs.map((v, i) => (i < constants + carry ? v : { shape: [length, ...v.shape], dtype: v.dtype })),
  );

const rows = (x: Tensor, start: number, limit: number): Tensor =>
  slice(
    x,
    x.shape.map((_, a) => (a === 0 ? start : 0)),
    x.shape.map((n, a) => (a === 0 ? limit : n)),
    x.shape.map(() => 1),
  );
