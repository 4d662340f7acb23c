import { constant, read } from "../../../src/kernel/expression.js";
import { type Kernel, forLoop, store } from "../../../src/kernel/kernel.js";
import { index } from "../../../src/kernel/nest.js";
import type { LoopArgument, Place, Procedure, Step } from "../../../src/kernel/procedure.js";
import { dtypes } from "../../../src/tensor/dtype.js";

/*
 * What the memory plan promises, checked without asking it: the same graph scheduled with a place of its own for each buffer says which
 * bytes belong together and when they are used for the last time. With that, the planned procedure gets steps that overwrite its frame and
 * outputs at entry, and each buffer after its last use, with a pattern that is a NaN in both floats and a wild index. Any backend runs it.
 */

const PATTERN = 0x7ff87ff8;

interface Range {
  readonly from: number;
  readonly to: number;
}
/** Where a step touches memory. */
interface Touch extends Range {
  readonly place: Place;
}

const words = (bytes: number): Kernel => {
  const i = index("i");
  return {
    name: "poison",
    buffers: [{ dtype: "i32", length: bytes / 4, access: "out" }],
    body: [forLoop(i, bytes / 4, [store(0, read(i), constant("i32", PATTERN))], "lanes")],
  };
};
const fill = (place: Place, bytes: number): Step[] =>
  bytes === 0 ? [] : [{ kind: "kernel", kernel: words(bytes), buffers: [place] }];
const frameAt = (byteOffset: number): Place => ({ kind: "frame", byteOffset });

const bytesOf = ({ dtype, length }: { dtype: keyof typeof dtypes; length: number }): number =>
  dtypes[dtype].bytes * length;

/** Everything that a step reads or writes, in an order that depends on the step alone. */
function touches(step: Step): Touch[] {
  const touch = (place: Place, bytes: number): Touch => ({
    place,
    from: place.byteOffset,
    to: place.byteOffset + bytes,
  });
  const called = (body: Procedure, list: readonly LoopArgument[], count: number): Touch[] =>
    list.flatMap((a, k) => {
      const bytes = bytesOf(body.parameters[k]);
      if (a.kind === "fixed") return [touch(a.place, bytes)];
      if (a.kind === "swap") return [touch(a.place, bytes), touch(a.other, bytes)];
      const far = (count - 1) * a.bytes;
      if (count === 0) return [];
      const from = a.place.byteOffset + Math.min(0, far);
      return [{ place: a.place, from, to: a.place.byteOffset + Math.max(0, far) + bytes }];
    });
  switch (step.kind) {
    case "kernel":
      return step.kernel.buffers.map((b, k) => touch(step.buffers[k], bytesOf(b)));
    case "copy":
      return [touch(step.from, step.bytes), touch(step.to, step.bytes)];
    case "host":
      return step.types.map((t, k) => touch(step.buffers[k], bytesOf(t)));
    case "loop":
      return [...called(step.body, step.arguments, step.count), touch(step.frame, step.body.frameBytes)];
    case "while":
      return [
        ...called(step.condition, step.conditionArguments, 1),
        ...called(step.body, step.bodyArguments, 1),
        touch(step.predicate, 4),
        touch(step.frame, Math.max(step.condition.frameBytes, step.body.frameBytes)),
      ];
    case "switch":
      return [
        touch(step.index, 4),
        ...step.arguments.map((p, k) => touch(p, bytesOf(step.branches[0].parameters[k]))),
        touch(step.frame, Math.max(...step.branches.map((b) => b.frameBytes))),
      ];
  }
}

interface Life {
  from: number;
  to: number;
  first: number;
  last: number;
  /** From its place in the separate frame to that in the planned one. */
  shift: number;
  /** Bytes in the planned frame: a callee's frame is smaller there. */
  planned: number;
}

/** The buffers of a frame in which none shares a place, and where the plan has put them. */
function livesOf(planned: readonly Touch[][], separate: readonly Touch[][]): Life[] {
  const found: Life[] = [];
  separate.forEach((list, step) => {
    list.forEach((t, k) => {
      if (t.place.kind !== "frame" || t.to === t.from) return;
      const other = planned[step][k];
      found.push({
        from: t.from,
        to: t.to,
        first: step,
        last: step,
        shift: other.from - t.from,
        planned: other.to - other.from,
      });
    });
  });
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  const lives: Life[] = [];
  for (const t of found) {
    const life = lives[lives.length - 1];
    if (life === undefined || t.from >= life.to) {
      lives.push({ ...t });
      continue;
    }
    if (t.shift !== life.shift) throw new Error("poison: a buffer is in two places");
    life.planned = Math.max(life.planned, t.from - life.from + t.planned);
    life.to = Math.max(life.to, t.to);
    life.first = Math.min(life.first, t.first);
    life.last = Math.max(life.last, t.last);
  }
  return lives;
}

