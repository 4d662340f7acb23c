import { paramsKey } from "../compiler/simplify.js";
import { procedureOf, schedule } from "../compiler/schedule.js";
import type { Backend } from "../graph/backend.js";
import { type Graph, type Variable, isGraph, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import type { Procedure } from "../kernel/procedure.js";
import { type Storage, dtypes } from "../tensor/dtype.js";
import type { TensorType } from "../tensor/shape.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
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

type Runner = (inputs: readonly Tensor[]) => Tensor[];

const operations = new Map<string, Runner>();
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
    const key = `${primitive.name} ${isEmpty(params) ? "" : paramsKey(params, graphId)} ${inputs.map(inputKey).join()}`;
    let runner = operations.get(key);
    if (runner === undefined) {
      runner = prepare(primitive, inputs, params);
      if (operations.size >= OPERATIONS_KEPT) operations.delete(operations.keys().next().value as string);
      // Operations on carried graphs are found by the graph's identity; they must not keep it alive here.
      if (!Object.values(params).some((p) => isGraph(p) || (Array.isArray(p) && p.some(isGraph))))
        operations.set(key, runner);
    }
    return runner(inputs);
  },
  run(graph, inputs) {
    return wrap(graph.outputs, programOf(graph).run(inputs.map((x) => x.storage)));
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

const isEmpty = (params: object): boolean => {
  for (const _ in params) return false;
  return true;
};
const inputKey = (t: TensorType): string => `${t.dtype}${t.weak === true ? "w" : ""}${t.shape.join("x")}`;

function prepare<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Runner {
  const graph = singleEquation(primitive, inputs, params);
  const procedure = schedule(graph, primitive.name);
  const direct = directKernel(procedure, inputs.length);
  if (direct !== undefined) return (xs) => wrap(graph.outputs, direct(xs));
  const program =
    wasmAvailable() && !isTiny(procedure)
      ? compileToWasm(procedure, inputs.length)
      : interpretedProgram(procedure, inputs.length);
  return (xs) => wrap(graph.outputs, program.run(xs.map((x) => x.storage)));
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

const wrap = (types: readonly TensorType[], storages: readonly Storage[]): Tensor[] =>
  storages.map((s, i) => fromStorage(types[i], s));
