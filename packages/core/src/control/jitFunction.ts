import { backend } from "../graph/backend.js";
import type { Graph } from "../graph/graph.js";
import { scalar, traceGraph } from "../graph/record.js";
import { bind, currentTrace, evaluation } from "../graph/trace.js";
import { Tracer } from "../graph/tracer.js";

import { convert } from "../primitives/conversion.js";
import { equalType, typeKey } from "../tensor/shape.js";
import { Elsewhere, Tensor } from "../tensor/tensor.js";
import { type Structure, appendLeaves, flatten, leafPaths, structureKey, unflatten } from "../tensor/tree.js";
import { jitPrimitive } from "./jit.js";

export interface JitOptions {
  /** Positions of arguments that are part of the program: any value; a new one (by Object.is) is a new trace. */
  readonly staticArgnums?: readonly number[];
  /**
   * Positions of arguments that the caller gives up, as a training loop its state: results of their types stay in the program's memory
   * until they are read, in the place of the state where it can be overwritten. Their tensors are used up: using one is an error that
   * names this function. One that is another argument or a capture too is copied. Without effect within another transform.
   * (After JAX's `donate_argnums`.)
   */
  readonly donate?: readonly number[];
  /**
   * `"cpu"`: runs there after `init("webgpu")` too, as for f64, or where each call is small. Arguments on the GPU are errors: bring them by
   * `await x.to("cpu")` or `await tree.to("cpu", params)`. Without effect within another transform.
   */
  readonly device?: "cpu";
}

interface CachedTrace {
  readonly graph: Graph;
  readonly captures: readonly Tensor[];
  /** One structure an argument; that of a static one is not looked at. */
  readonly arguments: readonly Structure[];
  readonly output: Structure;
  readonly statics: readonly unknown[];
}

/** Least recently used traces beyond this many are dropped, for each function. */
export const TRACES_KEPT = 64;
const traces = new WeakMap<object, Map<string, CachedTrace[]>>();

/**
 * jit : (a -> b) -> (a -> b). Traces the function once for each structure, shapes and dtypes of its arguments, compiles the
 * graph to one program, and runs that.
 *
 * Tensors that the function captures are fixed at the first trace; captured JS numbers are baked in (pass what changes as
 * an argument: a JS number argument is traced too, as a weak scalar).
 *
 * @throws when the function reads the value of a traced tensor, or returns something that is not a tree of tensors.
 * @example const step = jit((w: Tensor, x: Tensor) => w.sub(grad(loss)(w, x).mul(0.1)))
 */
export function jit<A extends unknown[], B>(f: (...args: A) => B, options: JitOptions = {}): (...args: A) => B {
  if (typeof f !== "function") throw new TypeError(`jit: got ${typeof f}, expected a function to compile.`);
  const { staticArgnums = [], donate = [], device } = options;
  if (device !== undefined && device !== "cpu")
    throw new TypeError(
      `jit: device is ${JSON.stringify(device)}, expected "cpu". Leave it out for the device of init.`,
    );
  const name = f.name || "anonymous";
  const label = `jit(${name})`;
  // The trace of the last call, which is most often that of the next: found by comparing, without building keys.
  let last: CachedTrace | undefined;
  let params = { graph: { inputs: [], equations: [], outputs: [] } as Graph, name };
  let donated: readonly boolean[] | undefined;
  return (...args) => {
    let inputs = last === undefined ? undefined : inputsLike(last, args, staticArgnums);
    let trace = last;
    if (trace === undefined || inputs === undefined) {
      const found = traceOf(label, f, args, staticArgnums);
      ({ trace } = found);
      inputs = [...trace.captures, ...found.leaves];
      params = { graph: trace.graph, name };
      last = trace.captures.some((x) => x instanceof Tracer) ? undefined : trace;
      if (donate.length > 0) donated = donatedInputs(trace, donate);
    }
    if ((donate.length === 0 && device === undefined) || currentTrace() !== evaluation)
      return unflatten<B>(trace.output, bind(jitPrimitive, inputs, params).map(settle));
    try {
      return unflatten<B>(trace.output, backend(device).run(trace.graph, inputs, donated, label).map(settle));
    } finally {
      inputs.forEach((x, i) => donated?.[i] && x.donateTo(label));
    }
  };
}

/** Which inputs of the graph are leaves of the arguments in `donate`. */
function donatedInputs({ arguments: structures, captures }: CachedTrace, donate: readonly number[]): boolean[] {
  const mask = captures.map(() => false);
  structures.forEach((structure, n) => leafPaths(structure).forEach(() => mask.push(donate.includes(n))));
  return mask;
}

