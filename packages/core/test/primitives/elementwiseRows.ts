import type { Input, Row } from "./table.js";

const real = (shape: readonly number[], low = -2, high = 2): Input => ({ shape, values: [low, high] });
const list = (shape: readonly number[], values: readonly number[], dtype: "f64" | "i32" = "f64"): Input => ({
  shape,
  values: { list: values },
  dtype,
});
const unary = (primitive: string, low: number, high: number): Row => ({
  primitive,
  inputs: [real([2, 7], low, high)],
  varies: [0],
});

export const elementwiseRows: readonly Row[] = [
  unary("exp2", -3, 3),
  unary("log2", 0.3, 4),
  unary("log10", 0.3, 4),
  unary("cbrt", 0.5, 4),
  unary("cbrt", -4, -0.5),
  unary("asinh", -3, 3),
  unary("acosh", 1.4, 4),
  unary("atanh", -0.7, 0.7),
  { primitive: "hypot", inputs: [real([6], 0.3, 2), real([6], -2, -0.2)], varies: [0, 1] },
  { primitive: "reduceProd", inputs: [real([3, 4])], params: { axes: [1] }, varies: [0] },
  { primitive: "reduceProd", inputs: [real([3, 4, 2])], params: { axes: [0, 2] }, varies: [0] },
  // One zero, two zeros, three zeros in a row: derivatives to third order see all of them.
  ...[
    [0, 2, 3, -1.5],
    [0, 2, 0, -1.5],
    [0, 2, 0, 0],
  ].map((values): Row => ({
    primitive: "reduceProd",
    inputs: [list([4], values)],
    params: { axes: [0] },
    varies: [0],
  })),
  { primitive: "reduceProd", inputs: [real([3, 0])], params: { axes: [1] }, varies: [0] },
  ...[false, true].flatMap((reverse): Row[] => [
    {
      primitive: "linearRecurrence",
      inputs: [real([3, 4, 2]), real([3, 4, 2])],
      params: { axis: 1, reverse },
      varies: [0, 1],
    },
    {
      primitive: "linearRecurrence",
      inputs: [list([5], [2, 0, 3, 0, 1]), list([5], [1, 0, 2, 0, 0])],
      params: { axis: 0, reverse },
      varies: [0, 1],
    },
    { primitive: "linearRecurrence", inputs: [real([2, 0]), real([2, 0])], params: { axis: 1, reverse } },
    {
      primitive: "cumulativeArgExtremum",
      inputs: [list([2, 7], [1, 3, 3, 2, NaN, 5, NaN])],
      params: { axis: 1, reverse, largest: true },
    },
    {
      primitive: "cumulativeArgExtremum",
      inputs: [list([5, 2], [1, 3, 3, 0, -2], "i32")],
      params: { axis: 0, reverse, largest: false },
    },
  ]),
];
