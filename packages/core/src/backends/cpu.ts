import { paramsKey } from "../compiler/simplify.js";
import { procedureOf, schedule } from "../compiler/schedule.js";
import type { Backend } from "../graph/backend.js";
import { type Graph, type Variable, isGraph, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import type { Procedure } from "../kernel/procedure.js";
import { type Storage, dtypes } from "../tensor/dtype.js";
import { type TensorType, sameType, typeKey } from "../tensor/shape.js";
import { type Contents, Tensor } from "../tensor/tensor.js";
import { compileKernelToClosures } from "./interpreter/interpretKernel.js";
import { interpretedProgram } from "./interpreter/interpretedProgram.js";
import type { CompiledProgram } from "./program.js";
import { wasmAvailable } from "./wasm/available.js";
import { compileToWasm } from "./wasm/runtime.js";
import { kernelWork } from "./work.js";

/** Below this many kernel statements an eager operation is interpreted: compiling would cost more than it saves. */
const INTERPRETED_WORK = 300;
/** Eager operations kept ready; the one prepared first goes first, since marking each use would cost more than preparing it again. */
const OPERATIONS_KEPT = 2048;

/** An operation that has run this often is compiled, however small. */
const HOT_CALLS = 200;
/** Of each primitive this many prepared operations are found by comparing types, without a key. */
const RECENT = 8;

type Runner = (inputs: readonly Tensor[]) => Tensor[];
interface Prepared {
  readonly types: readonly TensorType[];
  readonly params: object;
  readonly run: Runner;
}

const operations = new Map<string, Prepared>();
const recent = new Map<unknown, { readonly entries: Prepared[]; next: number }>();
const programs = new WeakMap<Graph, CompiledProgram>();
const graphIds = new WeakMap<Graph, number>();
let nextGraphId = 0;
const graphId = (graph: Graph): number => {
  let id = graphIds.get(graph);
  if (id === undefined) graphIds.set(graph, (id = nextGraphId++));
  return id;
};

/** The default backend: wasm for compiled programs and large eager operations, the interpreter for tiny ones. */
export const cpu: Backend = {
  name: "cpu",
  evaluate(primitive, inputs, params) {
    const lowered = carriedCall(primitive, inputs, params);
    if (lowered !== undefined) return cpu.run(lowered, inputs);
    let list = recent.get(primitive);
    if (list !== undefined)
      for (const entry of list.entries)
        if (sameInputs(entry.types, inputs) && sameParams(entry.params, params)) return entry.run(inputs);
    const key = `${primitive.name} ${paramsKey(params, graphId)} ${inputs.map(typeKey).join()}`;
    let entry = operations.get(key);
    if (entry === undefined) {
      const kept = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, copied(value)]));
      entry = { types: inputs.map(typeOf), params: kept, run: prepare(primitive, inputs, params) };
      // Operations on carried graphs are found by the graph's identity; they must not keep it alive here.
      if (Object.values(params).some((p) => isGraph(p) || (Array.isArray(p) && p.some(isGraph))))
        return entry.run(inputs);
      if (operations.size >= OPERATIONS_KEPT) operations.delete(operations.keys().next().value as string);
      operations.set(key, entry);
    }
    if (list === undefined) recent.set(primitive, (list = { entries: [], next: 0 }));
    list.entries[list.next++ % RECENT] = entry;
    return entry.run(inputs);
  },
  run(graph, inputs, donated) {
    const program = programOf(graph);
    const contents = inputs.map((x) => x.contents);
    return wrap(graph.outputs, (donated && program.runDonated?.(contents, donated)) ?? program.run(contents));
  },
};

/** The program of a graph, compiled once. */
export function programOf(graph: Graph): CompiledProgram {
  let program = programs.get(graph);
  if (program === undefined) {
    const procedure = procedureOf(graph, "main");
    program = wasmAvailable()
      ? compileToWasm(procedure, graph.inputs.length)
      : interpretedProgram(procedure, graph.inputs.length);
    programs.set(graph, program);
  }
  return program;
}

