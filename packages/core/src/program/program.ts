import type { Graph } from "../graph/graph.js";
import { traceGraph } from "../graph/record.js";
import { programOf } from "../backends/cpu.js";
import { pin } from "../backends/wasm/residents.js";
import { fma } from "../kernel/multiplyAdd.js";
import { settle } from "../control/jitFunction.js";
import type { Storage } from "../tensor/dtype.js";
import { type TensorType, describe, sameShape } from "../tensor/shape.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
import { type Structure, flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { decodeProgram } from "./decode.js";
import { encodeProgram } from "./encode.js";
import type { ProgramParts } from "./format.js";
import { ProgramError } from "./programError.js";
import { type ProgramLimits, checkPlan } from "./plan.js";

/** A function compiled for fixed shapes: a graph with the constants it captured. It is a value, and can be bytes. */
export interface Program<A extends unknown[] = unknown[], B = unknown> {
  readonly graph: Graph;
  /** Runs on arguments of the example's structure, shapes and dtypes. */
  run(...args: A): B;
  /**
   * For tight loops: fixed typed arrays for the leaves of the arguments and of the result, in tree order, and a `run` that allocates nothing.
   */
  bind(): { readonly inputs: readonly Storage[]; readonly outputs: readonly Storage[]; readonly run: () => void };
  /**
   * The program as bytes that `Program.fromBytes` reads, in any process: its graph and constants, no code. Equal programs give equal bytes.
   *
   * @throws ProgramError when the program has effects (`debugPrint`), which are code.
   */
  toBytes(): Uint8Array;
}

export const Program: {
  /**
   * The program that `toBytes` wrote, here or elsewhere: the same results, bit for bit. Bytes are not trusted: they run nothing but the
   * library's own operations, on memory of their own, within the limits.
   *
   * @param bytes copied where needed; may be changed afterwards.
   * @param limits of memory and time for a run, checked before anything is allocated for it.
   * @throws ProgramError for everything that is not such a program, exceeds the limits, or has fused multiply-adds where `init` was not asked for them; its `code` says which.
   * @example const program = Program.fromBytes<[Params, Tensor, Tensor], Params>(await readFile("gradient.program"));
   */
  fromBytes<A extends unknown[] = unknown[], B = unknown>(bytes: Uint8Array, limits?: ProgramLimits): Program<A, B>;
} = {
  fromBytes(bytes, limits = {}) {
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`Program.fromBytes: got ${typeof bytes}, expected a Uint8Array.`);
    // A plain view: the slices of a Buffer would be no copies.
    const parts = decodeProgram(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (parts.fused && fma.exact === undefined)
      throw new ProgramError(
        "fma",
        "Program.fromBytes: the program has fused multiply-adds. Call `await init({ fma: true })` of @cotangent/core/threads first.",
      );
    checkPlan(parts.graph, parts.fused, limits);
    return programFrom(parts);
  },
};

/**
 * compile : (a -> b, a) -> Program. Traces f on examples and compiles it.
 *
 * @example const program = compile(valueAndGrad(logDensity), position);
 *          const { inputs: [x], outputs: [value, gradient], run } = program.bind();
 */
export function compile<A extends unknown[], B>(f: (...args: A) => B, ...examples: A): Program<A, B> {
  const { leaves, structure } = flatten(examples, "compile: examples");
  let result: Structure | undefined;
  const types = leaves.map(({ shape, dtype }): TensorType => ({ shape, dtype }));
  const { graph, captures } = traceGraph(`compile(${f.name || "anonymous"})`, types, (...inputs) => {
    const out = flatten(f(...unflatten<A>(structure, inputs)), "compile: the output");
    result = out.structure;
    return out.leaves.map(settle);
  });
  const constants = captures.map((x) => x.storage);
  return programFrom({ graph, constants, arguments: structure, result: result as Structure, fused: fma.asked });
}

function programFrom<A extends unknown[], B>(parts: ProgramParts): Program<A, B> {
  const { graph, constants, fused } = parts;
  constants.forEach(pin);
  const types = graph.inputs.slice(constants.length);
  return {
    graph,
    run(...args) {
      const given = flattenLike("Program.run", parts.arguments, args, "the arguments");
      given.forEach((x, i) => {
        if (!sameShape(x.shape, types[i].shape) || x.dtype !== types[i].dtype)
          throw new TypeError(
            `Program.run: argument ${leafPaths(parts.arguments)[i]} is ${describe(x)}, expected ${describe(types[i])}. Compile again for other shapes.`,
          );
      });
      const results = programOf(graph, fused).run([...constants, ...given.map((x: Tensor) => x.contents)]);
      return unflatten<B>(
        parts.result,
        results.map((s, i) => fromStorage(graph.outputs[i], s)),
      );
    },
    bind() {
      const bound = programOf(graph, fused).bind(constants);
      return { inputs: bound.inputs.slice(constants.length), outputs: bound.outputs, run: () => bound.run() };
    },
    toBytes: () => encodeProgram(parts),
  };
}
