import { procedureOf, schedule } from "../compiler/schedule.js";
import type { Backend } from "../graph/backend.js";
import type { Graph } from "../graph/graph.js";
import { fma, lowerWith } from "../kernel/multiplyAdd.js";
import type { Procedure } from "../kernel/procedure.js";
import { type Storage, dtypes } from "../tensor/dtype.js";
import type { TensorType } from "../tensor/shape.js";
import { type Contents, Tensor } from "../tensor/tensor.js";
import { compileKernelToClosures } from "./interpreter/interpretKernel.js";
import { interpretedProgram } from "./interpreter/interpretedProgram.js";
import { OperationCache, carriedCall, singleEquation } from "./operations.js";
import type { CompiledProgram } from "./program.js";
import { wasmAvailable } from "./wasm/available.js";
import { compileToWasm } from "./wasm/runtime.js";
import { kernelWork } from "./work.js";

/** Below this many kernel statements an eager operation is interpreted: compiling would cost more than it saves. */
const INTERPRETED_WORK = 300;
/** An operation that has run this often is compiled, however small. */
const HOT_CALLS = 200;

type Runner = (inputs: readonly Tensor[]) => Tensor[];

const operations = new OperationCache<Runner>();
/** Without fused multiply-adds, and with them. */
const programs = [new WeakMap<Graph, CompiledProgram>(), new WeakMap<Graph, CompiledProgram>()] as const;

/** The default backend: wasm for compiled programs and large eager operations, the interpreter for tiny ones. */
export const cpu: Backend = {
  name: "cpu",
  evaluate(primitive, inputs, params) {
    const lowered = carriedCall(primitive, inputs, params);
    if (lowered !== undefined) return cpu.run(lowered, inputs);
    return operations.get(primitive, inputs, params, fma.asked, () =>
      prepare(singleEquation(primitive, inputs, params), primitive.name),
    )(inputs);
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
    program = compiled(procedure, graph.inputs.length);
    known.set(graph, program);
  }
  return program;
}

export const compiled = (procedure: Procedure, inputCount: number): CompiledProgram =>
  wasmAvailable() ? compileToWasm(procedure, inputCount) : interpretedProgram(procedure, inputCount);

/** Takes the graph and not its inputs, which the closures made here would keep. */
function prepare(graph: Graph, name: string): Runner {
  const inputCount = graph.inputs.length;
  const procedure = lowerWith(fma.asked, () => schedule(graph, name));
  const hot = (): ((xs: readonly Tensor[]) => Storage[]) => {
    const program = compileToWasm(procedure, inputCount);
    return (xs) => program.run(xs.map(storageOf));
  };
  if (wasmAvailable() && !isTiny(procedure)) {
    const run = hot();
    return (xs) => wrap(graph.outputs, run(xs));
  }
  let run = directKernel(procedure, inputCount) ?? interpreted(procedure, inputCount);
  let calls = 0;
  return (xs) => {
    if (++calls === HOT_CALLS && wasmAvailable()) run = hot();
    return wrap(graph.outputs, run(xs));
  };
}

const storageOf = (x: Tensor): Storage => x.storage;

function interpreted(procedure: Procedure, inputCount: number): (xs: readonly Tensor[]) => Storage[] {
  const program = interpretedProgram(procedure, inputCount);
  return (xs) => program.run(xs.map(storageOf));
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
