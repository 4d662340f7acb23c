import type { Atom, Equation, Variable } from "../graph/graph.js";
import { sizeOf } from "../tensor/shape.js";
import type { Simplified } from "./simplify.js";

/** Which equations run as kernels of their own, and which are computed inside the kernel that reads them. */
export interface Fusion {
  /** Equations that are inlined where they are read. All others write their outputs to memory. */
  readonly inlined: ReadonlySet<Equation>;
  readonly producer: ReadonlyMap<Variable, Equation>;
}

/** A kernel stays below this many equations, so that compile time stays linear and registers suffice. */
const LARGEST = 64;

/**
 * One backward sweep. An elementwise equation is inlined when everything that reads it ends in one and the same kernel,
 * at the same position of each element; views and index generators compute nothing, so they are inlined into any number of kernels.
 */
export function fuse({ graph, lowering }: Simplified, enabled = true): Fusion {
  const producer = new Map<Variable, Equation>();
  const readers = new Map<Variable, Equation[]>();
  for (const e of graph.equations) {
    for (const v of e.outputs) producer.set(v, e);
    for (const a of e.inputs) {
      if (a.kind !== "variable") continue;
      const list = readers.get(a);
      if (list === undefined) readers.set(a, [e]);
      else list.push(e);
    }
  }
  const returned = new Set<Atom>(graph.outputs);
  const inlined = new Set<Equation>();
  /** The kernels that an equation is part of, by their last equation. */
  const kernels = new Map<Equation, ReadonlySet<Equation>>();
  const members = new Map<Equation, number>();

  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const e = graph.equations[i];
    const reading = e.outputs.flatMap((v) => readers.get(v) ?? []);
    const roots = new Set(reading.flatMap((r) => [...(kernels.get(r) as ReadonlySet<Equation>)]));
    if (enabled && !e.outputs.some((v) => returned.has(v)) && canInline(e, reading, roots)) {
      inlined.add(e);
      kernels.set(e, roots);
      for (const root of roots) members.set(root, (members.get(root) ?? 1) + 1);
    } else {
      kernels.set(e, new Set([e]));
      members.set(e, 1);
    }
  }
  return { inlined, producer };

  function canInline(e: Equation, reading: readonly Equation[], roots: ReadonlySet<Equation>): boolean {
    const kind = kindOf(e);
    if (kind === "none" || reading.length === 0) return false;
    if (reading.some((r) => kindOf(r) === "none" && !isReduce(r))) return false;
    // An alias that is not inlined costs nothing only if what it renames is in memory.
    if (reading.some((r) => lowering.get(r)?.kind === "alias" && !inlined.has(r))) return false;
    if ([...roots].some((root) => (members.get(root) ?? 1) >= LARGEST)) return false;
    if (kind === "free") return true;
    if (roots.size !== 1) return false;
    if (reading.some((r) => expands(r))) return false;
    return reading.length === 1 || reading.every((r) => kindOf(r) === "map" || isReduce(r));
  }

  function kindOf(e: Equation): "map" | "free" | "none" {
    const l = lowering.get(e);
    if (l === undefined) return "none";
    if (l.kind === "map") return "map";
    if (l.kind === "view" || l.kind === "generate" || (l.kind === "alias" && l.axes !== undefined)) return "free";
    return "none";
  }
  function isReduce(e: Equation): boolean {
    return lowering.get(e)?.kind === "reduce";
  }
  /** A broadcast repeats what is below it: that is computed once, outside. */
  function expands(e: Equation): boolean {
    const l = lowering.get(e);
    return l?.kind === "view" && sizeOf(e.outputs[0].shape) > sizeOf(e.inputs[0].shape);
  }
}