const overlap = (a: Range, b: Range): boolean => a.from < b.to && b.from < a.to;
const plannedRange = (l: Life): Range => ({ from: l.from + l.shift, to: l.from + l.shift + l.planned });

/**
 * The planned procedure with poison. Throws where two buffers that are alive at once share bytes; a buffer that is first touched by
 * the step that is the last of another may lie in its place (in-place updates: whether that is right, the values say).
 */
export function poisoned(planned: Procedure, separate: Procedure, inputCount?: number): Procedure {
  if (!sameSteps(planned, separate)) throw new Error(`poison: ${planned.name} has other steps with places of its own`);
  const [places, own] = [planned.steps.map(touches), separate.steps.map(touches)];
  const lives = livesOf(places, own);
  const ending: Life[][] = planned.steps.map(() => []);
  for (const l of lives) ending[l.last].push(l);
  const byFirst = [...lives].sort((a, b) => a.first - b.first);
  let live: Life[] = [];
  let next = 0;
  const steps: Step[] = [
    ...fill(frameAt(0), planned.frameBytes),
    // A body may be called with an output in the place of an input.
    ...(inputCount === undefined
      ? []
      : planned.parameters
          .slice(inputCount)
          .flatMap((p, k) => fill({ kind: "parameter", index: inputCount + k, byteOffset: 0 }, bytesOf(p)))),
  ];
  planned.steps.forEach((step, i) => {
    live = live.filter((l) => l.last >= i);
    for (; next < byFirst.length && byFirst[next].first === i; next++) {
      const born = byFirst[next];
      for (const l of live)
        if (overlap(plannedRange(born), plannedRange(l)) && !(l.last === i && l.first < i))
          throw new Error(`poison: two live buffers share bytes at step ${i} of ${planned.name}`);
      live.push(born);
    }
    steps.push(within(step, separate.steps[i]));
    for (const dead of ending[i]) {
      const range = plannedRange(dead);
      if (!live.some((l) => l.last > i && overlap(plannedRange(l), range)))
        steps.push(...fill(frameAt(range.from), range.to - range.from));
    }
  });
  return { ...planned, steps };
}

/** Whether two procedures differ in places alone. */
export const sameSteps = (a: Procedure, b: Procedure): boolean =>
  a.steps.length === b.steps.length &&
  a.steps.every((step, i) => {
    const other = b.steps[i];
    const inside = (s: Step): readonly Procedure[] =>
      s.kind === "loop" ? [s.body] : s.kind === "while" ? [s.condition, s.body] : s.kind === "switch" ? s.branches : [];
    const [p, q] = [inside(step), inside(other)];
    return step.kind === other.kind && p.length === q.length && p.every((body, k) => sameSteps(body, q[k]));
  });

function within(step: Step, other: Step): Step {
  if (step.kind === "loop" && other.kind === "loop") return { ...step, body: poisoned(step.body, other.body) };
  if (step.kind === "while" && other.kind === "while")
    return {
      ...step,
      condition: poisoned(step.condition, other.condition),
      body: poisoned(step.body, other.body),
    };
  if (step.kind === "switch" && other.kind === "switch")
    return { ...step, branches: step.branches.map((b, k) => poisoned(b, other.branches[k])) };
  return step;
}

/** The parameters that a procedure writes: no program writes its inputs. */
export function writtenParameters({ steps }: Procedure): Set<number> {
  const written = new Set<number>();
  const write = (p: Place | undefined): void => {
    if (p?.kind === "parameter") written.add(p.index);
  };
  const called = (body: Procedure, list: readonly LoopArgument[]): void => {
    for (const k of writtenParameters(body)) {
      const a = list[k];
      write(a?.place);
      if (a?.kind === "swap") write(a.other);
    }
  };
  for (const step of steps) {
    if (step.kind === "kernel")
      step.kernel.buffers.forEach((b, k) => {
        if (b.access !== "in") write(step.buffers[k]);
      });
    else if (step.kind === "copy") write(step.to);
    else if (step.kind === "loop") called(step.body, step.arguments);
    else if (step.kind === "while") {
      called(step.condition, step.conditionArguments);
      called(step.body, step.bodyArguments);
    } else if (step.kind === "switch")
      for (const b of step.branches) for (const k of writtenParameters(b)) write(step.arguments[k]);
  }
  return written;
}
