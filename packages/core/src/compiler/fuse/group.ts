import type { Atom, Equation, Variable } from "../../graph/graph.js";
import { type Shape, sizeOf } from "../../tensor/shape.js";
import { type Access, accessKey, affineOf, identityAccess, isContiguous, loopsOf } from "./access.js";
import type { Fusion, Read, Unit } from "./fuse.js";
import type { Simplified } from "../simplify/simplify.js";

/** Units of one space that one nest of loops computes: elementwise results, and reductions over the same axes. */
export interface Part {
  readonly space: Shape;
  /** The axes that its reductions fold; none while it has no reduction. */
  readonly reduced: readonly number[];
  readonly units: readonly Unit[];
}

/** What one kernel computes: nests one after the other, all inside loops over the first `rows` axes, which they share. */
export interface Group {
  readonly rows: number;
  readonly parts: readonly Part[];
  /** What it reads that others made. */
  readonly inputs: readonly Variable[];
  /** Results that others read. */
  readonly outputs: readonly Variable[];
}

/** What is run, in order: kernels, and equations that are not fused. */
export type Item =
  | { readonly kind: "group"; readonly group: Group }
  | { readonly kind: "equation"; readonly equation: Equation };

/** When it pays to compute several results in one kernel. */
export interface Grouping {
  /** Rows are shared where a pass over memory costs more than a loop: from this many elements, in rows neither short nor long. */
  readonly shared: number;
  readonly shortestRow: number;
  /** The longest row, of which there are so many. */
  readonly longestRow: (rows: number) => number;
  /** Below this many elements a kernel of its own costs less than a larger one to compile: equal small kernels are compiled once. */
  readonly small: number;
}
const onCpu: Grouping = { shared: 4096, shortestRow: 32, longestRow: () => 65_536, small: 64 };

/** Equations of a kernel. A log density with its gradient should be one; much larger functions take engines long to optimise. */
const LARGEST_KERNEL = 192;
/** Accumulators that one nest keeps in or near its registers. */
const ACCUMULATORS = 16;
/** Kernels tried for each unit. */
const TRIED = 6;

/** A kernel in the making. */
interface Draft {
  position: number;
  /** The first position at which something outside reads one of its results. */
  read: number;
  size: number;
  rows: number;
  parts: Part[];
  /** The part that computes a result. */
  readonly made: Map<Variable, number>;
}

/**
 * One forward sweep. A unit joins an earlier kernel that reads what it reads, or makes what it reads, if one of the two can
 * move to the other's place: the unit up to the kernel, when all else that it reads is ready there, or the kernel down to the
 * unit, when nobody has read from it in between.
 */
export function group(
  { graph }: Simplified,
  { inlined, units }: Fusion,
  enabled: boolean = true,
  grouping: Grouping = onCpu,
): Item[] {
  const drafts: Draft[] = [];
  const equations: { position: number; equation: Equation }[] = [];
  /** Where a value is made. Inputs of the graph are not there. */
  const maker = new Map<Variable, Draft | number>();
  const readers = new Map<Variable, Draft[]>();
  const outside = new Set<Atom>(graph.outputs);
  let now = 0;

  for (const e of graph.equations) {
    if (inlined.has(e)) continue;
    now++;
    const unit = units.get(e);
    if (unit !== undefined) place(unit);
    else {
      for (const a of e.inputs) if (a.kind === "variable") readOutside(a, now);
      for (const v of e.outputs) maker.set(v, now);
      equations.push({ position: now, equation: e });
    }
  }
  const items: { position: number; item: Item }[] = [
    ...equations.map(({ position, equation }) => ({ position, item: { kind: "equation" as const, equation } })),
    ...drafts.map(({ position, rows, parts, made }) => {
      const reads = parts.flatMap((p) => p.units).flatMap((u) => u.reads.map((r) => r.variable));
      const inputs = [...new Set(reads.filter((v) => !made.has(v)))];
      const outputs = [...made.keys()].filter((v) => outside.has(v));
      return { position, item: { kind: "group" as const, group: { rows, parts, inputs, outputs } } };
    }),
  ];
  return items.sort((a, b) => a.position - b.position).map(({ item }) => item);

  function readOutside(v: Variable, position: number): void {
    outside.add(v);
    const from = maker.get(v);
    if (typeof from === "object") from.read = Math.min(from.read, position);
  }

  function place(unit: Unit): void {
    for (const draft of enabled ? candidates(unit) : []) {
      if (draft.size + unit.size > LARGEST_KERNEL) continue;
      const canRise = unit.reads.every(({ variable }) => {
        const from = maker.get(variable);
        return (
          from === undefined || from === draft || (typeof from === "number" ? from : from.position) < draft.position
        );
      });
      if (!canRise && draft.read !== Infinity) continue;
      const at = sibling(draft, unit, grouping) ?? nextNest(draft, unit, grouping);
      if (at === undefined) continue;
      if (!canRise) draft.position = now;
      return add(draft, at, unit);
    }
    const draft: Draft = { position: now, read: Infinity, size: 0, rows: 0, parts: [], made: new Map() };
    drafts.push(draft);
    add(draft, 0, unit);
  }

  function add(draft: Draft, at: number, unit: Unit): void {
    const part = draft.parts[at] as Part | undefined;
    draft.parts[at] = {
      space: unit.space,
      reduced: unit.reduced.length > 0 ? unit.reduced : (part?.reduced ?? []),
      units: [...(part?.units ?? []), unit],
    };
    draft.size += unit.size;
    for (const v of unit.root.outputs) {
      draft.made.set(v, at);
      maker.set(v, draft);
    }
    for (const { variable } of unit.reads) {
      if (draft.made.has(variable)) continue;
      readOutside(variable, draft.position);
      const list = readers.get(variable);
      if (list === undefined) readers.set(variable, [draft]);
      else if (list[list.length - 1] !== draft) list.push(draft);
    }
  }

  /** Kernels that make or read what the unit reads, latest first. */
  function candidates(unit: Unit): Draft[] {
    const found = new Set<Draft>();
    const size = sizeOf(unit.space);
    for (const read of unit.reads) {
      const from = maker.get(read.variable);
      if (typeof from === "object" && (size >= grouping.small || sizeOf(from.parts[0].space) >= grouping.shared))
        found.add(from);
      const whole = sizeOf(read.variable.shape);
      if (whole < size || size < grouping.small) continue;
      for (const draft of (readers.get(read.variable) ?? []).slice(-TRIED))
        if (whole === size || readsSame(draft, read)) found.add(draft);
    }
    return [...found].sort((a, b) => b.position - a.position).slice(0, TRIED);
  }
}

