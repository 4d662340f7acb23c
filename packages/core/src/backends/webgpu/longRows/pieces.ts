import type { Expression, Local } from "../../../kernel/expression.js";
import { add, binary, int, mul, read } from "../../../kernel/expression.js";
import { type KernelBuffer, type Statement, assign, forLoop } from "../../../kernel/kernel.js";
import type { DType } from "../../../tensor/dtype.js";

/**
 * A kernel under construction whose top-level statements are pieces: each becomes a dispatch (`phasesOf`), and scratch that several of them touch is
 * everyone's.
 */
export class Pieces {
  readonly buffers: KernelBuffer[];
  readonly body: Statement[] = [];
  /** Whether threads of a workgroup wait for each other cheaply. */
  readonly barriers: boolean;
  /** Bytes of workgroup memory that a workgroup should take at most. */
  readonly workgroupMemory: number;

  constructor(buffers: readonly KernelBuffer[], barriers: boolean, workgroupMemory: number) {
    this.buffers = [...buffers];
    this.barriers = barriers;
    this.workgroupMemory = workgroupMemory;
  }
  scratch(dtype: DType, length: number): number {
    return this.buffers.push({ dtype, length, access: "scratch" }) - 1;
  }
  /** A dispatch: loops whose iterations are independent, outermost first, around `body`. */
  piece(loops: readonly (readonly [Local, number])[], body: readonly Statement[]): void {
    this.body.push(...loops.reduceRight((inner, [l, extent]) => [forLoop(l, extent, inner, "parallel")], body));
  }
}

export const shared = (l: Local, extent: Expression, body: readonly Statement[]): Statement =>
  forLoop(l, extent, body, "lanes");
export const least = (a: Expression, b: Expression | number): Expression =>
  binary("min", a, typeof b === "number" ? int(b) : b);
export const most = (a: Expression, b: Expression | number): Expression =>
  binary("max", a, typeof b === "number" ? int(b) : b);
/** row * length + position. */
export const within = (row: Expression, length: number, position: Expression): Expression =>
  add(mul(row, int(length)), position);
export const locals = (name: string, types: readonly DType[]): Local[] =>
  types.map((dtype, i) => ({ name: `${name}${i}`, dtype }));
export const reads = (ls: readonly Local[]): Expression[] => ls.map(read);
/** Assigns all of them, after all were computed. */
export function assignAll(targets: readonly Local[], values: readonly Expression[]): Statement[] {
  if (targets.length === 1) return [assign(targets[0], values[0])];
  const next = locals(
    "next",
    targets.map((l) => l.dtype),
  );
  return [...values.map((v, k) => assign(next[k], v)), ...targets.map((l, k) => assign(l, read(next[k])))];
}
