import type { DType } from "../tensor/dtype.js";
import { type Expression, type Local, int } from "./expression.js";
import type { BatchedProduct } from "./product.js";

/**
 * A kernel: a small imperative program over numbered buffers. It knows nothing of graphs, and the emitters (interpreter,
 * wasm, WGSL) know nothing else. Every `Load` and `Store` index counts elements, is an i32 expression, and must be in range:
 * whoever builds the kernel clamps indirect indices.
 *
 * Buffers may share memory only if every element is read for the last time no later than in the iteration that overwrites it, and
 * only by that iteration: emitters hoist loads that do not change in a loop, and read several iterations' elements before they write.
 */
export interface Kernel {
  readonly name: string;
  readonly buffers: readonly KernelBuffer[];
  readonly body: readonly Statement[];
  /** The buffer that is the running thread's own block: two words of input, then room for the partial results of reductions. */
  readonly block?: number;
  /** What it computes from buffers 0 and 1, for machines that have a better way to do it. It is stored into buffer 2. */
  readonly product?: BatchedProduct;
}

/**
 * `serial`: iterations may depend on each other. `parallel`: they are independent (they write different places, and nothing that
 * another reads, scratch being each one's own), so they may run on several threads. `lanes`: they are, and an emitter may also run several
 * at once in SIMD lanes; whether it can is its own analysis (unit-stride or uniform loads, unit-stride stores).
 */
export type LoopMode = "serial" | "parallel" | "lanes";

export interface KernelBuffer {
  readonly dtype: DType;
  /** Elements. Scratch is allocated by the caller and holds garbage on entry. */
  readonly length: number;
  readonly access: "in" | "out" | "scratch";
}

export type Statement =
  | {
      /** Runs `body` for index = 0 ... extent - 1, in order. `extent` is read once. */
      readonly kind: "for";
      readonly index: Local;
      readonly extent: Expression;
      readonly mode: LoopMode;
      readonly body: readonly Statement[];
    }
  | {
      /**
       * A reduction with a fixed shape, so that its bits do not depend on the machine: accumulator w of `width` takes the
       * iterations i = w (mod width), in order, by `local <- step`; then, for h = width/2, width/4, ..., 1,
       * acc[w] <- merge(acc[w], acc[w + h]) for all w < h. After the statement `local` holds acc[0].
       * Accumulators that receive no iteration keep `init`. `body` holds lets only; `step` may read them, `local` of any accumulator and the index.
       * All steps of a tuple are evaluated before any is assigned, and so are all merges.
       */
      readonly kind: "reduce";
      readonly index: Local;
      readonly extent: Expression;
      /** A power of two. 1 gives a plain serial reduction. */
      readonly width: number;
      readonly body: readonly Statement[];
      readonly accumulators: readonly Accumulator[];
    }
  | { readonly kind: "while"; readonly condition: Expression; readonly body: readonly Statement[] }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      /** Declares or overwrites a local. A local first assigned inside a loop body is private to the iteration. */
      readonly kind: "assign";
      readonly local: Local;
      readonly value: Expression;
    }
  | { readonly kind: "store"; readonly buffer: number; readonly index: Expression; readonly value: Expression };

export interface Accumulator {
  readonly local: Local;
  /** A constant expression. */
  readonly init: Expression;
  readonly step: Expression;
  /** Combines two partial results; reads `left` and `right` (of this accumulator) and, for tuples, those of the others. */
  readonly left: Local;
  readonly right: Local;
  readonly merge: Expression;
}

export const forLoop = (
  index: Local,
  extent: Expression | number,
  body: readonly Statement[],
  mode: LoopMode = "serial",
): Statement => ({ kind: "for", index, extent: typeof extent === "number" ? int(extent) : extent, mode, body });
export const whileLoop = (condition: Expression, body: readonly Statement[]): Statement => ({
  kind: "while",
  condition,
  body,
});
export const ifElse = (
  condition: Expression,
  then: readonly Statement[],
  otherwise: readonly Statement[] = [],
): Statement => ({ kind: "if", condition, then, otherwise });
export const assign = (local: Local, value: Expression): Statement => ({ kind: "assign", local, value });
export const store = (buffer: number, index: Expression, value: Expression): Statement => ({
  kind: "store",
  buffer,
  index,
  value,
});
