import type { Graph } from "../graph/graph.js";
import { traceGraph } from "../graph/record.js";
import type { Storage } from "../tensor/dtype.js";
import { type TensorType, describe, sameShape } from "../tensor/shape.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
import { type Structure, flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { programOf } from "./cpu.js";
import { pin } from "./wasm/residents.js";

/** A function compiled for fixed shapes: a graph with the constants it captured. */
export interface Program<A extends unknown[], B> {
  readonly graph: Graph;
  /** Runs on arguments of the example's structure, shapes and dtypes. */
  run(...args: A): B;
  /**
   * For tight loops: fixed typed arrays for the leaves of the arguments and of the result, in tree order, and a `run` that allocates nothing.
   */
  bind(): { readonly inputs: readonly Storage[]; readonly outputs: readonly Storage[]; run(): void };
}

/**
 * compile : (a -> b, a) -> Program. Traces f on examples and compiles it.
 *
 * @example const program = compile(valueAndGrad(logDensity), position);
 *          const { inputs: [x], outputs: [value, gradient], run } = program.bind();
 */
export function compile<A extends unknown[], B>(f: (...args: A) => B, ...examples: A): Program<A, B> {
  const { leaves, structure } = flatten(examples, "compile: examples");
  let output: Structure | undefined;
  const { graph, captures } = traceGraph(`compile(${f.name || "anonymous"})`, leaves, (...inputs) => {
    const out = flatten(f(...unflatten<A>(structure, inputs)), "compile: the output");
    output = out.structure;
    return out.leaves;
  });
  const constants = captures.map((x) => x.storage);
  constants.forEach(pin);
  const types: readonly TensorType[] = leaves.map((x) => ({ shape: x.shape, dtype: x.dtype }));
  const program = programOf(graph);
  return {
    graph,
    run(...args) {
      const given = flattenLike("Program.run", structure, args, "the arguments");
      given.forEach((x, i) => {
        if (!sameShape(x.shape, types[i].shape) || x.dtype !== types[i].dtype)
          throw new TypeError(
            `Program.run: argument ${leafPaths(structure)[i]} is ${describe(x)}, expected ${describe(types[i])}. Compile again for other shapes.`,
          );
      });
      const results = program.run([...constants, ...given.map((x: Tensor) => x.storage)]);
      return unflatten<B>(
        output as Structure,
        results.map((s, i) => fromStorage(graph.outputs[i], s)),
      );
    },
    bind() {
      const bound = program.bind(constants);
      return { inputs: bound.inputs.slice(constants.length), outputs: bound.outputs, run: () => bound.run() };
    },
  };
}
