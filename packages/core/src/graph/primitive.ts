import type { Expression } from "../kernel/expression.js";
import type { Accumulator, Kernel } from "../kernel/kernel.js";
import type { Block } from "../kernel/math/block.js";
import type { Storage } from "../tensor/dtype.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Graph } from "./graph.js";

/** A tangent or cotangent; `null` is a zero that is never materialised. */
export type Tangent = Tensor | null;

/** Stands in a transpose rule for an input that the operation is linear in: it has a type, no value. */
export class LinearInput {
  readonly type: TensorType;
  constructor(type: TensorType) {
    this.type = type;
  }
}
export const isLinear = (x: Tensor | LinearInput): x is LinearInput => x instanceof LinearInput;
export const typeOfInput = (x: Tensor | LinearInput): TensorType => (isLinear(x) ? x.type : x);

/** Where the mapped axis of each input of a batch rule lies; `null` for an input that is the same for all. */
export type BatchAxes = readonly (number | null)[];

export interface Batched {
  readonly outputs: readonly Tensor[];
  readonly axes: BatchAxes;
}

/**
 * One primitive is one definition: its types, its derivative, its transpose, its batching and its lowering.
 * Rules are ordinary code over tensors that binds other primitives, so they compose to any order.
 *
 * Primitives that carry graphs in `params` (jit, scan, cond) also fill `linearize` and `dce`.
 */
export interface Primitive<P extends object = object> {
  readonly name: string;
  /** Output types from input types. Throws for inputs that the public function should have refused. */
  infer(inputs: readonly TensorType[], params: P): readonly TensorType[];
  /** Outputs and their tangents. At least one tangent is not null. Absent: the outputs have no tangent. */
  jvp?(
    primals: readonly Tensor[],
    tangents: readonly Tangent[],
    params: P,
  ): { readonly primals: readonly Tensor[]; readonly tangents: readonly Tangent[] };
  /** Cotangents of the linear inputs (null elsewhere), given those of the outputs. At least one of them is not null. */
  transpose?(cotangents: readonly Tangent[], inputs: readonly (Tensor | LinearInput)[], params: P): readonly Tangent[];
  batch(inputs: readonly Tensor[], axes: BatchAxes, size: number, params: P): Batched;
  /** True where two calls with equal inputs must stay two. */
  readonly distinct?: boolean;
  /** True for a primitive whose lowering may be a graph of others: it is there for its derivative, or cuts large inputs into blocks. */
  readonly composite?: boolean;
  lower(inputs: readonly TensorType[], outputs: readonly TensorType[], params: P): Lowering;
  /**
   * Splits the operation into its primal, run at once, and a linear operation on the tangents, recorded by calling
   * `record`. Without it, `jvp` is run with tangents that record themselves.
   */
  linearize?(
    primals: readonly Tensor[],
    tangents: readonly Tangent[],
    params: P,
    record: Recorder,
  ): { readonly primals: readonly Tensor[]; readonly tangents: readonly Tangent[] };
  /** The same operation with only the outputs marked in `used`, and which inputs it still needs. */
  dce?(
    used: readonly boolean[],
    params: P,
  ): { readonly params: P; readonly inputs: readonly boolean[]; readonly outputs: readonly boolean[] };
  /** True when the operation must be kept though no one reads its outputs. */
  effects?(params: P): boolean;
}

/** Adds an equation to the linear program under construction: residuals are plain tensors, the rest tangents. */
export type Recorder = <Q extends object>(primitive: Primitive<Q>, inputs: readonly Tensor[], params: Q) => Tensor[];

/** What a primitive becomes. The builder of fused kernels understands the first five and some aliases; the rest stand alone. */
export type Lowering =
  | {
      /** Elementwise over inputs of the output's own shape. */
      readonly kind: "map";
      readonly compute: (block: Block, inputs: readonly Expression[]) => readonly Expression[];
    }
  | {
      /** Elements from their own position: `index[k]` is the i32 coordinate along axis k. */
      readonly kind: "generate";
      readonly compute: (block: Block, index: readonly Expression[]) => readonly Expression[];
    }
  | {
      /** The output reads the one input through index arithmetic; one entry per input axis. */
      readonly kind: "view";
      readonly axes: readonly ViewAxis[];
    }
  | {
      /**
       * The output reads the first input at a position that the second, of i32, tells: coordinates before `axis` are the output's, that along
       * `axis` is the element of the second input at the output's first coordinates, clamped; the output's other coordinates follow.
       */
      readonly kind: "gather";
      readonly axis: number;
    }
  | {
      /** Folds `axes` of the one input. `accumulator` takes the element and gives init, step and merge. */
      readonly kind: "reduce";
      readonly axes: readonly number[];
      readonly accumulator: (element: Expression) => Accumulator;
    }
  | {
      /** Each output is its input, in the same order under another shape or (equal-sized) type: nothing is computed. */
      readonly kind: "alias";
      /** Where only axes of size 1 come or go, the same as a view, so that it fuses. */
      readonly axes?: readonly ViewAxis[];
    }
  | {
      /** Buffers of the kernel: inputs, outputs, then scratch. */
      readonly kind: "kernel";
      readonly kernel: Kernel;
      /**
       * The input that the first output is a changed copy of. It is not among the kernel's buffers: the kernel finds the copy in the
       * output's, and where nobody else reads the input no copy is made.
       */
      readonly updates?: number;
    }
  | { readonly kind: "graph"; readonly graph: Graph }
  | {
      /** See `control/scan.ts`. Inputs: constants, initial carry, stacked inputs. Outputs: last carry, stacked outputs. */
      readonly kind: "scan";
      readonly body: Graph;
      readonly constants: number;
      readonly carry: number;
      readonly length: number;
      readonly reverse: boolean;
    }
  | {
      /** See `control/while.ts`. Inputs: constants of the condition, constants of the body, carry. Outputs: last carry. */
      readonly kind: "while";
      readonly condition: Graph;
      readonly body: Graph;
      readonly conditionConstants: number;
      readonly bodyConstants: number;
    }
  | {
      /** The first input, an i32 scalar, chooses the branch that the other inputs go to. */
      readonly kind: "switch";
      readonly branches: readonly Graph[];
    }
  | {
      /** A function of the host, called with the inputs' elements each time that the equation is reached. */
      readonly kind: "host";
      readonly call: (storages: readonly Storage[]) => void;
    };

/**
 * Coordinate along one input axis: `start` + the sum over `terms` of `step * (coordinate along output axis `axis`)`. Most views have one
 * term; none reads a single entry, and a window reads position + offset within the window.
 */
export interface ViewAxis {
  readonly start: number;
  readonly terms: readonly ViewTerm[];
}
export interface ViewTerm {
  readonly axis: number;
  readonly step: number;
}
/** The entries start, start + step, ... along output axis `axis`. */
export const viewAxis = (axis: number, start = 0, step = 1): ViewAxis => ({ start, terms: [{ axis, step }] });

/** Types `params` for the definition and forgets the type for the graph, which holds primitives of every kind. */
export const definePrimitive = <P extends object>(definition: Primitive<P>): Primitive<P> => definition;
