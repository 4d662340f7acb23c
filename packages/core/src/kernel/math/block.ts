import type { Expression } from "../expression.js";

/** Where a function under construction puts its statements. */
export interface Block {
  /** Binds `value` to a fresh local and returns a read of it: for a value that is used more than once. */
  let(value: Expression, name?: string): Expression;
}

/**
 * A function of scalars in the kernel language. It computes in the dtype of its arguments, f32 or f64, and has no loops
 * and no branches, so that it runs in SIMD lanes; `select` evaluates both arms, and the arm not taken may be any garbage.
 */
export type MathFunction = (block: Block, ...x: Expression[]) => Expression;
