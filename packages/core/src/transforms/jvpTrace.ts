import type { Primitive, Tangent } from "../graph/primitive.js";
import { type Trace, withTrace } from "../graph/trace.js";
import { Tracer } from "../graph/tracer.js";
import type { Storage } from "../tensor/dtype.js";
import type { Tensor } from "../tensor/tensor.js";
import type { LinearTrace } from "./linearTrace.js";

/** A value with its tangent. Its value may be read whenever the primal's may: eager derivatives keep concrete primals. */
export class Dual extends Tracer {
  readonly primal: Tensor;
  readonly tangent: Tensor;
  constructor(trace: Trace, primal: Tensor, tangent: Tensor) {
    super(trace, primal);
    this.primal = primal;
    this.tangent = tangent;
  }
  override get storage(): Storage {
    return this.primal.storage;
  }
}

/**
 * Forward-mode derivatives: primals and tangents both go to the parent trace.
 * With a linear trace as parent the primals pass through it and the tangents record themselves there: that is `linearize`.
 */
export class JvpTrace implements Trace {
  readonly name: string;
  readonly #parent: Trace;
  readonly #linear: LinearTrace | undefined;

  constructor(name: string, parent: Trace, linear?: LinearTrace) {
    this.name = name;
    this.#parent = parent;
    this.#linear = linear;
  }

  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] {
    const tangents = inputs.map((x) => this.tangentOf(x));
    const primals = inputs.map((x) => this.primalOf(x));
    if (primitive.jvp === undefined || tangents.every((t) => t === null))
      return this.#parent.process(primitive, primals, params);
    const linear = this.#linear;
    const result =
      linear !== undefined && primitive.linearize !== undefined
        ? withTrace(linear.parent, () =>
            (primitive.linearize as NonNullable<typeof primitive.linearize>)(primals, tangents, params, linear.record),
          )
        : withTrace(this.#parent, () =>
            (primitive.jvp as NonNullable<typeof primitive.jvp>)(primals, tangents, params),
          );
    return result.primals.map((y, i) => this.dual(y, result.tangents[i]));
  }

  dual(primal: Tensor, tangent: Tangent): Tensor {
    return tangent === null ? primal : new Dual(this, primal, tangent);
  }
  primalOf(x: Tensor): Tensor {
    return x instanceof Dual && x.trace === this ? x.primal : x;
  }
  tangentOf(x: Tensor): Tangent {
    return x instanceof Dual && x.trace === this ? x.tangent : null;
  }
}

export interface JvpResult {
  readonly primals: Tensor[];
  readonly tangents: Tangent[];
}

/** jvp : (a -> b) -> (a, T a) -> (b, T b), over flat lists; a null tangent is zero. */
export function jvpFlat(
  name: string,
  parent: Trace,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  tangents: readonly Tangent[],
  linear?: LinearTrace,
): JvpResult {
  const trace = new JvpTrace(name, parent, linear);
  const outputs = withTrace(trace, () => f(...primals.map((x, i) => trace.dual(x, tangents[i]))));
  return { primals: outputs.map((y) => trace.primalOf(y)), tangents: outputs.map((y) => trace.tangentOf(y)) };
}
