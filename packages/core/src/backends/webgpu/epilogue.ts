import type { Atom, Variable } from "../../graph/graph.js";
import { type Expression, type Local, add, binary, int, mul, read } from "../../kernel/expression.js";
import { type Kernel, type Statement, assign } from "../../kernel/kernel.js";
import { index } from "../../kernel/nest.js";
import { accessKey, identityAccess } from "../../compiler/fuse/access.js";
import type { Group, Part } from "../../compiler/fuse/group.js";
import type { KernelCall, Work } from "../../compiler/fuse/calls.js";
import type { Simplified } from "../../compiler/simplify/simplify.js";
import { sizeOf } from "../../tensor/shape.js";
import { linearForm } from "./linearForm.js";
import { plainProduct } from "./product.js";
import { mapOperands, rewritten, visitExpressions, visitStatements } from "./visit.js";

/*
 * What is done with each element of a result can be done where the element is made: bias and activation after a product, the step of a parameter
 * after its gradient, scaling after a sum. That is one dispatch less, and the result need not go through memory.
 */

/** Inputs and results of a joined kernel at most: what WebGPU promises that a shader can bind. */
const BUFFERS = 8;
/** Statements that it may have. */
const MOST_STATEMENTS = 256;

/** joined : Work[] -> Work[]. Elementwise kernels move into the kernels that make what they read. */
export function joined(work: readonly Work[], { graph, lowering }: Simplified): Work[] {
  /** Renamed values by what they rename, and the other way round. */
  const origin = new Map<Atom, Variable>();
  const renames = new Map<Atom, Variable[]>();
  const root = (a: Atom): Atom => origin.get(a) ?? a;
  /** How many read a value, the caller of the program among them. */
  const uses = new Map<Atom, number>();
  const use = (a: Atom): unknown => uses.set(a, (uses.get(a) ?? 0) + 1);
  for (const item of work) {
    const { inputs, outputs } = item.kind === "call" ? item : item.equation;
    const renamed = item.kind === "equation" && lowering.get(item.equation)?.kind === "alias" && outputs.length === 1;
    const [from] = inputs.map(root);
    if (!renamed || from.kind === "literal") new Set(inputs.map(root)).forEach(use);
    else {
      origin.set(outputs[0], from);
      renames.set(from, [...(renames.get(from) ?? []), outputs[0]]);
    }
  }
  graph.outputs.map(root).forEach(use);

  const out: (Work | undefined)[] = [];
  const place = new Map<Atom, number>();
  const put = (item: Work, at = out.length): void => {
    out[at] = item;
    for (const v of (item.kind === "call" ? item : item.equation).outputs) place.set(v, at);
  };
  for (const item of work) {
    const call = callOf(item);
    if (call?.group === undefined || !join(call, call.group)) put(call ?? item);
  }
  return out.filter((item) => item !== undefined);

  /** Puts the call into the one that makes the last of what it reads: all else is there by then. */
  function join(next: KernelCall, { inputs, parts }: Group): boolean {
    const makers = inputs.map((v) => place.get(root(v)) ?? -1);
    const at = Math.max(-1, ...makers);
    const from = makers.indexOf(at);
    const first = out[at];
    if (first?.kind !== "call" || makers.lastIndexOf(at) !== from || !mapsInPlace(parts, inputs[from])) return false;
    const v = root(inputs[from]);
    const rest = uses.get(v) as number;
    const call = inOne(first, first.outputs.indexOf(v as Variable), next, from, rest > 1);
    if (call === undefined) return false;
    uses.set(v, rest - 1);
    if (rest === 1) for (const w of renames.get(v) ?? []) out[place.get(w) as number] = undefined;
    put(call, at);
    return true;
  }
  /** Products are calls too: as loops, in which what joins them has its place. */
  function callOf(item: Work): KernelCall | undefined {
    if (item.kind === "call") return item;
    const l = lowering.get(item.equation);
    if (l?.kind !== "kernel" || l.kernel.product === undefined) return undefined;
    const { inputs, outputs } = item.equation;
    return { kind: "call", kernel: plainProduct(l.kernel, l.kernel.product), inputs, outputs };
  }
}

/** Whether each element of its results is made of the same element of the input, and of others. */
function mapsInPlace([{ space, reduced, units }, ...others]: readonly Part[], input: Variable): boolean {
  const here = accessKey(identityAccess(input.shape));
  return (
    others.length === 0 &&
    reduced.length === 0 &&
    sizeOf(space) === sizeOf(input.shape) &&
    units.every(({ reads }) => reads.every((r) => r.variable !== input || (!r.indirect && accessKey(r.at) === here)))
  );
}

