import type { BatchAxes, Primitive } from "../graph/primitive.js";
import { type Trace, withTrace } from "../graph/trace.js";
import { Tracer } from "../graph/tracer.js";
import { type TensorType, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** A value with one hidden axis, over which the traced function is mapped. */
export class BatchTracer extends Tracer {
  readonly value: Tensor;
  readonly axis: number;
  constructor(trace: Trace, value: Tensor, axis: number) {
    const t: TensorType = { shape: without(value.shape, [axis]), dtype: value.dtype };
    super(trace, value.weak ? { ...t, weak: true } : t);
    this.value = value;
    this.axis = axis;
  }
}

export class BatchTrace implements Trace {
  readonly name: string;
  readonly #parent: Trace;
  readonly #size: number;

  constructor(name: string, parent: Trace, size: number) {
    this.name = name;
    this.#parent = parent;
    this.#size = size;
  }

  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] {
    const axes = inputs.map((x) => this.axisOf(x));
    const values = inputs.map((x) => this.valueOf(x));
    if (axes.every((a) => a === null)) return this.#parent.process(primitive, values, params);
    const { outputs, axes: out } = withTrace(this.#parent, () => primitive.batch(values, axes, this.#size, params));
    return outputs.map((y, i) => this.batched(y, out[i]));
  }

  batched(value: Tensor, axis: number | null): Tensor {
    return axis === null ? value : new BatchTracer(this, value, axis);
  }
  axisOf(x: Tensor): number | null {
    return x instanceof BatchTracer && x.trace === this ? x.axis : null;
  }
  valueOf(x: Tensor): Tensor {
    return x instanceof BatchTracer && x.trace === this ? x.value : x;
  }
}

/** vmap over flat lists: outputs come with the axis they were mapped over, or null. */
export function batchFlat(
  name: string,
  parent: Trace,
  size: number,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  axes: BatchAxes,
): { readonly outputs: Tensor[]; readonly axes: (number | null)[] } {
  const trace = new BatchTrace(name, parent, size);
  const results = withTrace(trace, () => f(...inputs.map((x, i) => trace.batched(x, axes[i]))));
  return { outputs: results.map((y) => trace.valueOf(y)), axes: results.map((y) => trace.axisOf(y)) };
}
