import { type Expression, type Local, add, int, load, mul, read, sub } from "../../kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop, store } from "../../kernel/kernel.js";
import { index } from "../../kernel/nest.js";
import type { BufferType, Procedure, Step } from "../../kernel/procedure.js";
import { dtypes } from "../../tensor/dtype.js";
import { at, positionOf } from "./knownIndex.js";
import { DoesNotFit, type Region, STEP, Unrolling, refuse, region } from "./unroll.js";

/** A loop of calls: the body takes constants, carry, slices, and writes the next carry, slices of outputs. */
export interface ScanLoop {
  /** How many of the body's parameters it reads. */
  readonly inputs: number;
  readonly constants: number;
  readonly carry: number;
  readonly length: number;
  readonly reverse: boolean;
}

/** A loop over fewer lanes is written out. */
const FEWEST_LANES = 8;
const MOST_BUFFERS = 256;

/**
 * A small scan as one kernel: its buffers are constants, first carry and stacked inputs, then last carry and stacked outputs. With few
 * elements all of them are locals, and so is the carry. With an axis that all elements share (a batch, or one shape throughout) each step is a loop over
 * that axis, and the carry is updated in place.
 *
 * @returns undefined for a body that is too large, or whose lanes read from each other: that is a loop of calls.
 */
export function scanKernel(body: Procedure, scan: ScanLoop): Kernel | undefined {
  if (scan.length === 0 || body.parameters.length > MOST_BUFFERS) return undefined;
  for (const lanes of [...laneCounts(body), 1])
    try {
      return build(body, scan, lanes);
    } catch (e) {
      if (!(e instanceof DoesNotFit)) throw e;
    }
  return undefined;
}

/** The extents of outermost loops, largest first: the shared axis is one of them, if there is one. */
function laneCounts(body: Procedure): number[] {
  const extents = new Set<number>();
  const visit = (step: Step): void => {
    if (step.kind === "kernel")
      for (const s of step.kernel.body)
        if (s.kind === "for" && s.extent.kind === "constant" && s.extent.value >= FEWEST_LANES)
          extents.add(s.extent.value);
  };
  body.steps.forEach(visit);
  return [...extents].sort((a, b) => b - a).slice(0, 3);
}

function build(body: Procedure, { inputs, constants, carry, length, reverse }: ScanLoop, lanes: number): Kernel {
  const u = new Unrolling(lanes);
  const t = u.local("t", "i32", STEP);
  const now = reverse ? sub(int(length - 1), read(t)) : read(t);
  /** Where slices of this size begin. */
  const starts = new Map(body.parameters.map(({ length: size }) => [size, u.let(mul(now, int(size)))]));
  const slice = (size: number): Expression => starts.get(size) as Expression;
  const start: Statement[] = [];
  const stepEnd: Statement[] = [];
  const laneEnd: Statement[] = [];
  const finish: Statement[] = [];

  /** The carries' elements that are locals: those that are the same in all lanes, or all if there is but one. */
  const registers = Array.from({ length: carry }, () => new Map<number, Local>());
  const isRegister = new Set<Local>();
  const register = (k: number, key: number, element: Expression): Local => {
    let local = registers[k].get(key);
    if (local === undefined) {
      const { dtype } = body.parameters[constants + k];
      local = u.local("carry", dtype, STEP);
      registers[k].set(key, local);
      isRegister.add(local);
      start.push(assign(local, load(dtype, constants + k, element)));
      finish.push(store(inputs + k, element, read(local)));
    }
    return local;
  };

  const slots = body.parameters.map(({ dtype, length: size }, p): Region => {
    if (p >= inputs) return region();
    if (p < constants) return region({ dtype, load: (i) => load(dtype, p, i) });
    if (p >= constants + carry) return region({ dtype, load: (i) => load(dtype, p, add(slice(size), i)) });
    const k = p - constants;
    return region({
      dtype,
      load(i, key) {
        if (key === undefined) return refuse();
        return positionOf(key).step > 0 ? load(dtype, inputs + k, i) : read(register(k, key, i));
      },
    });
  });
  u.call(
    body,
    slots.map((r) => ({ region: r, offset: 0 })),
    { region: region(), offset: 0 },
  );

  /** All elements of an output; each must have been written once. */
  const written = (p: number): { key: number; element: Expression; value: Expression; lane: boolean }[] => {
    const { dtype, length: size } = body.parameters[p];
    const { bytes } = dtypes[dtype];
    let count = 0;
    const all = [...slots[p].elements.keys()].map((key) => {
      const { offset, step } = positionOf(key);
      count += step > 0 ? lanes : 1;
      const element = at(u.lane, { offset: offset / bytes, step: step / bytes });
      return { key, element, value: u.load({ region: slots[p], offset: 0 }, dtype, element), lane: step > 0 };
    });
    return count === size ? all : refuse();
  };
  const updates: [Local, Expression][] = [];
  for (let k = 0; k < carry; k++) {
    const p = inputs + k;
    let inPlace = false;
    for (const { key, element, value, lane } of written(p))
      if (lane) {
        laneEnd.push(store(p, element, value));
        inPlace = true;
      } else updates.push([register(k, key, element), value]);
    const { elements } = slots[constants + k];
    for (const key of elements.keys()) if (!slots[p].elements.has(key)) refuse();
    if (inPlace) {
      const i = index("i");
      const { dtype, length: size } = body.parameters[p];
      start.push(forLoop(i, size, [store(p, read(i), load(dtype, constants + k, read(i)))], "lanes"));
    }
  }
  for (let p = inputs + carry; p < body.parameters.length; p++) {
    const first = slice(body.parameters[p].length);
    for (const { element, value, lane } of written(p))
      (lane ? laneEnd : stepEnd).push(store(p, add(first, element), value));
  }
  // All next carries are read before one is assigned.
  const moved = updates.map(([local, value]): [Local, Expression] => {
    if (value.kind !== "local" || value.local === local || !isRegister.has(value.local)) return [local, value];
    const old = u.local("old", local.dtype, STEP);
    stepEnd.push(assign(old, value));
    return [local, read(old)];
  });
  for (const [local, value] of moved) stepEnd.push(assign(local, value));

  const [always, perStep, perLane, perBoth] = u.statements;
  const inLanes = [...perLane, ...perBoth, ...laneEnd];
  const step = [...perStep, ...(inLanes.length > 0 ? [forLoop(u.lane, lanes, inLanes, "lanes")] : []), ...stepEnd];
  const stacked = ({ length: size }: BufferType, p: number): number =>
    p < constants + carry || (p >= inputs && p < inputs + carry) ? size : size * length;
  return {
    name: "scan",
    buffers: body.parameters.map((b, p) => ({
      dtype: b.dtype,
      length: stacked(b, p),
      access: p < inputs ? "in" : "out",
    })),
    body: [...always, ...start, forLoop(t, length, step), ...finish],
  };
}
