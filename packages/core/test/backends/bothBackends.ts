import { expect } from "vitest";
import { compileKernelToClosures } from "../../src/backends/interpreter/interpretKernel.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import type { Kernel } from "../../src/kernel/kernel.js";
import type { Place, Procedure } from "../../src/kernel/procedure.js";
import { type Storage, dtypes } from "../../src/tensor/dtype.js";

/** Bits as words; every NaN counts as the same. */
export function bits(storage: Storage): number[] {
  const canonical = storage instanceof Float32Array || storage instanceof Float64Array ? storage.slice() : storage;
  if (canonical !== storage) canonical.forEach((x, i) => x !== x && (canonical[i] = NaN));
  return [...new Uint32Array(canonical.buffer, canonical.byteOffset, canonical.byteLength / 4)];
}

/** A procedure of one kernel call: inputs and outputs are parameters, scratch lies in the frame. */
export function procedureOf(kernel: Kernel): { procedure: Procedure; inputCount: number } {
  const inputs = kernel.buffers.filter((b) => b.access === "in");
  const outputs = kernel.buffers.filter((b) => b.access === "out");
  let input = 0;
  let output = inputs.length;
  let frameBytes = 0;
  const places = kernel.buffers.map((b): Place => {
    if (b.access === "in") return { kind: "parameter", index: input++, byteOffset: 0 };
    if (b.access === "out") return { kind: "parameter", index: output++, byteOffset: 0 };
    const byteOffset = frameBytes;
    frameBytes += Math.ceil((dtypes[b.dtype].bytes * b.length) / 16) * 16;
    return { kind: "frame", byteOffset };
  });
  return {
    procedure: {
      name: kernel.name,
      parameters: [...inputs, ...outputs],
      steps: [{ kind: "kernel", kernel, buffers: places }],
      frameBytes,
    },
    inputCount: inputs.length,
  };
}

/** Runs a kernel on both backends, asserts equal bits, returns the outputs. */
export function runBoth(kernel: Kernel, inputs: readonly Storage[]): Storage[] {
  let input = 0;
  const buffers = kernel.buffers.map((b) => (b.access === "in" ? inputs[input++] : dtypes[b.dtype].allocate(b.length)));
  compileKernelToClosures(kernel)(buffers);
  const interpreted = buffers.filter((_, k) => kernel.buffers[k].access === "out");
  const { procedure, inputCount } = procedureOf(kernel);
  const wasm = compileToWasm(procedure, inputCount).run(inputs);
  expect(wasm.map(bits)).toEqual(interpreted.map(bits));
  return interpreted;
}

/** The same for a whole procedure. */
export function runProcedureOnBoth(procedure: Procedure, inputCount: number, inputs: readonly Storage[]): Storage[] {
  const interpreted = interpretedProgram(procedure, inputCount).run(inputs);
  const wasm = compileToWasm(procedure, inputCount).run(inputs);
  expect(wasm.map(bits)).toEqual(interpreted.map(bits));
  return interpreted;
}
