import type { DType } from "../tensor/dtype.js";

/** Axes with their sizes and the strides of both operands, outermost first. */
export interface Loops {
  readonly sizes: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** y[i, j] = sum over k of a[i, k] b[k, j], y row-major; i, j and k each run over any number of axes with any strides. */
export interface MatrixProduct {
  readonly dtype: DType;
  readonly rows: Loops;
  readonly columns: Loops;
  readonly contracted: Loops;
}

/** One for each index of the batch, outermost in y. */
export interface BatchedProduct extends MatrixProduct {
  readonly batch: Loops;
}