/** jit's graph is the program itself. */
function carriedCall<P extends object>(
  primitive: Primitive<P>,
  inputs: readonly Tensor[],
  params: P,
): Graph | undefined {
  if (!("graph" in params) || !isGraph(params.graph)) return undefined;
  const lowered = primitive.lower(inputs, [], params);
  return lowered.kind === "graph" ? lowered.graph : undefined;
}

const typeOf = (t: Tensor): TensorType => ({ dtype: t.dtype, shape: [...t.shape], weak: t.weak });

function sameInputs(types: readonly TensorType[], inputs: readonly Tensor[]): boolean {
  if (types.length !== inputs.length) return false;
  for (let i = 0; i < types.length; i++) if (!sameType(types[i], inputs[i])) return false;
  return true;
}

/** Whether all parameters are equal, as far as they are plain values and lists of them: other objects count as different. */
function sameParams(a: object, b: object): boolean {
  const known = a as Record<string, unknown>;
  let keys = 0;
  for (const key in b) {
    if (!sameParam(known[key], (b as Record<string, unknown>)[key])) return false;
    keys++;
  }
  for (const _ in a) keys--;
  return keys === 0;
}
function sameParam(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a)) return Object.is(a, b) && typeof a !== "object";
  if (!Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameParam(a[i], b[i])) return false;
  return true;
}
/** Lists may be the caller's, who may change them: they are copied. */
const copied = (value: unknown): unknown => (Array.isArray(value) ? value.map(copied) : value);

function prepare<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Runner {
  const graph = singleEquation(primitive, inputs, params);
  const procedure = schedule(graph, primitive.name);
  const compiled = (): ((xs: readonly Tensor[]) => Storage[]) => {
    const program = compileToWasm(procedure, inputs.length);
    return (xs) => program.run(xs.map(storageOf));
  };
  if (wasmAvailable() && !isTiny(procedure)) {
    const run = compiled();
    return (xs) => wrap(graph.outputs, run(xs));
  }
  let run = directKernel(procedure, inputs.length) ?? interpreted(procedure, inputs.length);
  let calls = 0;
  return (xs) => {
    if (++calls === HOT_CALLS && wasmAvailable()) run = compiled();
    return wrap(graph.outputs, run(xs));
  };
}

const storageOf = (x: Tensor): Storage => x.storage;

function interpreted(procedure: Procedure, inputCount: number): (xs: readonly Tensor[]) => Storage[] {
  const program = interpretedProgram(procedure, inputCount);
  return (xs) => program.run(xs.map(storageOf));
}

function singleEquation<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Graph {
  const from: Variable[] = inputs.map((x) => variable(x));
  const outputs = primitive.infer(inputs, params).map((t) => variable(t));
  return { inputs: from, equations: [{ primitive: primitive as Primitive, inputs: from, params, outputs }], outputs };
}

const isTiny = (procedure: Procedure): boolean =>
  procedure.steps.every(
    (s) => s.kind === "copy" || s.kind === "host" || (s.kind === "kernel" && kernelWork(s.kernel) < INTERPRETED_WORK),
  );

/** A tiny single kernel runs on the tensors' own arrays, with no memory between. */
function directKernel(procedure: Procedure, inputCount: number): ((xs: readonly Tensor[]) => Storage[]) | undefined {
  const [step] = procedure.steps;
  if (procedure.steps.length !== 1 || step.kind !== "kernel" || procedure.frameBytes > 0) return undefined;
  if (kernelWork(step.kernel) >= INTERPRETED_WORK) return undefined;
  const places = step.buffers.map((b) => (b.kind === "parameter" && b.byteOffset === 0 ? b.index : -1));
  if (places.includes(-1)) return undefined;
  const execute = compileKernelToClosures(step.kernel);
  const outputs = procedure.parameters.slice(inputCount);
  return (xs) => {
    const results = outputs.map((t) => dtypes[t.dtype].allocate(t.length));
    execute(places.map((i) => (i < inputCount ? xs[i].storage : results[i - inputCount])));
    return results;
  };
}

const wrap = (types: readonly TensorType[], contents: readonly Contents[]): Tensor[] =>
  contents.map((c, i) => new Tensor(types[i], c));
