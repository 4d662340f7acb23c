import { expect, it, vi } from "vitest";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { schedule } from "../../src/compiler/schedule.js";
import type { Kernel, Statement } from "../../src/kernel/kernel.js";
import type { Procedure, Step } from "../../src/kernel/procedure.js";
import { fuzz } from "./fuzz/properties.js";

/*
 * The fuzzer finds what it is there for: each mutant breaks one stage on purpose, and must be found within a tenth of the programs of a
 * CI run, by the property that names it.
 */

const BUDGET = 200;
const mutant = vi.hoisted(() => ({ name: "" }));

vi.mock(import("../../src/compiler/memory/plan.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    planMemory: (buffers, steps, moves, reuse) => {
      if (mutant.name === "frees memory a step early" && reuse !== false && reuse !== "inPlace") {
        const lasts = buffers.map((b) => b.last);
        for (const b of buffers) b.last = Math.max(b.first, b.last - 1);
        const plan = real.planMemory(buffers, steps, moves, reuse);
        buffers.forEach((b, i) => (b.last = lasts[i]));
        return plan;
      }
      const allowed =
        mutant.name === "computes everything in place" ? moves?.map((m) => ({ ...m, allowed: () => true })) : moves;
      return real.planMemory(buffers, steps, allowed, reuse);
    },
  };
});

vi.mock(import("../../src/compiler/fuse/fusedKernel.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    fusedKernel: (group, ...rest) => {
      const kernel = real.fusedKernel(group, ...rest);
      // Kernels of one equation stay as they are: what comes of fusing is broken, not arithmetic.
      const fused = group.parts.some((p) => p.units.length > 1 || p.units[0].size > 2);
      if (mutant.name === "drops an equation" && fused) return rewritten(kernel, dropProduct());
      if (mutant.name === "folds in another order when fused" && fused) return rewritten(kernel, oneLane);
      return kernel;
    },
  };
});

vi.mock(import("../reference/evaluate.js"), async (original) => {
  const { reference } = await original();
  const tanh: (typeof reference)[string] = (inputs, params) =>
    reference["tanh"](inputs, params).map((y) => ({
      ...y,
      values: y.values.map((v) => (mutant.name === "is off by one part in 10^11" ? v * (1 + 1e-11) : v)),
    }));
  return { reference: { ...reference, tanh } };
});

type Rewrite = (s: Statement) => Statement;
const rewritten = (kernel: Kernel, f: Rewrite): Kernel => ({ ...kernel, body: kernel.body.map((s) => within(s, f)) });
const within = (s: Statement, f: Rewrite): Statement =>
  f("body" in s ? { ...s, body: s.body.map((inner) => within(inner, f)) } : s);

/** The first product of floats becomes its first factor. */
function dropProduct(): Rewrite {
  let dropped = false;
  return (s) => {
    if (dropped || s.kind !== "assign" || s.value.kind !== "binary" || s.value.op !== "mul") return s;
    if (s.value.dtype !== "f32" && s.value.dtype !== "f64") return s;
    dropped = true;
    return { ...s, value: s.value.a };
  };
}
const oneLane: Rewrite = (s) => (s.kind === "reduce" ? { ...s, width: 1 } : s);
/** What is not written reads what was there. */
const noZeros: Rewrite = (s) =>
  s.kind === "for" && s.body.every((b) => b.kind === "store" && b.value.kind === "constant" && b.value.value === 0)
    ? { ...s, body: [] }
    : s;
/** The last element of a loop in lanes whose length is no multiple of four is left as it was. */
const noRemainder: Rewrite = (s) =>
  s.kind === "for" && s.mode === "lanes" && s.extent.kind === "constant" && s.extent.value % 4 === 3
    ? { ...s, extent: { ...s.extent, value: s.extent.value - 1 } }
    : s;

/** Mutants of the kernels, whoever built them. */
const inKernels: Record<string, Rewrite | undefined> = {
  "trusts memory to be zero": noZeros,
  "forgets the remainder of a loop in lanes": noRemainder,
};

const inEach = (procedure: Procedure, f: Rewrite): Procedure => ({
  ...procedure,
  steps: procedure.steps.map((s): Step => (s.kind === "kernel" ? { ...s, kernel: rewritten(s.kernel, f) } : s)),
});

it.each([
  ["frees memory a step early", /share bytes|poison|unfused/],
  ["computes everything in place", /share bytes|poison|unfused|one operation/],
  ["trusts memory to be zero", /freed buffers poisoned/],
  ["drops an equation", /fused = unfused/],
  ["folds in another order when fused", /fused = unfused/],
  ["forgets the remainder of a loop in lanes", /wasm = interpreter/],
  ["is off by one part in 10^11", /reference/],
])("a compiler that %s is found", { timeout: 120_000 }, (name, property) => {
  mutant.name = name;
  const compilers = {
    schedule,
    compile: (p: Procedure, count: number) => {
      const broken = inKernels[name];
      return compileToWasm(broken === undefined ? p : inEach(p, broken), count);
    },
  };
  try {
    expect(() => fuzz(BUDGET, 3, compilers, false)).toThrow(property);
  } finally {
    mutant.name = "";
  }
});
