import type { Expression } from "../expression.js";

/** Where an elementary function puts its intermediate values. */
export interface Block {
  /** Binds a value to a fresh local, and returns a reference to it. */
  let(value: Expression, name?: string): Expression;
}

export type MathFunction = (block: Block, ...x: Expression[]) => Expression;
