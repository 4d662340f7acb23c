import type { Atom, Equation, Variable } from "../../graph/graph.js";
import type { Lowering } from "../../graph/primitive.js";
import { type Shape, range, sizeOf, without } from "../../tensor/shape.js";
import {
  type Access,
  accessKey,
  affineOf,
  identityAccess,
  isContiguous,
  loopsOf,
  squeezed,
  through,
} from "./access.js";
import type { Simplified } from "../simplify/simplify.js";

/** Which equations are computed inside the kernels that read them, and the units that are left. */
export interface Fusion {
  /** Equations that are inlined where they are read. All others give their outputs a name that others read. */
  readonly inlined: ReadonlySet<Equation>;
  readonly producer: ReadonlyMap<Variable, Equation>;
  readonly units: ReadonlyMap<Equation, Unit>;
}

/** An equation that a fused kernel computes for others to read, with everything inlined into it. */
export interface Unit {
  readonly root: Equation;
  /** The iteration space: the shape of the result, or of what is reduced, without axes of size 1. */
  readonly space: Shape;
  /** Axes of the space that are folded. */
  readonly reduced: readonly number[];
  /** Where the root's own (or, reduced, its input's) element lies. */
  readonly identity: Access;
  /** What it reads from memory, and where; each pair once. */
  readonly reads: readonly Read[];
  /** Axes whose coordinate itself is used. */
  readonly coordinates: readonly number[];
  /** About how many equations a point of the space evaluates. */
  readonly size: number;
}

export interface Read {
  readonly variable: Variable;
  readonly at: Access;
  /** Read at a position that is known only when the kernel runs; `at` leaves one coordinate open. */
  readonly indirect: boolean;
}

/** A unit stays below this many equations, so that compile time stays linear and registers suffice. */
const LARGEST = 64;
/** Reductions of at most this many elements are written out, like any elementwise equation. */
const UNROLLED = 8;

/**
 * One backward sweep. An elementwise equation is inlined when everything that reads it ends in one and the same unit,
 * at the same position of each element; views and index generators compute nothing, so they are inlined into any number of units.
 */
export function fuse({ graph, lowering }: Simplified, enabled: boolean = true): Fusion {
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
  /** The units that an equation is part of, by their roots, and how often each point of them evaluates it. */
  const unitsOf = new Map<Equation, ReadonlySet<Equation>>();
  const times = new Map<Equation, number>();
  const size = new Map<Equation, number>();
  const reducing = new Map<Equation, Reducing>();
  /** What is read several times over by the unit that it is in. */
  const stretched = new Set<Equation>();

  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const e = graph.equations[i];
    const reading = e.outputs.flatMap((v) => readers.get(v) ?? []);
    const roots = new Set(reading.flatMap((r) => [...(unitsOf.get(r) as ReadonlySet<Equation>)]));
    const repeated = Math.max(1, ...reading.map((r) => (times.get(r) as number) * (unrolled(r) ?? 1)));
    if (enabled && !e.outputs.some((v) => returned.has(v)) && canInline(e, reading, roots, repeated)) {
      inlined.add(e);
      if (reading.some(isStretched)) stretched.add(e);
      unitsOf.set(e, roots);
      times.set(e, repeated);
      for (const root of roots) size.set(root, (size.get(root) as number) + repeated);
    } else {
      unitsOf.set(e, new Set([e]));
      times.set(e, 1);
      size.set(e, unrolled(e) ?? 1);
      const l = lowering.get(e);
      if (l?.kind === "reduce" && unrolled(e) === undefined) reducing.set(e, reducingOf(e, l.axes));
    }
  }
  const units = new Map<Equation, Unit>();
  for (const e of graph.equations)
    if (!inlined.has(e) && (kindOf(e) !== "none" || isReduce(e)) && lowering.get(e)?.kind !== "alias")
      units.set(e, unitOf(e));
  return { inlined, producer, units };

  function canInline(
    e: Equation,
    reading: readonly Equation[],
    roots: ReadonlySet<Equation>,
    repeated: number,
  ): boolean {
    const kind = kindOf(e);
    if (kind === "none" || reading.length === 0) return false;
    if (reading.some((r) => (kindOf(r) === "none" && !isReduce(r)) || gathersFrom(r, e))) return false;
    // An alias that is not inlined costs nothing only if what it renames is in memory.
    if (reading.some((r) => lowering.get(r)?.kind === "alias" && !inlined.has(r))) return false;
    if ([...roots].some((root) => (size.get(root) as number) + repeated > LARGEST)) return false;
    if (kind === "free") return [...roots].every((root) => followsRows(e, reading, root));
    if (roots.size !== 1) return false;
    if (reading.some(isStretched)) return false;
    return reading.length === 1 || reading.every((r) => kindOf(r) === "map" || isReduce(r));
  }

  function kindOf(e: Equation): "map" | "free" | "none" {
    const l = lowering.get(e);
    if (l === undefined) return "none";
    if (l.kind === "map" || l.kind === "gather" || unrolled(e) !== undefined) return "map";
    if (l.kind === "view" || l.kind === "generate" || (l.kind === "alias" && l.axes !== undefined)) return "free";
    return "none";
  }
  function isReduce(e: Equation): boolean {
    return lowering.get(e)?.kind === "reduce";
  }
  /** How many elements a reduction that is written out folds. Its axes are one run, so that their order is that of memory. */
  function unrolled(e: Equation): number | undefined {
    const l = lowering.get(e);
    const length = l?.kind === "reduce" ? unrolledLength(e.inputs[0].shape, l.axes) : undefined;
    // Without fusion only what folds nothing is written out.
    return enabled || length === 1 ? length : undefined;
  }
  /** What is read at positions yet unknown is in memory. */
  function gathersFrom(reader: Equation, e: Equation): boolean {
    return lowering.get(reader)?.kind === "gather" && e.outputs.includes(reader.inputs[0] as Variable);
  }
  function isStretched(e: Equation): boolean {
    return expands(e) || stretched.has(e);
  }
  /** A broadcast repeats what is below it: that is computed once, outside. */
  function expands(e: Equation): boolean {
    const l = lowering.get(e);
    const from = l?.kind === "view" ? e.inputs[0] : l?.kind === "gather" ? e.inputs[1] : undefined;
    return from !== undefined && sizeOf(e.outputs[0].shape) > sizeOf(from.shape);
  }

  /** Where several axes are folded as one row, what breaks the row is written out first: else each element would need a division. */
  function followsRows(e: Equation, reading: readonly Equation[], root: Equation): boolean {
    const rows = reducing.get(root);
    if (rows === undefined || !rows.merged) return true;
    const l = lowering.get(e) as Lowering;
    if (l.kind === "alias") return true;
    if (l.kind === "generate" || reading.some((r) => kindOf(r) === "free" && lowering.get(r)?.kind !== "alias"))
      return false;
    const { shape } = e.inputs[0];
    const at = through(l, identityAccess(e.outputs[0].shape));
    const space = squeezed(e.outputs[0].shape);
    if (space.length !== rows.space.length) return false;
    const affine = affineOf(shape, at, space.length);
    return rows.axes.every((axes) => isContiguous(affine, axes, space));
  }

  function unitOf(root: Equation): Unit {
    const l = lowering.get(root) as Lowering;
    const folds = l.kind === "reduce" && unrolled(root) === undefined;
    const { shape } = folds ? root.inputs[0] : root.outputs[0];
    const identity = identityAccess(shape);
    const space = squeezed(shape);
    const reduced = folds ? l.axes.flatMap((axis) => identity[axis].terms.map((t) => t.axis)) : [];
    const reads: Read[] = [];
    const coordinates = new Set<number>();
    const seen = new Map<Variable, Set<string>>();
    const collect = (a: Atom, at: Access, indirect = false): void => {
      if (a.kind === "literal") return;
      const key = `${accessKey(at)}${indirect ? "?" : ""}`;
      const known = seen.get(a);
      if (known?.has(key)) return;
      if (known === undefined) seen.set(a, new Set([key]));
      else known.add(key);
      const e = producer.get(a);
      if (e === undefined || !inlined.has(e)) reads.push({ variable: a, at, indirect });
      else collectEquation(e, at);
    };
    const collectEquation = (e: Equation, at: Access): void => {
      const lowered = lowering.get(e) as Lowering;
      if (lowered.kind === "generate") for (const { axis } of at.flatMap((v) => v.terms)) coordinates.add(axis);
      else if (lowered.kind === "reduce")
        for (const each of unrolledAccesses(e.inputs[0].shape, lowered.axes, at)) collect(e.inputs[0], each);
      else if (lowered.kind === "gather") {
        const { table, indices } = gatherAccesses(e, lowered.axis, at);
        collect(e.inputs[0], table, true);
        collect(e.inputs[1], indices);
      } else for (const a of e.inputs) collect(a, through(lowered, at));
    };
    if (folds) collect(root.inputs[0], identity);
    else collectEquation(root, identity);
    return { root, space, reduced, identity, reads, coordinates: [...coordinates], size: size.get(root) as number };
  }
}

