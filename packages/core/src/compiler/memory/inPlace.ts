import type { Atom, Equation } from "../../graph/graph.js";
import type { Simplified } from "../simplify/simplify.js";
import type { Expression, Local } from "../../kernel/expression.js";
import type { Kernel, Statement } from "../../kernel/kernel.js";
import { operands } from "../../kernel/traverse.js";
import type { Place, Procedure, Step } from "../../kernel/procedure.js";

/**
 * Whether output buffer `to` of a kernel may lie where its input buffer `from` does: each element of the output is stored once, and
 * the input is read nowhere but there, at the same index, before.
 */
export function kernelSharesPlace(kernel: Kernel, from: number, to: number): boolean {
  let loads = 0;
  let found: boolean | undefined;
  const visit = (body: readonly Statement[], rounds: number): void => {
    const reads: Expression[] = [];
    const changed = new Set<Local>();
    for (const s of body) {
      for (const e of expressionsOf(s)) collect(e, from, reads);
      if (s.kind === "assign" && reads.length > 0) changed.add(s.local);
      if (s.kind === "reduce") {
        const folded: Expression[] = [];
        const steps = s.accumulators.flatMap((a) => [a.init, a.step, a.merge]);
        for (const e of [s.extent, ...s.body.flatMap(expressionsOf), ...steps]) collect(e, from, folded);
        if (folded.length > 0) found = false;
        continue;
      }
      if (s.kind === "for") visit(s.body, s.extent.kind === "constant" ? rounds * s.extent.value : NaN);
      else if (s.kind === "store") {
        if (s.buffer !== to) continue;
        const { index } = s;
        found =
          found === undefined && rounds === kernel.buffers[to].length && reads.every((e) => isSame(e, index, changed));
        loads -= reads.length;
      } else if (s.kind !== "assign") found = false;
    }
    loads += reads.length;
  };
  visit(kernel.body, 1);
  return found === true && loads === 0 && kernel.buffers[from].dtype === kernel.buffers[to].dtype;
}

const expressionsOf = (s: Statement): readonly Expression[] =>
  s.kind === "store" ? [s.index, s.value] : s.kind === "assign" ? [s.value] : s.kind === "for" ? [s.extent] : [];

/** The indices at which `e` loads from the buffer. */
function collect(e: Expression, buffer: number, into: Expression[]): void {
  if (e.kind === "load" && e.buffer === buffer) into.push(e.index);
  for (const x of operands(e)) collect(x, buffer, into);
}

/** Equal indices, of which nothing has changed in between. */
function isSame(a: Expression, b: Expression, changed: ReadonlySet<Local>): boolean {
  if (a.kind === "local") return b.kind === "local" && a.local === b.local && !changed.has(a.local);
  if (a.kind === "constant") return b.kind === "constant" && a.value === b.value;
  if (a.kind !== "binary" || b.kind !== "binary" || a.op !== b.op) return false;
  return isSame(a.a, b.a, changed) && isSame(a.b, b.b, changed);
}

/** Updates where their results are needed, and no earlier: by then what else reads the input may be done, and it need not be copied. */
export function updatesLate(simplified: Simplified): Simplified {
  const { graph, lowering } = simplified;
  const waiting = new Map<Atom, Equation>();
  const equations: Equation[] = [];
  // An update that is needed, after those that it needs: a chain of them may be long.
  const need = (a: Atom): void => {
    const chain: Equation[] = [];
    const push = (x: Atom): boolean => {
      const e = waiting.get(x);
      if (e === undefined) return false;
      for (const v of e.outputs) waiting.delete(v);
      chain.push(e);
      return true;
    };
    push(a);
    for (let top = chain.at(-1); top !== undefined; top = chain.at(-1))
      if (!top.inputs.some(push)) equations.push(chain.pop() as Equation);
  };
  for (const e of graph.equations) {
    const l = lowering.get(e);
    if (l?.kind === "kernel" && l.updates !== undefined) for (const v of e.outputs) waiting.set(v, e);
    else {
      e.inputs.forEach(need);
      equations.push(e);
    }
  }
  [...waiting.keys()].forEach(need);
  return { graph: { ...graph, equations }, lowering };
}

/**
 * Which carries of a body (inputs from `first` on, outputs from `next` on) may lie in one place each: where the output is written
 * first, the input is read for the last time, or was before.
 */
export const carriesInPlace = (body: Procedure, first: number, next: number, count: number): boolean[] =>
  pairsInPlace(
    body,
    Array.from({ length: count }, (_, k) => [first + k, next + k]),
  );

/** The same for any pairs of an input and an output. */
export function pairsInPlace(body: Procedure, pairs: readonly (readonly [number, number])[]): boolean[] {
  const spans = body.parameters.map(() => ({ first: Infinity, last: -1 }));
  body.steps.forEach((step, i) => {
    for (const p of placesOf(step)) {
      if (p.kind !== "parameter") continue;
      const span = spans[p.index];
      span.first = Math.min(span.first, i);
      span.last = i;
    }
  });
  return pairs.map(([p, q]) => {
    if (spans[p].last !== spans[q].first) return spans[p].last < spans[q].first;
    const step = body.steps[spans[p].last];
    if (step.kind === "copy") return isCopy(step, p, q);
    if (step.kind !== "kernel") return false;
    const at = (index: number): number[] =>
      step.buffers.flatMap((b, i) => (b.kind === "parameter" && b.index === index ? [i] : []));
    const [from, to] = [at(p), at(q)];
    return from.length === 1 && to.length === 1 && kernelSharesPlace(step.kernel, from[0], to[0]);
  });
}

/** The body for carries in place: without the copies that this saves. */
export function inPlaceBody(body: Procedure, first: number, next: number, shared: readonly boolean[]): Procedure {
  const steps = body.steps.filter((s) => !shared.some((yes, k) => yes && isCopy(s, first + k, next + k)));
  return steps.length === body.steps.length ? body : { ...body, steps };
}

const isCopy = (step: Step, p: number, q: number): boolean => {
  if (step.kind !== "copy") return false;
  const { from, to } = step;
  return from.kind === "parameter" && from.index === p && to.kind === "parameter" && to.index === q;
};

function placesOf(step: Step): readonly Place[] {
  const ofArguments = (args: readonly { place: Place; other?: Place }[]): Place[] =>
    args.flatMap((a) => (a.other === undefined ? [a.place] : [a.place, a.other]));
  switch (step.kind) {
    case "kernel":
    case "host":
      return step.buffers;
    case "copy":
      return [step.from, step.to];
    case "loop":
      return [...ofArguments(step.arguments), step.frame];
    case "while":
      return [...ofArguments([...step.conditionArguments, ...step.bodyArguments]), step.predicate, step.frame];
    case "switch":
      return [step.index, ...step.arguments, step.frame];
  }
}
