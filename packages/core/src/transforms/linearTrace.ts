import type { Graph } from "../graph/graph.js";
import type { Primitive, Recorder, Tangent } from "../graph/primitive.js";
import { Recording } from "../graph/record.js";
import type { Trace } from "../graph/trace.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { jvpFlat } from "./jvpTrace.js";

/**
 * Records what happens to tangents and lets everything else run in the parent trace. The recorded program is linear in
 * its inputs; the values it captured on the way are the residuals.
 */
export class LinearTrace implements Trace {
  readonly name: string;
  readonly parent: Trace;
  readonly recording: Recording;
  readonly record: Recorder;

  constructor(name: string, parent: Trace) {
    this.name = name;
    this.parent = parent;
    this.recording = new Recording(this);
    this.record = (primitive, inputs, params) => this.recording.equation(primitive, inputs, params);
  }

  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] {
    return inputs.some((x) => this.recording.owns(x))
      ? this.recording.equation(primitive, inputs, params)
      : this.parent.process(primitive, inputs, params);
  }
}

export interface Linearized {
  readonly primals: Tensor[];
  /** Inputs: the residuals, then one tangent for each non-zero input. Outputs: the tangents that are not zero. */
  readonly linear: Graph;
  readonly residuals: readonly Tensor[];
  /** Which outputs have a tangent. */
  readonly nonzero: boolean[];
}

/** linearize : (a -> b) -> a -> (b, T a -o T b). `nonzero` marks the inputs that vary. */
export function linearizeFlat(
  name: string,
  parent: Trace,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  nonzero: readonly boolean[],
): Linearized {
  const trace = new LinearTrace(name, parent);
  const { recording } = trace;
  const inputs = primals.map((x, i): Tangent => (nonzero[i] ? recording.input(tangentType(x)) : null));
  const result = jvpFlat(name, trace, f, primals, inputs, trace);
  const outputs = result.tangents.filter((t) => t !== null).map((t) => recording.atom(t));
  return {
    primals: result.primals,
    nonzero: result.tangents.map((t) => t !== null),
    residuals: [...recording.captures.keys()],
    linear: {
      inputs: [...recording.captures.values(), ...recording.inputs],
      equations: recording.equations,
      outputs,
    },
  };
}

/** Tangents live in the space of their primal; they are never weak. */
export const tangentType = (t: TensorType): TensorType => ({ shape: t.shape, dtype: t.dtype });
