import { linalgRows } from "./linalgRows.js";
import type { DType } from "../../src/tensor/dtype.js";
import { elementwiseRows } from "./elementwiseRows.js";
import { shapeRows } from "./shapeRows.js";
import { windowsRows } from "./windowsRows.js";
import { specialRows } from "./specialRows.js";

/** Which values an input takes: a range of uniform reals, or a list that is repeated to fill the shape. */
export interface Input {
  readonly shape: readonly number[];
  readonly values:
    | readonly [low: number, high: number]
    | { readonly list: readonly number[] }
    | "positiveDefinite"
    | "symmetric";
  readonly dtype?: DType;
}
export interface Row {
  readonly primitive: string;
  readonly inputs: readonly Input[];
  readonly params?: object;
  /** Inputs to differentiate with respect to; an empty list where the derivative is zero, none where there is none to take. */
  readonly varies?: readonly number[];
  /** How often the operation may be differentiated; 3 unless a derivative of its own is missing. */
  readonly orders?: number;
}

const real = (shape: readonly number[], low = -2, high = 2): Input => ({ shape, values: [low, high] });
const ints = (shape: readonly number[], list: readonly number[], dtype: DType = "i32"): Input => ({
  shape,
  values: { list },
  dtype,
});
const bits = (shape: readonly number[]): Input => ints(shape, [1, 0, 0, 1, 1], "bool");

const unary = (primitive: string, low: number, high: number, orders = 3): Row => ({
  primitive,
  inputs: [real([2, 7], low, high)],
  varies: orders > 0 ? [0] : [],
  orders,
});
const comparison = (primitive: string): Row => ({
  primitive,
  inputs: [ints([9], [1, 2, 3], "f64"), ints([9], [2, 2], "f64")],
});

/** Two words of a key for each of n elements. */
const keys = (n: number): Input[] => [
  ints([n], [0, 4294967295, 0x13198a2e, 77, 5], "u32"),
  ints([n], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "u32"),
];

