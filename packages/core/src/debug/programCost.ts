import type { Kernel } from "../kernel/kernel.js";
import type { LoopArgument, Place, Procedure, Step } from "../kernel/procedure.js";
import { dtypes } from "../tensor/dtype.js";
import { kernelKey } from "../kernel/structuralKey.js";
import { kernelCost } from "./kernelCost.js";

/** A kernel of a program, and all its runs in one call. Equal kernels, which share their code, are one entry. */
export interface KernelUse {
  readonly kernel: Kernel;
  /** Places of the program that run it. */
  sites: number;
  /** Runs in a call: loops count their length, all branches of a choice count, a loop of unknown length counts once. */
  runs: number;
}

export interface ProgramCost {
  readonly kernels: readonly KernelUse[];
  readonly flops: number;
  /** Each run of a kernel moves each of its buffers at most once; copies read and write. */
  readonly bytesMoved: number;
  /** For each parameter how often it is read from memory in full. */
  readonly passes: readonly number[];
  /** For each parameter the loads of its average element: more than the passes where a kernel reads again what is near. */
  readonly loads: readonly number[];
  /** Whether every length was known: no loop that ends by a condition, and no choice. */
  readonly exact: boolean;
}

/** Which parameter of the program an address belongs to; undefined for temporaries. */
type Origin = number | undefined;

export function programCost(procedure: Procedure): ProgramCost {
  const kernels = new Map<string, KernelUse>();
  const keys = new Map<Kernel, string>();
  const passes = procedure.parameters.map(() => 0);
  const loads = procedure.parameters.map(() => 0);
  let [flops, bytesMoved, exact] = [0, 0, true];

  const use = (kernel: Kernel, runs: number): void => {
    let key = keys.get(kernel);
    if (key === undefined) keys.set(kernel, (key = `${kernel.name} ${kernelKey(kernel)}`));
    const entry = kernels.get(key) ?? { kernel, sites: 0, runs: 0 };
    entry.sites++;
    entry.runs += runs;
    kernels.set(key, entry);
  };
  const parameterBytes = (k: number): number => {
    const { dtype, length } = procedure.parameters[k];
    return Math.max(1, length * dtypes[dtype].bytes);
  };
  const reads = (origin: Origin, loaded: number, passed: number): void => {
    if (origin === undefined) return;
    loads[origin] += loaded / parameterBytes(origin);
    passes[origin] += passed / parameterBytes(origin);
  };

  const visit = (body: Procedure, times: number, origins: readonly Origin[]): void => {
    const originOf = (place: Place): Origin => (place.kind === "parameter" ? origins[place.index] : undefined);
    const passed = (args: readonly LoopArgument[]): Origin[] =>
      args.map((a) => (a.kind === "swap" ? undefined : originOf(a.place)));
    const step = (s: Step): void => {
      switch (s.kind) {
        case "kernel": {
          const cost = kernelCost(s.kernel);
          use(s.kernel, times);
          flops += times * cost.flops;
          bytesMoved += times * kernelBytes(s.kernel);
          exact &&= cost.exact;
          s.buffers.forEach((place, k) => {
            const { dtype, length } = s.kernel.buffers[k];
            const unit = times * dtypes[dtype].bytes;
            reads(originOf(place), unit * cost.loads[k], unit * length * cost.passes[k]);
          });
          return;
        }
        case "copy":
          bytesMoved += 2 * times * s.bytes;
          return reads(originOf(s.from), times * s.bytes, times * s.bytes);
        case "loop":
          return visit(s.body, times * s.count, passed(s.arguments));
        case "while":
          exact = false;
          visit(s.condition, times, [...passed(s.conditionArguments), undefined]);
          return visit(s.body, times, passed(s.bodyArguments));
        case "switch":
          exact = false;
          for (const branch of s.branches) visit(branch, times, s.arguments.map(originOf));
          return;
        case "host":
          return;
      }
    };
    body.steps.forEach(step);
  };
  visit(
    procedure,
    1,
    procedure.parameters.map((_, k) => k),
  );
  return { kernels: [...kernels.values()], flops, bytesMoved, passes, loads, exact };
}

/** Bytes that one run moves: of each buffer what it loads or stores, at most all of it once in each direction. */
export function kernelBytes(kernel: Kernel): number {
  const { loads, stores } = kernelCost(kernel);
  return kernel.buffers.reduce(
    (sum, { dtype, length }, k) =>
      sum + dtypes[dtype].bytes * (Math.min(loads[k], length) + Math.min(stores[k], length)),
    0,
  );
}
