import { i32Const, localGet } from "./assembler.js";
import { scratchAddress } from "./memoryLayout.js";
import * as op from "./opcodes.js";
import type { Scope } from "./scope.js";

/** Bytes at the start of a thread's block that are not scratch. */
const blockHeader = 16;

/** Pushes an address of the memory for partial results: a fixed place, or in the thread's own block. */
export function pushScratch({ code, unit: { block } }: Scope, offset = 0): void {
  if (block === undefined) return i32Const(code, scratchAddress + offset);
  localGet(code, block);
  i32Const(code, blockHeader + offset);
  code.push(op.i32Add);
}
