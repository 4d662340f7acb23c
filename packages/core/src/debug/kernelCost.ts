import type { Expression, Local } from "../kernel/expression.js";
import type { Kernel, Statement } from "../kernel/kernel.js";
import { operands } from "../kernel/traverse.js";
import { isFloat } from "../tensor/dtype.js";

/** What one run of a kernel costs, counted from its loops. */
export interface KernelCost {
  /** Float operations, those inside elementary functions included. */
  readonly flops: number;
  /** Extents of the deepest nest of loops. */
  readonly loops: readonly number[];
  /** For each buffer how many elements are loaded and stored, repeated ones counted again. */
  readonly loads: readonly number[];
  readonly stores: readonly number[];
  /** For each buffer how many outermost loops read from it, one that reads part of it as that part. */
  readonly passes: readonly number[];
  /** False when a loop's length depends on data (such a loop counts once) or on an outer index (it counts at its longest). */
  readonly exact: boolean;
}

const costs = new WeakMap<Kernel, KernelCost>();
export function kernelCost(kernel: Kernel): KernelCost {
  let cost = costs.get(kernel);
  if (cost === undefined) costs.set(kernel, (cost = count(kernel)));
  return cost;
}

function count(kernel: Kernel): KernelCost {
  const zeros = (): number[] => kernel.buffers.map(() => 0);
  const [loads, stores, passes] = [zeros(), zeros(), zeros()];
  const largest = new Map<Local, number>();
  let flops = 0;
  let exact = true;
  let loops: readonly number[] = [];

  const expression = (e: Expression, times: number): void => {
    if (e.kind === "load") loads[e.buffer] += times;
    else if ((e.kind === "unary" || e.kind === "binary") && isFloat(e.dtype)) flops += times;
    else if (e.kind === "fma") flops += 2 * times;
    for (const x of operands(e)) expression(x, times);
  };
  const rounds = (e: Expression): number => {
    const n = upperBound(e, largest);
    if (e.kind !== "constant") exact = false;
    return n ?? 1;
  };
  const block = (body: readonly Statement[], times: number, nest: readonly number[]): void => {
    if (nest.length > loops.length) loops = nest;
    for (const s of body)
      switch (s.kind) {
        case "assign":
          expression(s.value, times);
          if (s.local.dtype === "i32") {
            const most = upperBound(s.value, largest);
            if (most !== undefined) largest.set(s.local, Math.max(most, largest.get(s.local) ?? 0));
          }
          break;
        case "store":
          stores[s.buffer] += times;
          expression(s.index, times);
          expression(s.value, times);
          break;
        case "if":
          expression(s.condition, times);
          block(s.then, times, nest);
          block(s.otherwise, times, nest);
          break;
        case "while":
          exact = false;
          expression(s.condition, times);
          block(s.body, times, nest);
          break;
        case "for":
        case "reduce": {
          const n = rounds(s.extent);
          largest.set(s.index, Math.max(0, n - 1));
          const deeper = [...nest, n];
          block(s.body, times * n, deeper);
          if (s.kind === "reduce") for (const a of s.accumulators) expression(a.step, times * n);
        }
      }
  };
  for (const s of kernel.body) {
    const before = [...loads];
    block([s], 1, []);
    loads.forEach((n, i) => {
      passes[i] += Math.min(1, (n - before[i]) / Math.max(1, kernel.buffers[i].length));
    });
  }
  return { flops, loops, loads, stores, passes, exact };
}

/** The largest value of a loop's length, where loops alone decide it. */
function upperBound(e: Expression, largest: ReadonlyMap<Local, number>): number | undefined {
  if (e.kind === "constant") return e.value;
  if (e.kind === "local") return largest.get(e.local);
  if (e.kind !== "binary") return undefined;
  const [a, b] = [upperBound(e.a, largest), upperBound(e.b, largest)];
  if (e.op === "min" && (a === undefined || b === undefined)) return a ?? b;
  if (a === undefined || b === undefined) return undefined;
  switch (e.op) {
    case "add":
      return a + b;
    case "mul":
      return a * b;
    case "min":
      return Math.min(a, b);
    case "sub":
      return e.b.kind === "constant" ? a - b : a;
    default:
      return undefined;
  }
}
