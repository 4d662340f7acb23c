import { stages } from "../compiler/stages.js";
import { schedule } from "../compiler/schedule.js";
import { simplify } from "../compiler/simplify/simplify.js";
import { wasmAvailable } from "../backends/wasm/available.js";
import { emitProcedure } from "../backends/wasm/emitProcedure.js";
import { settle } from "../control/jitFunction.js";
import { type Graph, formatGraph } from "../graph/graph.js";
import { scalar, traceGraph } from "../graph/record.js";
import { fma, lowerWith } from "../kernel/multiplyAdd.js";
import { dtypes } from "../tensor/dtype.js";
import { type TensorType, describe, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, unflatten } from "../tensor/tree.js";
import { formatKernel } from "./formatKernel.js";
import { kernelCost } from "./kernelCost.js";
import { kernelBytes, programCost } from "./programCost.js";
import { type Cell, bytesText, count, table } from "./text.js";

/** A distinct kernel of a program. */
export interface KernelReport {
  readonly name: string;
  /** Lengths of the deepest nest of its loops. */
  readonly loops: readonly number[];
  /** Float operations of one run, those inside exp, log, ... included. */
  readonly flops: number;
  /** Bytes moved by one run: each buffer once, or the part that it touches. */
  readonly bytes: number;
  /** Runs in one call of the program, loops counted with their length. */
  readonly runs: number;
  /** Places of the program that run it. */
  readonly sites: number;
  /** The kernel as pseudo-code. */
  readonly code: string;
}

/** An input of a program: an argument's leaf, or a tensor that the function captured. */
export interface InputReport {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly captured: boolean;
  /** How often one call reads it from memory in full: kernels' outermost loops that read it, times the lengths of loops around them. */
  readonly passes: number;
  /** How often one call loads its average element, also from caches and registers' neighbours. */
  readonly loads: number;
}

export interface Explanation {
  readonly name: string;
  readonly equations: { readonly traced: number; readonly simplified: number };
  readonly kernels: readonly KernelReport[];
  /** Kernel runs in one call. */
  readonly runs: number;
  readonly flops: number;
  readonly bytesMoved: number;
  /** False when the length of a loop depends on data (it counts once), or there are branches (all count). */
  readonly exact: boolean;
  /** Whether products round once a multiply-add, as `init({ fma: true })` asks. */
  readonly fma: boolean;
  readonly inputs: readonly InputReport[];
  /** Bytes of temporaries, after buffers share their places. */
  readonly arenaBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Bytes of captured tensors, which stay in the program's memory from call to call. */
  readonly residentBytes: number;
  readonly moduleBytes: number;
  /** Milliseconds of this compilation, by stage. `wasm` is the engine's own compilation; 0 where it is forbidden. */
  readonly milliseconds: {
    readonly trace: number;
    readonly simplify: number;
    readonly fuse: number;
    readonly schedule: number;
    readonly emit: number;
    readonly wasm: number;
  };
  /** The equations as traced, and after simplification, as text. */
  readonly graph: string;
  readonly simplifiedGraph: string;
  /** All of it but the equations and the kernels' code, for people. */
  toString(): string;
}

/**
 * What `jit(f)` does for arguments like these: equations, kernels, work, memory, and where compile time goes. Traces and compiles anew, and does
 * not run the program.
 *
 * @param f a function of trees; one that jit has seen already has some stages behind it, and shows less time.
 * @throws what tracing `f` throws.
 * @example console.log(String(explain(valueAndGrad(loss))(params, x, y)))
 */
export function explain<A extends unknown[]>(f: (...args: A) => unknown): (...args: A) => Explanation {
  if (typeof f !== "function") throw new TypeError(`explain: got ${typeof f}, expected a function to compile.`);
  const name = f.name || "anonymous";
  return (...args) => {
    const start = performance.now();
    const { graph, captures, structure } = traced("explain", f, args);
    const trace = performance.now() - start;
    const paths = leafPaths(structure);
    const names = [...captures.map((_, i) => `captured ${i}`), ...paths.map((p) => `argument ${p}`)];
    return explainGraph(name, graph, captures.length, names, trace);
  };
}

/** The graph that jit would compile, what it captures, and the arguments as its other inputs. */
export function traced<A extends unknown[]>(
  caller: string,
  f: (...args: A) => unknown,
  args: A,
): { graph: Graph; captures: readonly Tensor[]; leaves: readonly Tensor[]; structure: Structure } {
  const { leaves, structure } = flatten(args, caller, numberLeaf);
  const { graph, captures } = traceGraph(`${caller}(${f.name || "anonymous"})`, leaves, (...inputs) =>
    flatten(f(...unflatten<A>(structure, inputs)), `${caller}: the output`, numberLeaf).leaves.map(settle),
  );
  return { graph, captures, leaves, structure };
}

