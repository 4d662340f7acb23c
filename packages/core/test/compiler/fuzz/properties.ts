import * as fc from "fast-check";
import { interpretedProgram } from "../../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../../src/backends/wasm/runtime.js";
import { schedule } from "../../../src/compiler/schedule.js";
import type { Graph } from "../../../src/graph/graph.js";
import { evaluateGraph, traceGraph } from "../../../src/graph/record.js";
import { type Tensor, jit } from "../../../src/index.js";
import type { Procedure } from "../../../src/kernel/procedure.js";
import type { Storage } from "../../../src/tensor/dtype.js";
import { bits } from "../../backends/bothBackends.js";
import { poisoned, sameSteps, writtenParameters } from "./poison.js";
import { type FuzzProgram, backward, forward, fuzzProgram, inputsOf, isExtreme } from "./program.js";
import { Unstable, evaluateByReference, whereIs } from "./reference.js";
import { isFloat } from "./operands.js";

/** What a run of the fuzzer has seen, so that it can be asserted that the properties had something to say. */
export interface Tally {
  graphs: number;
  equations: number;
  /** Float results compared with the reference; how many of their tolerances were small against the result. */
  compared: number;
  sharp: number;
  unstable: number;
}
export const newTally = (): Tally => ({ graphs: 0, equations: 0, compared: 0, sharp: 0, unstable: 0 });

/** What a mutation test breaks. */
export interface Compilers {
  readonly schedule: typeof schedule;
  readonly compile: typeof compileToWasm;
}
const real: Compilers = { schedule, compile: compileToWasm };

/** Checks `runs` programs, and shrinks the first that fails if `shrink`. Throws what is wrong with it and what to keep. */
export function fuzz(runs: number, seed: number, compilers: Compilers = real, shrink = true): Tally {
  const tally = newTally();
  fc.assert(
    fc.property(fuzzProgram, (program) => checkProgram(program, tally, compilers)),
    { numRuns: runs, seed, endOnFailure: !shrink, verbose: 0, reporter: report },
  );
  return tally;
}

/** The failure as a person wants it: what broke, and the line to keep in kept.json. */
function report(run: fc.RunDetails<[FuzzProgram]>): void {
  if (!run.failed) return;
  const [program] = run.counterexample ?? [];
  const error = run.errorInstance instanceof Error ? run.errorInstance.message : String(run.errorInstance);
  throw new Error(
    `seed ${run.seed}, program ${run.numRuns}, ${run.numShrinks} shrinks: ${error}\nAdd to kept.json: ${JSON.stringify(program)}`,
    { cause: run.errorInstance },
  );
}

type Function = (...inputs: Tensor[]) => Tensor[];

/** Throws for the first property that a program violates, forward or backward. */
export function checkProgram(program: FuzzProgram, tally: Tally = newTally(), compilers: Compilers = real): void {
  const inputs = inputsOf(program);
  const check = (label: string, f: Function): void =>
    checkFunction(label, f, inputs, tally, compilers, isExtreme(program));
  check("forward", forward(program));
  if (inputs.some(isFloat)) check("gradient", backward(program));
  if (program.seed % 8 === 0) for (const f of [forward(program), backward(program)]) checkCalls(f, inputs);
}

/** As a user calls it: traced by `jit`, at the second call too, and not traced at all. */
function checkCalls(f: Function, inputs: Tensor[]): void {
  const compiled = jit(f);
  const bitsOf = (outputs: Tensor[]): number[][] => outputs.map((y) => bits(y.storage));
  const [first, second, eager] = [compiled(...inputs), compiled(...inputs), f(...inputs)].map(bitsOf);
  if (String(first) !== String(second)) throw new Error("jit gives other bits at its second call");
  if (String(first) !== String(eager)) throw new Error("jit and the function alone differ");
}