/** What goes into the graph of `trace`, if it was made for arguments like these. */
function inputsLike(
  trace: CachedTrace,
  args: readonly unknown[],
  staticArgnums: readonly number[],
): Tensor[] | undefined {
  const { arguments: expected, graph, captures, statics } = trace;
  if (args.length !== expected.length) return undefined;
  const inputs = [...captures];
  for (let i = 0; i < args.length; i++) {
    const k = staticArgnums.indexOf(i);
    const same = k < 0 ? appendLeaves(inputs, expected[i], args[i], numberLeaf) : Object.is(args[i], statics[k]);
    if (!same) return undefined;
  }
  for (let i = captures.length; i < inputs.length; i++) if (!equalType(inputs[i], graph.inputs[i])) return undefined;
  return inputs;
}

/** The trace of `f` for arguments like these, and the leaves of those that are not static. */
export function traceOf<A extends unknown[], B>(
  label: string,
  f: (...args: A) => B,
  args: A,
  staticArgnums: readonly number[] = [],
): { trace: CachedTrace; leaves: readonly Tensor[] } {
  const statics = staticArgnums.map((n) => args[n]);
  const dynamic = args.map((x, i) => (staticArgnums.includes(i) ? undefined : x));
  const { leaves, structure } = flatten(dynamic, label, numberLeaf);
  const key = `${staticArgnums.join()}|${structureKey(structure)}|${leaves.map(typeKey).join()}`;
  const trace = lookUp(f, key, statics) ?? record(f, label, key, args, structure, leaves, staticArgnums, statics);
  return { trace, leaves };
}

/** A JS number among the arguments is a weak f64 scalar: exact, and it takes the dtype of what it meets. */
const numberLeaf = (value: unknown): Tensor | undefined =>
  typeof value === "number" ? scalar(value, "f64", true) : undefined;

/** A weak result leaves the program as f32. */
export const settle = (x: Tensor): Tensor => (x.weak ? convert(x, "f32") : x);

function lookUp(f: object, key: string, statics: readonly unknown[]): CachedTrace | undefined {
  const known = traces.get(f);
  const entries = known?.get(key);
  const found = entries?.find((t) => t.statics.every((s, i) => Object.is(s, statics[i])));
  if (known !== undefined && entries !== undefined && found !== undefined) {
    // Maps keep insertion order: re-inserting marks the entry as used last.
    known.delete(key);
    known.set(key, entries);
  }
  return found;
}

function record<A extends unknown[], B>(
  f: (...args: A) => B,
  label: string,
  key: string,
  args: A,
  structure: Structure,
  leaves: readonly Tensor[],
  staticArgnums: readonly number[],
  statics: readonly unknown[],
): CachedTrace {
  let output: Structure | undefined;
  const traced = traceGraph(label, leaves, (...inputs) => {
    const rebuilt = unflatten<A>(structure, inputs);
    const out = flatten(
      f(...(args.map((x, i) => (staticArgnums.includes(i) ? x : rebuilt[i])) as A)),
      `${label}: the output`,
      numberLeaf,
    );
    output = out.structure;
    return out.leaves;
  });
  // Tensors of the trace's own: those that were captured may be donated.
  const captures = traced.captures.map((x) =>
    x instanceof Tracer ? x : new Tensor(x, x.contents instanceof Elsewhere ? x.contents.shared() : x.contents),
  );
  const children = structure.kind === "array" ? structure.children : [];
  const trace: CachedTrace = {
    graph: traced.graph,
    captures,
    arguments: children,
    output: output as Structure,
    statics,
  };
  // A graph that captured a tracer belongs to that tracer's trace and must not outlive it.
  if (!captures.some((x) => x instanceof Tracer)) keep(f, key, trace);
  return trace;
}

function keep(f: object, key: string, trace: CachedTrace): void {
  let known = traces.get(f);
  if (known === undefined) traces.set(f, (known = new Map()));
  known.set(key, [...(known.get(key) ?? []).slice(-(TRACES_KEPT - 1)), trace]);
  if (known.size > TRACES_KEPT) known.delete(known.keys().next().value as string);
}

/** How many traces of `f` jit holds. */
export const traceCount = (f: object): number =>
  [...(traces.get(f)?.values() ?? [])].reduce((n, entries) => n + entries.length, 0);

/**
 * makeGraph : (a -> b) -> a -> Graph. The graph that jit would compile, for reading: `formatGraph(makeGraph(f)(x))`.
 * Inputs are captured tensors first, then the leaves of the arguments.
 */
export function makeGraph<A extends unknown[]>(f: (...args: A) => unknown): (...args: A) => Graph {
  return (...args) => {
    const { leaves, structure } = flatten(args, "makeGraph", numberLeaf);
    return traceGraph(
      `makeGraph(${f.name || "anonymous"})`,
      leaves,
      (...inputs) => flatten(f(...unflatten<A>(structure, inputs)), "makeGraph: the output", numberLeaf).leaves,
    ).graph;
  };
}