interface Reducing {
  readonly space: Shape;
  /** The axes of each row that is more than one axis. */
  readonly axes: readonly (readonly number[])[];
  readonly merged: boolean;
}

function reducingOf(e: Equation, axes: readonly number[]): Reducing {
  const { shape } = e.inputs[0];
  const identity = identityAccess(shape);
  const space = squeezed(shape);
  const reduced = axes.flatMap((axis) => identity[axis].terms.map((t) => t.axis));
  const merged = loopsOf(space, reduced, []).filter((loop) => loop.reduced && loop.axes.length > 1);
  return { space, axes: merged.map((loop) => loop.axes), merged: merged.length > 0 };
}

function unrolledLength(shape: Shape, axes: readonly number[]): number | undefined {
  const folded = axes.filter((axis) => shape[axis] !== 1).sort((i, j) => i - j);
  const length = folded.reduce((n, axis) => n * shape[axis], 1);
  const isRun = folded.every((axis, i) => i === 0 || shape.slice(folded[i - 1] + 1, axis).every((n) => n === 1));
  return length >= 1 && length <= UNROLLED && isRun ? length : undefined;
}

/** Where a gather reads its two inputs; the coordinate along `axis` of the first is left open, as 0. */
export function gatherAccesses(e: Equation, axis: number, at: Access): { table: Access; indices: Access } {
  const { length } = e.inputs[1].shape;
  return {
    table: [...at.slice(0, axis), { start: 0, terms: [] }, ...at.slice(length)],
    indices: at.slice(0, length),
  };
}

/** The accesses of the elements that one element of the result folds, in row-major order. */
export function unrolledAccesses(shape: Shape, axes: readonly number[], at: Access): Access[] {
  const kept = without(range(shape.length), axes);
  const length = axes.reduce((n, axis) => n * shape[axis], 1);
  return range(length).map((i) => {
    let rest = i;
    const starts = new Map<number, number>();
    for (const axis of [...axes].sort((a, b) => b - a)) {
      starts.set(axis, rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    return shape.map((_, axis) => {
      const start = starts.get(axis);
      return start === undefined ? at[kept.indexOf(axis)] : { start, terms: [] };
    });
  });
}
