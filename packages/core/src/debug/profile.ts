import { interpretedProgram } from "../backends/interpreter/interpretedProgram.js";
import { wasmAvailable } from "../backends/wasm/available.js";
import { compileToWasm } from "../backends/wasm/runtime.js";
import { schedule } from "../compiler/schedule.js";
import type { Kernel } from "../kernel/kernel.js";
import type { HostStep, Procedure, Step } from "../kernel/procedure.js";
import { fma, lowerWith } from "../kernel/multiplyAdd.js";
import { kernelKey } from "../kernel/structuralKey.js";
import { traced } from "./explain.js";
import { kernelCost } from "./kernelCost.js";
import { kernelBytes } from "./programCost.js";
import { type Cell, count, table } from "./text.js";

/** A distinct kernel's part of a call. */
export interface KernelTime {
  readonly name: string;
  /** Lengths of the deepest nest of its loops. */
  readonly loops: readonly number[];
  /** Runs in a call. */
  readonly runs: number;
  /** All its runs of one call, the least of several calls. */
  readonly microseconds: number;
  /** Of all kernels' time, 0 to 1. */
  readonly share: number;
  /** Work by `explain`'s count over time. */
  readonly gigaflops: number;
  readonly gigabytes: number;
}

export interface Profile {
  readonly name: string;
  /** The slowest first. */
  readonly kernels: readonly KernelTime[];
  /** One call without clocks in it, the least of several, inputs and outputs copied. */
  readonly microseconds: number;
  /** A table for people. */
  toString(): string;
}

export interface ProfileOptions {
  /** Calls that are timed, after as many that are not: the engine optimises what runs often. Default 20. */
  readonly calls?: number;
}

/**
 * How long each kernel of `jit(f)` takes for these arguments. The program runs with a clock read before and after each kernel, in its own
 * order and on its own data. Reading the clock costs some 0.1 us, which is measured and taken off: figures of kernels faster than that
 * are rough, and a page's clock may be coarser still.
 *
 * @throws what tracing `f` throws, and where `calls` is not a positive integer.
 * @example console.log(String(profile(step)(params, x, y)))
 */
export function profile<A extends unknown[]>(
  f: (...args: A) => unknown,
  { calls = 20 }: ProfileOptions = {},
): (...args: A) => Profile {
  if (typeof f !== "function") throw new TypeError(`profile: got ${typeof f}, expected a function to compile.`);
  if (!Number.isInteger(calls) || calls < 1)
    throw new RangeError(`profile: calls is ${calls}, expected a positive integer.`);
  return (...args) => {
    const { graph, captures, leaves } = traced("profile", f, args);
    const inputs = [...captures, ...leaves].map((x) => x.storage);
    const program = lowerWith(fma.asked, () => schedule(graph));
    const clocks = makeClocks();
    const compiled = (p: Procedure) =>
      wasmAvailable() ? compileToWasm(p, inputs.length) : interpretedProgram(p, inputs.length);
    const [plain, timed] = [compiled(program), compiled(clocks.within(program))];
    let microseconds = Infinity;
    for (let i = 0; i < 2 * calls; i++) {
      const start = performance.now();
      plain.run(inputs);
      microseconds = Math.min(microseconds, 1000 * (performance.now() - start));
      timed.run(inputs);
      clocks.endCall(i >= calls);
    }
    return profileOf(f.name || "anonymous", clocks.uses(), microseconds);
  };
}

interface Use {
  readonly kernel: Kernel;
  /** Of the call under way. */
  runs: number;
  milliseconds: number;
  /** Of the fastest call. */
  least: number;
  runsACall: number;
}

