import type { Storage } from "../tensor/dtype.js";
import { type TensorType, describe } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { Trace } from "./trace.js";

/** Whether the elements can be read at once: they are neither traced nor on a GPU. */
export const isKnown = (x: Tensor): boolean => !(x instanceof Tracer) && x.device === "cpu";

/** A tensor that belongs to a trace. Unless the trace knows its value, reading it is an error that says what to do. */
export class Tracer extends Tensor {
  readonly trace: Trace;

  constructor(trace: Trace, type: TensorType) {
    super(type, undefined);
    this.trace = trace;
  }

  override get storage(): Storage {
    throw new TypeError(
      `reading a value: this ${describe(this)} is being traced by ${this.trace.name} and has no value yet. ` +
        "Use where(condition, a, b) or cond(...) instead of if; return the tensor and read it outside.",
    );
  }
}