/** Both calls in one: what `next` does with its input `from` is done where `first` stores its output `k`, which is kept or not. */
function inOne(first: KernelCall, k: number, next: KernelCall, from: number, keep: boolean): KernelCall | undefined {
  const [a, b] = [first.kernel, next.kernel];
  const more = next.inputs.filter((v, i) => i !== from && !first.inputs.includes(v));
  const inputs = [...first.inputs, ...more];
  const kept = first.outputs.filter((_, i) => keep || i !== k);
  const outputs = [...kept, ...next.outputs];
  const made = first.inputs.length + k;
  if (inputs.length + outputs.length > BUFFERS || lengthOf(a.body) + lengthOf(b.body) > MOST_STATEMENTS)
    return undefined;
  if (!storesOnce(a.body, made)) return undefined;

  const firstOutput = (i: number): number => inputs.length + (keep || i < k ? i : i - 1);
  const scratchFrom = first.inputs.length + first.outputs.length;
  const inFirst = (buffer: number): number => {
    if (buffer < first.inputs.length) return buffer;
    if (buffer < scratchFrom) return firstOutput(buffer - first.inputs.length);
    return buffer - scratchFrom + inputs.length + outputs.length;
  };
  const point = pointwise(
    b,
    from,
    (buffer) =>
      buffer < next.inputs.length
        ? inputs.indexOf(next.inputs[buffer])
        : inputs.length + kept.length + buffer - next.inputs.length,
    loopsInOrder(a.body, made),
  );
  const renumber = (e: Expression): Expression =>
    mapOperands(e.kind === "load" ? { ...e, buffer: inFirst(e.buffer) } : e, renumber);
  const body = rewritten(a.body, renumber, (s) => {
    if (s.buffer !== made) return [{ ...s, buffer: inFirst(s.buffer) }];
    const here = [assign(point.position, s.index), assign(point.value, s.value)];
    const own: Statement = { ...s, buffer: inFirst(made), index: read(point.position), value: read(point.value) };
    return [...here, ...(keep ? [own] : []), ...point.statements];
  });
  const buffers = [
    ...a.buffers.slice(0, first.inputs.length),
    ...more.map((v) => b.buffers[next.inputs.indexOf(v)]),
    ...a.buffers.slice(first.inputs.length, scratchFrom).filter((_, i) => keep || i !== k),
    ...b.buffers.slice(next.inputs.length),
    ...a.buffers.slice(scratchFrom),
  ];
  const kernel: Kernel = { ...a, name: `${a.name}+${b.name}`, buffers, body };
  return { kind: "call", kernel, inputs, outputs };
}

/** What an elementwise kernel does at one position within the loops `around` it, given what it would have read of buffer `from` there; its locals are new. */
function pointwise(
  kernel: Kernel,
  from: number,
  bufferOf: (buffer: number) => number,
  around: readonly Loop[],
): { readonly value: Local; readonly position: Local; readonly statements: readonly Statement[] } {
  const value: Local = { name: "value", dtype: kernel.buffers[from].dtype };
  const position = index("position");
  const fresh = new Map<Local, Local>();
  const local = (l: Local): Local => {
    let known = fresh.get(l);
    if (known === undefined) fresh.set(l, (known = { ...l }));
    return known;
  };
  const moved = (e: Expression): Expression => {
    if (e.kind === "load")
      return e.buffer === from ? read(value) : mapOperands({ ...e, buffer: bufferOf(e.buffer) }, moved);
    return e.kind === "local" ? { ...e, local: local(e.local) } : mapOperands(e, moved);
  };
  const loops: Loop[] = [];
  const flat = (body: readonly Statement[]): Statement[] =>
    body.flatMap((s): Statement[] => {
      if (s.kind === "assign") return [assign(local(s.local), moved(s.value))];
      if (s.kind === "store")
        return [{ ...s, buffer: bufferOf(s.buffer), index: moved(s.index), value: moved(s.value) }];
      if (s.kind !== "for" || s.extent.kind !== "constant")
        throw new Error(`WebGPU: ${kernel.name} is not elementwise.`);
      loops.push({ local: local(s.index), size: s.extent.value });
      return flat(s.body);
    });
  const statements = flat(kernel.body);
  // The loops of both kernels from the inside out, as long as they are the same; then what is left of the position.
  const coordinates: Statement[] = [];
  const [mine, theirs] = [[...loops], [...around]];
  while (mine.length > 0 && mine.at(-1)?.size === theirs.at(-1)?.size)
    coordinates.push(assign((mine.pop() as Loop).local, read((theirs.pop() as Loop).local)));
  const outside = theirs.reduce<Expression>((sum, l) => add(mul(sum, int(l.size)), read(l.local)), int(0));
  const left = mine.length === loops.length ? read(position) : outside;
  let inner = 1;
  for (let i = mine.length - 1; i >= 0; i--) {
    const { local, size } = mine[i];
    const whole = inner === 1 ? left : binary("div", left, int(inner));
    coordinates.push(assign(local, i === 0 ? whole : binary("rem", whole, int(size))));
    inner *= size;
  }
  return { value, position, statements: [...coordinates, ...statements] };
}

interface Loop {
  readonly local: Local;
  readonly size: number;
}

/** The loops around the only store of a buffer if they walk through it element by element, outermost first; else none. */
function loopsInOrder(body: readonly Statement[], buffer: number): Loop[] {
  const values = new Map<Local, Expression>();
  const find = (statements: readonly Statement[], around: readonly Loop[]): Loop[] | undefined => {
    for (const s of statements) {
      if (s.kind === "assign") values.set(s.local, s.value);
      if (s.kind === "for" && s.extent.kind === "constant") {
        const found = find(s.body, [...around, { local: s.index, size: s.extent.value }]);
        if (found !== undefined) return found;
      }
      if (s.kind !== "store" || s.buffer !== buffer) continue;
      const form = linearForm(s.index, values);
      let step = 1;
      const inOrder = around.reduceRight((yes, { local, size }) => {
        const right = form?.terms.get(local) === step;
        step *= size;
        return yes && right;
      }, true);
      return inOrder && form?.constant === 0 && form.terms.size === around.length ? [...around] : [];
    }
    return undefined;
  };
  return find(body, []) ?? [];
}

/** Whether a buffer is stored by one statement, and not read. */
function storesOnce(body: readonly Statement[], buffer: number): boolean {
  let [stores, loads] = [0, 0];
  visitStatements(body, (s) => {
    if (s.kind === "store" && s.buffer === buffer) stores++;
  });
  visitExpressions(body, (e) => {
    if (e.kind === "load" && e.buffer === buffer) loads++;
  });
  return stores === 1 && loads === 0;
}

function lengthOf(body: readonly Statement[]): number {
  let length = 0;
  visitStatements(body, () => length++);
  return length;
}