/** At least one row a primitive; a test fails for a primitive without one. */
export const table: readonly Row[] = [
  ...elementwiseRows,
  ...windowsRows,
  ...specialRows,
  { primitive: "add", inputs: [real([3, 5]), real([3, 5])], varies: [0, 1] },
  { primitive: "add", inputs: [real([0, 5]), real([0, 5])], varies: [0, 1] },
  { primitive: "sub", inputs: [real([3, 5]), real([3, 5])], varies: [0, 1] },
  { primitive: "mul", inputs: [real([3, 5]), real([3, 5])], varies: [0, 1] },
  { primitive: "div", inputs: [real([3, 5]), real([3, 5], 0.5, 2)], varies: [0, 1] },
  { primitive: "neg", inputs: [real([4])], varies: [0] },
  unary("exp", -3, 3),
  unary("expm1", -2, 2),
  unary("log", 0.2, 4),
  unary("log1p", -0.7, 3),
  unary("sin", -4, 4),
  unary("cos", -4, 4),
  unary("tan", -1.2, 1.2),
  unary("asin", -0.8, 0.8),
  unary("acos", -0.8, 0.8),
  unary("atan", -3, 3),
  unary("sinh", -2, 2),
  unary("cosh", -2, 2),
  unary("tanh", -2, 2),
  unary("sigmoid", -4, 4),
  unary("softplus", -4, 4),
  unary("erf", -2, 2),
  unary("erfc", -2, 2),
  unary("erfinv", -0.9, 0.9),
  unary("lgamma", 0.7, 5),
  unary("lgamma", -1.8, -1.2),
  unary("digamma", 1.2, 5),
  unary("sqrt", 0.2, 4),
  unary("abs", 0.1, 2),
  unary("abs", -2, -0.1),
  { primitive: "sign", inputs: [ints([6], [-2, 0, 3], "f64")], varies: [] },
  { primitive: "floor", inputs: [real([9])], varies: [] },
  { primitive: "ceil", inputs: [real([9])], varies: [] },
  { primitive: "trunc", inputs: [real([9])], varies: [] },
  { primitive: "round", inputs: [ints([8], [0.5, 1.5, -0.5, -2.5, 2.4, 2.6, -1.2, 7], "f64")] },
  { primitive: "pow", inputs: [real([6], 0.3, 2), real([6], -2, 2)], varies: [0, 1] },
  { primitive: "atan2", inputs: [real([6], 0.3, 2), real([6], -2, 2)], varies: [0, 1] },
  { primitive: "rem", inputs: [real([6], 2.2, 2.8), real([6], 0.95, 1)], varies: [0, 1] },
  comparison("eq"),
  comparison("ne"),
  comparison("lt"),
  comparison("le"),
  comparison("gt"),
  comparison("ge"),
  { primitive: "and", inputs: [bits([7]), ints([7], [1, 1, 0], "bool")] },
  { primitive: "and", inputs: [ints([6], [5, -3, 12]), ints([6], [3, 6])] },
  { primitive: "or", inputs: [ints([6], [5, -3, 12]), ints([6], [3, 6])] },
  { primitive: "xor", inputs: [ints([6], [5, -3, 12]), ints([6], [3, 6])] },
  { primitive: "shl", inputs: [ints([6], [5, -3, 12]), ints([6], [3, 0, 31])] },
  { primitive: "shr", inputs: [ints([6], [5, -3, 12]), ints([6], [3, 0, 31])] },
  { primitive: "not", inputs: [bits([7])] },
  { primitive: "max", inputs: [real([5]), real([5])], varies: [0, 1] },
  { primitive: "min", inputs: [real([5]), real([5])], varies: [0, 1] },
  { primitive: "select", inputs: [bits([3, 4]), real([3, 4]), real([3, 4])], varies: [1, 2] },
  { primitive: "convert", inputs: [real([5])], params: { dtype: "i32" } },
  { primitive: "convert", inputs: [ints([5], [0, 1, -7])], params: { dtype: "f64" } },
  { primitive: "convert", inputs: [ints([5], [0, 1, -7])], params: { dtype: "bool" } },
  {
    primitive: "reinterpret",
    inputs: [ints([4], [0, 1065353216, 3212836864, 1078530011], "u32")],
    params: { dtype: "f32" },
  },
  { primitive: "stopGradient", inputs: [real([4])], varies: [] },
  { primitive: "sum", inputs: [real([3, 4, 5])], params: { axes: [1] }, varies: [0] },
  { primitive: "sum", inputs: [real([3, 4, 5])], params: { axes: [0, 2] }, varies: [0] },
  { primitive: "sum", inputs: [real([2, 70])], params: { axes: [0, 1] }, varies: [0] },
  { primitive: "sum", inputs: [real([2, 70])], params: { axes: [0] }, varies: [0] },
  { primitive: "sum", inputs: [real([9001])], params: { axes: [0] }, orders: 1 },
  { primitive: "sum", inputs: [real([3, 0])], params: { axes: [1] } },
  { primitive: "sum", inputs: [real([3, 1])], params: { axes: [1] }, varies: [0] },
  { primitive: "reduceMax", inputs: [real([3, 4, 5])], params: { axes: [1, 2] }, varies: [0] },
  { primitive: "reduceMin", inputs: [real([3, 4, 5])], params: { axes: [0] }, varies: [0] },
  { primitive: "argExtremum", inputs: [real([3, 4, 5])], params: { axis: 1, largest: true } },
  { primitive: "argExtremum", inputs: [ints([2, 5], [3, 1, 1, 4, 4], "f64")], params: { axis: 1, largest: false } },
  { primitive: "cumsum", inputs: [real([3, 4, 5])], params: { axis: 1, reverse: false }, varies: [0] },
  { primitive: "cumsum", inputs: [real([7])], params: { axis: 0, reverse: true }, varies: [0] },
  {
    primitive: "dot",
    inputs: [real([3, 4]), real([4, 5])],
    params: { contractA: [1], contractB: [0], batchA: [], batchB: [] },
    varies: [0, 1],
  },
  {
    primitive: "dot",
    inputs: [real([3, 40]), real([5, 40])],
    params: { contractA: [1], contractB: [1], batchA: [], batchB: [] },
    varies: [0, 1],
  },
  {
    primitive: "dot",
    inputs: [real([4, 3]), real([4])],
    params: { contractA: [0], contractB: [0], batchA: [], batchB: [] },
    varies: [0, 1],
  },
  {
    primitive: "dot",
    inputs: [real([2, 3, 4, 5]), real([5, 2, 6, 3])],
    params: { contractA: [1, 3], contractB: [3, 0], batchA: [0], batchB: [1] },
    varies: [0, 1],
  },
  {
    primitive: "dot",
    inputs: [real([3, 0]), real([0, 2])],
    params: { contractA: [1], contractB: [0], batchA: [], batchB: [] },
  },
  { primitive: "barrier", inputs: [real([2, 3]), ints([2], [3, 1]), real([])], varies: [0, 2] },
  { primitive: "name", inputs: [real([2, 3])], params: { label: "hidden" }, varies: [0] },
  { primitive: "broadcast", inputs: [real([3])], params: { shape: [2, 3, 4], axes: [1] }, varies: [0] },
  { primitive: "broadcast", inputs: [real([])], params: { shape: [5], axes: [] }, varies: [0] },
  { primitive: "reshape", inputs: [real([3, 4])], params: { shape: [2, 6] }, varies: [0] },
  { primitive: "reshape", inputs: [real([3, 4])], params: { shape: [3, 1, 4] }, varies: [0] },
  { primitive: "transpose", inputs: [real([2, 3, 4])], params: { permutation: [2, 0, 1] }, varies: [0] },
  {
    primitive: "slice",
    inputs: [real([5, 6])],
    params: { start: [1, 0], limit: [4, 6], step: [2, 4] },
    varies: [0],
  },
  {
    primitive: "pad",
    inputs: [real([3, 2])],
    params: { value: 1.5, low: [1, 0], high: [0, 2], interior: [0, 1] },
    varies: [0],
  },
  { primitive: "flip", inputs: [real([3, 4])], params: { axes: [0, 1] }, varies: [0] },
  { primitive: "concat", inputs: [real([2, 3]), real([2, 1]), real([2, 2])], params: { axis: 1 }, varies: [0, 1, 2] },
  { primitive: "iota", inputs: [], params: { dtype: "i32", shape: [2, 3], axis: 1 } },
  { primitive: "gather", inputs: [real([4, 3]), ints([2, 2], [3, 0, 1, 9])], params: { batchDims: 0 }, varies: [0] },
  { primitive: "gather", inputs: [real([2, 4, 3]), ints([2, 2], [3, 0, 1, 1])], params: { batchDims: 1 }, varies: [0] },
  {
    primitive: "scatterAdd",
    inputs: [real([4, 3]), ints([3], [1, 1, 9]), real([3, 3])],
    params: { batchDims: 0 },
    varies: [0, 2],
  },
  {
    primitive: "scatterAdd",
    inputs: [real([2, 4]), ints([2, 3], [1, 1, 0, 3, -1, 2]), real([2, 3])],
    params: { batchDims: 1 },
    varies: [0, 2],
  },
  ...shapeRows,
  { primitive: "argsort", inputs: [ints([2, 7], [3, 1, NaN, 2, 1, 0, -5], "f64")] },
  { primitive: "cholesky", inputs: [{ shape: [2, 3, 3], values: "positiveDefinite" }], varies: [0] },
  ...[true, false].flatMap((lower) =>
    [true, false].map((transposed): Row => ({
      primitive: "triangularSolve",
      inputs: [{ shape: [3, 3], values: "positiveDefinite" }, real([3, 2])],
      params: { lower, transposed },
      varies: [0, 1],
    })),
  ),
  ...linalgRows,
  { primitive: "eigh", inputs: [{ shape: [3, 3], values: "symmetric" }], varies: [0] },
  // Key words, then parameters; every branch: small and large shapes, inversion and transformed rejection.
  { primitive: "logGammaSample", inputs: [...keys(12), ints([12], [0.3, 1, 0.9, 2.5, 40, 1000], "f64")] },
  { primitive: "poissonSample", inputs: [...keys(12), ints([12], [0, 0.4, 9.5, 10.5, 60, 1e4, -1], "f64")] },
  {
    primitive: "binomialSample",
    inputs: [...keys(12), ints([12], [0, 7, 100, 40, 5000], "f64"), ints([12], [0.5, 0, 0.25, 0.0625], "f64")],
  },
  {
    primitive: "threefry2x32",
    inputs: [
      ints([5], [0, 4294967295, 0x13198a2e], "u32"),
      ints([5], [0, 4294967295, 0x03707344], "u32"),
      ints([5], [0, 4294967295, 0x243f6a88], "u32"),
      ints([5], [0, 4294967295, 0x85a308d3], "u32"),
    ],
  },
];

/** Primitives that carry graphs have tests of their own, in transforms/; that which calls the host has them in debug/. */
export const carryGraphs: readonly string[] = [
  "hostCall",
  "jit",
  "scan",
  "cond",
  "while",
  "linearSolve",
  "checkpoint",
  "customJvp",
  "customVjp",
  "customCotangent",
];