function checkFunction(
  label: string,
  f: Function,
  inputs: Tensor[],
  tally: Tally,
  compilers: Compilers,
  extreme: boolean,
): void {
  const { graph, captures } = traceGraph("fuzz", inputs, f);
  const all = [...captures, ...inputs];
  const storages = all.map((x) => x.storage);
  const count = all.length;
  tally.graphs++;
  tally.equations += graph.equations.length;

  const planned = compilers.schedule(graph);
  const withPoison = (loops: boolean): Procedure | undefined => {
    const [shared, own] = [
      loops ? planned : compilers.schedule(graph, "main", { loops }),
      compilers.schedule(graph, "main", { reuse: "inPlace", loops }),
    ];
    return sameSteps(shared, own) ? poisoned(shared, own, count) : undefined;
  };
  const unfused = compilers.schedule(graph, "main", { fuse: false, reuse: false });
  for (const k of writtenParameters(planned))
    if (k < count) throw new Error(`${label}: the program writes its input ${k}`);

  // Whether a loop is a kernel may depend on how much its body keeps in memory: then the loop of calls is poisoned.
  const toPoison = withPoison(true) ?? withPoison(false);
  if (toPoison === undefined) throw new Error(`${label}: the steps depend on the memory plan`);
  const interpreted = interpretedProgram(planned, count).run(storages);
  const same = (name: string, others: readonly Storage[]): void =>
    sameBits(`${label}: ${name}`, graph, interpreted, others);
  same("wasm = interpreter, with freed buffers poisoned", compilers.compile(toPoison, count).run(storages));
  same("fused = unfused, in memory of its own", interpretedProgram(unfused, count).run(storages));
  same(
    "compiled = one operation after another",
    evaluateGraph(graph, all).map((x) => x.storage),
  );
  if (!extreme) compareWithReference(label, graph, all, interpreted, tally);
}

function sameBits(name: string, graph: Graph, expected: readonly Storage[], actual: readonly Storage[]): void {
  expected.forEach((x, k) => {
    const [p, q] = [bits(x), bits(actual[k])];
    const width = p.length / Math.max(1, x.length);
    const at = p.length === q.length ? p.findIndex((word, i) => word !== q[i]) : 0;
    if (at < 0) return;
    const i = Math.floor(at / width);
    throw new Error(
      `${name}: output ${k} ${graph.outputs[k].dtype}[${graph.outputs[k].shape.join()}] at ${whereIs(graph.outputs[k].shape, i)} is ${x[i]} and ${actual[k][i]}`,
    );
  });
}

const SAMPLES = 2;
/** A violation is believed when it stands against this many disturbed runs. */
const MORE_SAMPLES = 14;
/** Times the spread. */
const SLACK = 16;

/** @param slack times the spread of disturbed runs of the reference. */
export function compareWithReference(
  label: string,
  graph: Graph,
  inputs: readonly Tensor[],
  actual: readonly ArrayLike<number>[],
  tally: Tally,
  slack: number = SLACK,
): void {
  const dense = inputs.map((x) => ({ shape: x.shape, values: Array.from(x.storage) }));
  const violation = (samples: number, count: boolean): string | undefined => {
    const { outputs, spread } = evaluateByReference(graph, dense, samples, 7 + samples);
    for (let k = 0; k < outputs.length; k++) {
      const { dtype, shape } = graph.outputs[k];
      const expected = outputs[k].values;
      if (outputs[k].shape.join() !== shape.join())
        return `output ${k} has shape [${shape.join()}], the reference [${outputs[k].shape.join()}]`;
      const mean = spread[k].reduce((a, b) => a + b, 0) / Math.max(1, expected.length);
      const largest = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      const unit = dtype === "f32" ? 2 ** -23 : dtype === "f64" ? 2 ** -52 : 0;
      let widest = 0;
      for (let i = 0; i < expected.length; i++) {
        const [x, y] = [actual[k][i], expected[i]];
        const tolerance = slack * (spread[k][i] + mean + unit * Math.abs(y));
        widest = Math.max(widest, tolerance);
        const close = Number.isFinite(y) ? Math.abs(x - y) <= tolerance : Object.is(x, y);
        if (!close && !(Number.isNaN(tolerance) && !Number.isFinite(y)))
          return `output ${k} ${dtype}[${shape.join()}] at ${whereIs(shape, i)} is ${x}, the reference ${y} +- ${tolerance}`;
      }
      if (count && unit > 0 && expected.length > 0) {
        tally.compared++;
        if (widest <= 1e4 * unit * largest || widest === 0) tally.sharp++;
      }
    }
    return undefined;
  };
  try {
    if (violation(SAMPLES, true) === undefined) return;
    const message = violation(MORE_SAMPLES, false);
    if (message !== undefined) throw new Error(`${label}: compiled = reference: ${message}`);
  } catch (error) {
    if (!(error instanceof Unstable)) throw error;
    tally.unstable++;
  }
}