function makeClocks(): {
  within(p: Procedure): Procedure;
  endCall(counts: boolean): void;
  uses(): readonly Use[];
} {
  const uses = new Map<string, Use>();
  const empty: Use = {
    kernel: { name: "", buffers: [], body: [] },
    runs: 0,
    milliseconds: 0,
    least: Infinity,
    runsACall: 0,
  };
  const known = new Map<Procedure, Procedure>();
  let since = 0;
  /** Of a pair of clocks, in milliseconds. */
  let cost = Infinity;
  const begin = (): void => {
    since = performance.now();
  };
  const end = (use: Use) => (): void => {
    use.milliseconds += performance.now() - since;
    use.runs++;
  };
  const clock = (call: () => void): HostStep => ({
    kind: "host",
    // A host step hands over at least one buffer: one without elements.
    buffers: [{ kind: "frame", byteOffset: 0 }],
    types: [{ dtype: "i32", length: 0 }],
    call,
  });
  const around = (step: Step): Step[] => {
    switch (step.kind) {
      case "kernel": {
        const key = `${step.kernel.name} ${kernelKey(step.kernel)}`;
        const use = uses.get(key) ?? { ...empty, kernel: step.kernel };
        uses.set(key, use);
        return [clock(begin), step, clock(end(use))];
      }
      case "loop":
        return [{ ...step, body: clocks.within(step.body) }];
      case "while":
        return [{ ...step, condition: clocks.within(step.condition), body: clocks.within(step.body) }];
      case "switch":
        return [{ ...step, branches: step.branches.map((b) => clocks.within(b)) }];
      default:
        return [step];
    }
  };
  const clocks = {
    within(p: Procedure): Procedure {
      let timed = known.get(p);
      // Two clocks with nothing in between, for what a clock costs.
      const nothing = [clock(begin), clock(end(empty))];
      if (timed === undefined) known.set(p, (timed = { ...p, steps: [...nothing, ...p.steps.flatMap(around)] }));
      return timed;
    },
    endCall(counts: boolean): void {
      cost = Math.min(cost, empty.milliseconds / empty.runs);
      for (const use of [...uses.values(), empty]) {
        use.runsACall = use.runs;
        if (counts) use.least = Math.min(use.least, Math.max(0, use.milliseconds - cost * use.runs));
        [use.milliseconds, use.runs] = [0, 0];
      }
    },
    uses: () => [...uses.values()],
  };
  return clocks;
}

function profileOf(name: string, uses: readonly Use[], microseconds: number): Profile {
  const total = uses.reduce((sum, u) => sum + u.least, 0);
  const rate = (work: number, use: Use): number => (use.least > 0 ? work / (1e6 * use.least) : 0);
  const kernels = uses
    .map((use): KernelTime => {
      const { loops, flops } = kernelCost(use.kernel);
      const { runsACall: runs } = use;
      return {
        name: use.kernel.name,
        loops,
        runs,
        microseconds: 1000 * use.least,
        share: total > 0 ? use.least / total : 0,
        gigaflops: rate(runs * flops, use),
        gigabytes: rate(runs * kernelBytes(use.kernel), use),
      };
    })
    .sort((a, b) => b.microseconds - a.microseconds);
  const result: Profile = { name, kernels, microseconds, toString: () => report(result) };
  return result;
}

function report({ name, kernels, microseconds }: Profile): string {
  const inKernels = kernels.reduce((sum, k) => sum + k.microseconds, 0);
  return [
    `${name}: ${time(microseconds)} a call, of which ${time(inKernels)} in ${kernels.length} distinct kernels`,
    "",
    ...table(
      ["kernel", "loops", "runs", "time", "share", "GFLOP/s", "GB/s"],
      kernels.map((k): Cell[] => [
        k.name,
        k.loops.length === 0 ? "scalar" : k.loops.join(" x "),
        count(k.runs).trim(),
        time(k.microseconds),
        `${(100 * k.share).toFixed(1)} %`,
        k.gigaflops.toFixed(2),
        k.gigabytes.toFixed(2),
      ]),
    ),
  ].join("\n");
}

const time = (us: number): string => (us >= 1000 ? `${(us / 1000).toFixed(2)} ms` : `${us.toFixed(2)} us`);