const numberLeaf = (value: unknown) => (typeof value === "number" ? scalar(value, "f64", true) : undefined);

function explainGraph(
  name: string,
  graph: Graph,
  captured: number,
  names: readonly string[],
  trace: number,
): Explanation {
  const times = { trace, simplify: 0, fuse: 0, schedule: 0, emit: 0, wasm: 0 };
  let stage: keyof typeof times = "simplify";
  let since = performance.now();
  const begin = (next: keyof typeof times): void => {
    const now = performance.now();
    times[stage] += now - since;
    [stage, since] = [next, now];
  };
  stages.begin = begin;
  let procedure: ReturnType<typeof schedule>;
  try {
    procedure = lowerWith(fma.asked, () => schedule(graph));
  } finally {
    stages.begin = undefined;
  }
  begin("emit");
  const { bytes: module } = emitProcedure(procedure, 1);
  begin("wasm");
  if (wasmAvailable()) void new WebAssembly.Module(module);
  begin("wasm");

  const simplified = simplify(graph).graph;
  const cost = programCost(procedure);
  const bytesOf = (t: TensorType): number => sizeOf(t.shape) * dtypes[t.dtype].bytes;
  const inputs = graph.inputs.map((v, k): InputReport => ({
    name: names[k],
    type: describe(v),
    bytes: bytesOf(v),
    captured: k < captured,
    passes: cost.passes[k],
    loads: cost.loads[k],
  }));
  const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
  const explanation: Explanation = {
    name,
    equations: { traced: graph.equations.length, simplified: simplified.equations.length },
    kernels: cost.kernels.map(({ kernel, runs, sites }) => ({
      name: kernel.name,
      loops: kernelCost(kernel).loops,
      flops: kernelCost(kernel).flops,
      bytes: kernelBytes(kernel),
      runs,
      sites,
      code: formatKernel(kernel),
    })),
    runs: sum(cost.kernels.map((k) => k.runs)),
    flops: cost.flops,
    bytesMoved: cost.bytesMoved,
    exact: cost.exact,
    fma: fma.asked,
    inputs,
    arenaBytes: procedure.frameBytes,
    inputBytes: sum(inputs.map((x) => x.bytes)),
    outputBytes: sum(graph.outputs.map(bytesOf)),
    residentBytes: sum(inputs.filter((x) => x.captured).map((x) => x.bytes)),
    moduleBytes: module.length,
    milliseconds: times,
    graph: formatGraph(graph),
    simplifiedGraph: formatGraph(simplified),
    toString: () => report(explanation),
  };
  return explanation;
}

function report(e: Explanation): string {
  const total = Object.values(e.milliseconds).reduce((a, b) => a + b, 0);
  const stagesText = Object.entries(e.milliseconds).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  const about = e.exact ? "" : "about ";
  return [
    `${e.name}: equations ${e.equations.traced}, after simplification ${e.equations.simplified}; distinct kernels ${e.kernels.length}, kernel runs a call ${e.runs}`,
    `work a call: ${about}${count(e.flops)}flop, ${about}${bytesText(e.bytesMoved)} moved${e.fma ? "; products with fused multiply-adds" : ""}`,
    `memory: ${bytesText(e.inputBytes)} of inputs (${bytesText(e.residentBytes)} captured, resident), ${bytesText(e.outputBytes)} of outputs, ${bytesText(e.arenaBytes)} of temporaries; module ${bytesText(e.moduleBytes)}`,
    `compiled in ${total.toFixed(1)} ms: ${stagesText.join(", ")}`,
    "",
    ...table(
      ["kernel", "loops", "runs", "flop a run", "moved a run"],
      e.kernels.map((k): Cell[] => [
        k.name,
        k.loops.length === 0 ? "scalar" : k.loops.join(" x "),
        k.runs,
        count(k.flops),
        bytesText(k.bytes),
      ]),
    ),
    "",
    ...table(
      ["input", "type", "passes over it", "loads an element"],
      e.inputs.map((x): Cell[] => [x.name, x.type, round(x.passes), round(x.loads)]),
    ),
  ].join("\n");
}

const round = (x: number): number => Math.round(x * 100) / 100;
