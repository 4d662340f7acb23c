import type { Tensor } from "../../src/index.js";
import type { Input, Row } from "./table.js";

const real = (shape: readonly number[], low = -2, high = 2): Input => ({ shape, values: [low, high] });
const rows: Input = { shape: [2, 3], values: { list: [2, 0, 1, 1, 0, 2] }, dtype: "i32" };

/* The derivatives of luSolve and pinv with respect to the matrix hold only with its own factors: see operations/linalg.test.ts. */
export const linalgRows: readonly Row[] = [
  ...[
    [4, 4],
    [2, 5, 3],
    [3, 5],
  ].flatMap((shape): Row[] => [
    { primitive: "lu", inputs: [real(shape)], params: { complete: false }, varies: [0] },
    { primitive: "lu", inputs: [real(shape)], params: { complete: true }, varies: [0] },
    { primitive: "qr", inputs: [real(shape)], params: { complete: false }, varies: [0] },
  ]),
  { primitive: "lu", inputs: [real([0, 3])], params: { complete: false } },
  { primitive: "qr", inputs: [real([5, 3])], params: { complete: true } },
  { primitive: "qr", inputs: [real([3, 5])], params: { complete: true }, varies: [0] },
  ...[true, false].map((transposed): Row => ({
    primitive: "luSolve",
    inputs: [real([2, 3, 3]), real([2, 3, 3], 0.5, 2), rows, real([2, 3, 2])],
    params: { transposed },
    varies: [3],
  })),
  { primitive: "pinv", inputs: [real([2, 3]), real([3, 2])] },
  { primitive: "svd", inputs: [real([4, 3])], varies: [0] },
  { primitive: "svd", inputs: [real([2, 3, 3])], varies: [0] },
];

/** Outputs whose columns have a free sign: they enter scalars squared. */
export const signFree: Readonly<Record<string, readonly number[]>> = { eigh: [1], svd: [0, 2] };

/** For decompositions that are checked by what they must satisfy: the product, the factors with orthonormal columns, and values in order. */
export const satisfies: Readonly<
  Record<string, (outputs: readonly Tensor[]) => { product: Tensor; orthonormal: readonly Tensor[]; ascending: Tensor }>
> = {
  eigh: ([w, v]) => ({
    product: v.mul(w.expandDims(-2)).matmul(v.matrixTranspose()),
    orthonormal: [v],
    ascending: w,
  }),
  svd: ([u, s, v]) => ({
    product: u.mul(s.expandDims(-2)).matmul(v.matrixTranspose()),
    orthonormal: [u, v],
    ascending: s.neg(),
  }),
};