/** Whether a kernel reads the same elements of a larger value. */
function readsSame({ parts }: Draft, { variable, at }: Read): boolean {
  const key = accessKey(at);
  return parts.some(({ units }) =>
    units.some(({ reads }) => reads.some((r) => r.variable === variable && accessKey(r.at) === key)),
  );
}

/** The nest of the same space that the unit can be part of. */
function sibling({ parts, rows, made }: Draft, unit: Unit, { shortestRow }: Grouping): number | undefined {
  const found = parts.findLastIndex((part, i) => {
    if (!sameShape(part.space, unit.space) || unit.reduced.some((axis) => axis < rows)) return false;
    const folding = part.units.filter((u) => u.reduced.length > 0);
    if (folding.length > 0 && unit.reduced.length > 0) {
      if (part.reduced.join() !== unit.reduced.join() || folding.length >= ACCUMULATORS) return false;
      // The number of partial results is that of the dtype.
      if (isWide(folding[0]) !== isWide(unit)) return false;
    }
    const reduced = unit.reduced.length > 0 ? unit.reduced : part.reduced;
    const elementwise = unit.reduced.length === 0 || part.units.some((u) => u.reduced.length === 0);
    if (elementwise && isShortRow(unit.space, reduced, shortestRow)) return false;
    if (![unit, ...part.units].every((u) => walksRows(u, reduced))) return false;
    return unit.reads.every(({ variable, at, indirect }) => {
      const from = made.get(variable);
      if (from === undefined) return true;
      if (indirect && from === i) return false;
      if (from !== i) return from < i && isRowwise(variable, at, rows);
      const maker = part.units.find((u) => u.root.outputs.includes(variable)) as Unit;
      return maker.reduced.length === 0 && accessKey(at) === accessKey(identityAccess(variable.shape));
    });
  });
  return found < 0 ? undefined : found;
}

/** Where several axes are folded as one row, an access that does not walk through it would need a division for each element. */
function walksRows({ space, reads, coordinates }: Unit, reduced: readonly number[]): boolean {
  const rows = loopsOf(space, reduced, []).filter((loop) => loop.reduced && loop.axes.length > 1);
  return rows.every(
    ({ axes }) =>
      !coordinates.some((axis) => axes.includes(axis)) &&
      reads.every(({ variable, at }) => isContiguous(affineOf(variable.shape, at, space.length), axes, space)),
  );
}

/** A reduction along short rows is one iteration at a time, which elementwise work should not become. */
function isShortRow(space: Shape, reduced: readonly number[], shortest: number): boolean {
  if (!reduced.includes(space.length - 1)) return false;
  const loops = loopsOf(space, reduced, []);
  return loops[loops.length - 1].size < shortest;
}

/** A new nest after the others, inside of the rows that all of them share. What has one element a row belongs there only if rows are long. */
function nextNest(draft: Draft, unit: Unit, { shared, shortestRow, longestRow }: Grouping): number | undefined {
  const { parts, made } = draft;
  const { space } = unit;
  const all = [...parts, unit];
  if (Math.max(...all.map((p) => sizeOf(p.space))) < shared) return undefined;
  let most = Math.min(...all.flatMap((p) => [p.space.length, ...p.reduced]), draft.rows > 0 ? draft.rows : Infinity);
  const differs = space.findIndex((n, axis) => axis < most && parts.some((p) => p.space[axis] !== n));
  if (differs >= 0) most = differs;
  const reads = unit.reads.filter(({ variable }) => made.has(variable));
  for (let rows = most; rows >= 1; rows--) {
    const row = Math.max(...all.map((p) => sizeOf(p.space.slice(rows))));
    const single = sizeOf(space.slice(rows)) === 1;
    if (row < (single ? 2 : 1) * shortestRow || row > longestRow(sizeOf(space.slice(0, rows)))) continue;
    if (!reads.every(({ variable, at }) => isRowwise(variable, at, rows))) continue;
    draft.rows = rows;
    return parts.length;
  }
  return undefined;
}

/** Whether an access stays within the row of the value that the outer loops are at. */
function isRowwise({ shape }: Variable, at: Access, rows: number): boolean {
  let axis = 0;
  const inRow = at.every(({ start, terms }, k) => {
    if (shape[k] === 1) return true;
    const own = axis++;
    return own < rows
      ? start === 0 && terms.length === 1 && terms[0].axis === own && terms[0].step === 1
      : terms.every((t) => t.axis >= rows);
  });
  return inRow && axis >= rows;
}

const isWide = (u: Unit): boolean => u.root.inputs[0].dtype === "f64";
const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);
