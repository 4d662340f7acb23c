import type { Kernel } from "../../kernel/kernel.js";
import { type WasmFunction, wasmFunction } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitBlock } from "./emitStatement.js";
import type { Scope } from "./scope.js";

/** Engines accept 1000 parameters; some are left for what a caller adds. */
export const maximalParameters = 900;

/** A kernel as a function of the byte addresses of its buffers, in their order. */
export function emitKernel(kernel: Kernel): WasmFunction {
  if (kernel.buffers.length > maximalParameters)
    throw new RangeError(
      `kernel "${kernel.name}": ${kernel.buffers.length} buffers; the limit is ${maximalParameters}. Split the kernel.`,
    );
  const f = wasmFunction(
    kernel.name,
    kernel.buffers.map(() => wasmType.i32),
  );
  const scope: Scope = {
    unit: { f, scalars: new Map(), constants: new Map(), numbering: new Map(), block: kernel.block },
    code: f.code,
    loop: undefined,
    conditional: false,
    declared: new Set(),
  };
  emitBlock(scope, kernel.body);
  return f;
}
