import type { Backend } from "../../graph/backend.js";
import type { Graph } from "../../graph/graph.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { cpu } from "../cpu.js";
import { OperationCache, carriedCall, singleEquation } from "../operations.js";
import { GpuContents } from "./contents.js";
import { GpuProgram, isWide, refuseF64 } from "./program.js";
import type { Session } from "./session.js";

/** An eager operation on values of the host stays there up to so many elements: the way to the GPU and back costs more. */
const TINY = 1024;

/** Programs and large operations on the GPU; on what is still on the host, small ones stay on the CPU, and those in f64, which GPUs have not. */
export function gpuBackend(session: Session): Backend {
  const programs = new WeakMap<Graph, GpuProgram>();
  const operations = new OperationCache<GpuProgram>();
  const programOf = (graph: Graph, name: string): GpuProgram => {
    let program = programs.get(graph);
    if (program === undefined) {
      refuseF64(name, graph.outputs);
      programs.set(graph, (program = new GpuProgram(session, graph, name)));
    }
    return program;
  };
  return {
    name: "webgpu",
    evaluate(primitive, inputs, params) {
      const lowered = carriedCall(primitive, inputs, params);
      if (lowered !== undefined) return programOf(lowered, callName(primitive.name, params)).run(inputs);
      if (inputs.every(isOnHost)) {
        const outputs = primitive.infer(inputs, params);
        if ((isTiny(inputs) && isTiny(outputs)) || inputs.some(isWide) || outputs.some(isWide))
          return cpu.evaluate(primitive, inputs, params);
      }
      return operations
        .get(primitive, inputs, params, false, () => {
          const graph = singleEquation(primitive, inputs, params);
          refuseF64(primitive.name, graph.outputs);
          return new GpuProgram(session, graph, primitive.name);
        })
        .run(inputs);
    },
    run: (graph, inputs, donated, name = "program") => programOf(graph, name).run(inputs, donated),
  };
}

const isOnHost = (x: Tensor): boolean => !(x.contents instanceof GpuContents);
const isTiny = (types: readonly { readonly shape: readonly number[] }[]): boolean =>
  types.reduce((n, t) => n + sizeOf(t.shape), 0) <= TINY;
const callName = (primitive: string, params: object): string =>
  "name" in params && typeof params.name === "string" ? `${primitive}(${params.name})` : primitive;
