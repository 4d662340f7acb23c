import type { Tensor } from "../tensor/tensor.js";
import { backend } from "./backend.js";
import type { Primitive } from "./primitive.js";
import { Tracer } from "./tracer.js";

/**
 * A way of interpreting primitives: run them now (`evaluation`), record them, or compute more than values (derivatives, batches).
 * Each trace knows its parent, so there is no stack of levels, only the one that is current.
 */
export interface Trace {
  readonly name: string;
  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[];
}

/** The outermost trace: every input has a value, and the backend computes. */
export const evaluation: Trace = {
  name: "evaluation",
  process(primitive, inputs, params) {
    for (const x of inputs)
      if (x instanceof Tracer)
        throw new Error(
          `${primitive.name}: an input is a tracer that outlived the ${x.trace.name} that made it. ` +
            "Return values from the traced function instead of storing them outside.",
        );
    return backend().evaluate(primitive, inputs, params);
  },
};

/** The one mutable global of core, besides the backend. */
let current: Trace = evaluation;

export const currentTrace = (): Trace => current;

/** Runs `body` with `trace` current, and restores what was current before, also when it throws. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const before = current;
  current = trace;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Applies a primitive under the current trace. Every computation passes here. */
export const bind = <P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] =>
  current.process(primitive, inputs, params);

/** `bind` for primitives with one output. */
export const bind1 = <P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor =>
  current.process(primitive, inputs, params)[0];
