import { fma } from "../../kernel/multiplyAdd.js";
import { exactMultiplyAdd } from "../interpreter/exactMultiplyAdd.js";
import { assemble, i32Const, memarg, simdOp, wasmFunction } from "./assembler.js";
import { wasmAvailable } from "./available.js";
import * as simd from "./simdOpcodes.js";

/** Why there is no fused multiply-add here; "" if there is. */
let lack: string | undefined;

/**
 * Makes sure that kernels can have fused multiply-adds: the engine knows the instructions of relaxed SIMD and, since it may do them with two roundings, does them
 * with one. Where wasm is forbidden the interpreter does them.
 */
export function requireFusing(caller: string): void {
  lack ??= wasmAvailable() ? probe() : "";
  if (lack !== "") throw new Error(`${caller} ${lack}.`);
  fma.exact = exactMultiplyAdd;
}

/** a * a + c is 0 in two roundings of f32, and of f64, and 2^-24 and 2^-54 in one. */
function probe(): string {
  const f = wasmFunction("probe", []);
  const at = (address: number): void => i32Const(f.code, address);
  [simd.f32x4RelaxedMadd, simd.f64x2RelaxedMadd].forEach((multiplyAdd, k) => {
    at(64 + 16 * k);
    for (const address of [0, 0, 16]) {
      at(address + 32 * k);
      simdOp(f.code, simd.v128Load);
      memarg(f.code, 0, 0);
    }
    simdOp(f.code, multiplyAdd);
    simdOp(f.code, simd.v128Store);
    memarg(f.code, 0, 0);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const single = new Float32Array(memory.buffer);
  const double = new Float64Array(memory.buffer);
  [single[0], single[4], double[4], double[6]] = [1 + 2 ** -12, -1 - 2 ** -11, 1 + 2 ** -27, -1 - 2 ** -26];
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(assemble({ memoryPages: 1, functions: [f], globals: 0, exports: { run: 0 } }));
  } catch {
    return (
      "this engine has no relaxed SIMD for WebAssembly. Use Node 22, Chrome 114, Firefox 145 or later " +
      "(or node --experimental-wasm-relaxed-simd with Node 20), or do without fma"
    );
  }
  (new WebAssembly.Instance(module, { env: { memory } }).exports["run"] as () => void)();
  return single[16] === 2 ** -24 && double[10] === 2 ** -54
    ? ""
    : "this processor has no fused multiply-add (the engine rounds twice). Use another machine, or do without fma";
}
