import { assemble, simdOp, v128Const, wasmFunction } from "./assembler.js";
import * as simd from "./simdOpcodes.js";

let answer: boolean | undefined;

/**
 * Whether this host runs WebAssembly with SIMD. Asked once, by compiling a small module: a content security policy forbids
 * compilation, not the name `WebAssembly`.
 */
export function wasmAvailable(): boolean {
  answer ??= probe();
  return answer;
}

function probe(): boolean {
  try {
    const f = wasmFunction("probe", []);
    v128Const(f.code, new Array<number>(16).fill(0));
    simdOp(f.code, simd.v128AnyTrue);
    f.code.push(0x1a); // drop
    void new WebAssembly.Module(assemble({ memoryPages: 1, functions: [f], globals: 0, exports: {} }));
    return true;
  } catch {
    return false;
  }
}
