import { procedureOf, schedule } from "../compiler/schedule.js";
import type { Backend } from "../graph/backend.js";
import { type Graph, type Variable, isGraph, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { fma, lowerWith } from "../kernel/multiplyAdd.js";
import type { Procedure } from "../kernel/procedure.js";
import { type Storage, dtypes } from "../tensor/dtype.js";
import { type TensorType, equalType } from "../tensor/shape.js";
import { type Contents, Tensor } from "../tensor/tensor.js";
import { compileKernelToClosures } from "./interpreter/interpretKernel.js";
import { interpretedProgram } from "./interpreter/interpretedProgram.js";
import type { CompiledProgram } from "./program.js";
import { wasmAvailable } from "./wasm/available.js";
import { compileToWasm } from "./wasm/runtime.js";
import { kernelWork } from "./work.js";

/** Below this many kernel statements an eager operation is interpreted: compiling would cost more than it saves. */
const INTERPRETED_WORK = 300;
/** An operation that has run this often is compiled, however small. */
const HOT_CALLS = 200;
/** Operations kept ready, of each primitive. */
const KEPT = 128;

type Runner = (inputs: readonly Tensor[]) => Tensor[];
interface Prepared {
  readonly types: readonly TensorType[];
  readonly params: object;
  readonly fused: boolean;
  readonly run: Runner;
}

const operations = new Map<unknown, Prepared[]>();
/** Without fused multiply-adds, and with them. */
const programs = [new WeakMap<Graph, CompiledProgram>(), new WeakMap<Graph, CompiledProgram>()] as const;

/** The default backend: wasm for compiled programs and large eager operations, the interpreter for tiny ones. */
export const cpu: Backend = {
  name: "cpu",
  evaluate(primitive, inputs, params) {
    const lowered = carriedCall(primitive, inputs, params);
    if (lowered !== undefined) return cpu.run(lowered, inputs);
    let known = operations.get(primitive);
    if (known === undefined) operations.set(primitive, (known = []));
    for (let i = 0; i < known.length; i++) {
      const entry = known[i];
      if (!equalTypes(entry.types, inputs) || !equalParams(entry.params, params) || entry.fused !== fma.asked) continue;
      // What is used often moves forward; new operations come first, and the last are forgotten.
      if (i > 0) [known[i - 1], known[i]] = [entry, known[i - 1]];
      return entry.run(inputs);
    }
    const run = prepare(singleEquation(primitive, inputs, params), primitive.name);
    // Operations on carried graphs, or on functions, are not kept: they would keep those alive here.
    if (isPlain(Object.values(params))) {
      // Lists may be the caller's, who may change them: they are copied.
      const types = inputs.map(({ dtype, shape, weak }) => ({ dtype, shape: [...shape], weak }));
      if (known.unshift({ types, params: structuredClone(params), fused: fma.asked, run }) > KEPT) known.pop();
    }
    return run(inputs);
  },
  run(graph, inputs, donated) {
    const program = programOf(graph);
    const contents = inputs.map((x) => x.contents);
    return wrap(graph.outputs, (donated && program.runDonated?.(contents, donated)) ?? program.run(contents));
  },
};

/** The program of a graph, compiled once with fused multiply-adds and once without. */
export function programOf(graph: Graph, fused: boolean = fma.asked): CompiledProgram {
  const known = programs[fused ? 1 : 0];
  let program = known.get(graph);
  if (program === undefined) {
    const procedure = lowerWith(fused, () => procedureOf(graph, "main"));
    program = wasmAvailable()
      ? compileToWasm(procedure, graph.inputs.length)
      : interpretedProgram(procedure, graph.inputs.length);
    known.set(graph, program);
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

function equalTypes(a: readonly TensorType[], b: readonly TensorType[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalType(a[i], b[i])) return false;
  return true;
}
const isPlain = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isPlain) : typeof value !== "object" && typeof value !== "function";
/** Parameters are numbers, strings, flags and lists of them. */
function equalParams(a: object, b: object): boolean {
  let more = 0;
  for (const name in b) {
    if (!equalParam((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return false;
    more++;
  }
  for (const _ in a) more--;
  return more === 0;
}
function equalParam(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalParam(a[i], b[i])) return false;
  return true;
}

/** Takes the graph and not its inputs, which the closures made here would keep. */
function prepare(graph: Graph, name: string): Runner {
  const inputCount = graph.inputs.length;
  const procedure = lowerWith(fma.asked, () => schedule(graph, name));
  const compiled = (): ((xs: readonly Tensor[]) => Storage[]) => {
    const program = compileToWasm(procedure, inputCount);
    return (xs) => program.run(xs.map(storageOf));
  };
  if (wasmAvailable() && !isTiny(procedure)) {
    const run = compiled();
    return (xs) => wrap(graph.outputs, run(xs));
  }
  let run = directKernel(procedure, inputCount) ?? interpreted(procedure, inputCount);
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
