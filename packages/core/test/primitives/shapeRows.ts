import type { Input, Row } from "./table.js";

const real = (shape: readonly number[]): Input => ({ shape, values: [-2, 2] });
const ints = (shape: readonly number[], list: readonly number[]): Input => ({ shape, values: { list }, dtype: "i32" });

/** Windows and scatters. Starts and indices outside are part of the rows: windows move inside, updates are dropped. */
export const shapeRows: readonly Row[] = [
  ...["scatterMax", "scatterMin"].flatMap((primitive): Row[] => [
    {
      primitive,
      inputs: [real([4, 3]), ints([5], [1, 1, 9, 3, 1]), real([5, 3])],
      params: { batchDims: 0 },
      varies: [0, 2],
    },
    {
      primitive,
      inputs: [real([2, 4]), ints([2, 3], [1, 1, 0, 3, -1, 2]), real([2, 3])],
      params: { batchDims: 1 },
      varies: [0, 2],
    },
    { primitive, inputs: [ints([4], [3, 0, -7]), ints([3], [1, 1, 2]), ints([3], [5, -9])], params: { batchDims: 0 } },
  ]),
  {
    primitive: "dynamicSlice",
    inputs: [real([4, 7]), ints([2], [1, 9])],
    params: { sizes: [2, 5], batchDims: 0 },
    varies: [0],
  },
  {
    primitive: "dynamicSlice",
    inputs: [real([2, 3, 4]), ints([2, 2], [1, -2, 5, 1])],
    params: { sizes: [2, 3], batchDims: 1 },
    varies: [0],
  },
  { primitive: "dynamicSlice", inputs: [real([3, 0]), ints([2], [1, 0])], params: { sizes: [2, 0], batchDims: 0 } },
  {
    primitive: "dynamicUpdateSlice",
    inputs: [real([4, 7]), real([2, 5]), ints([2], [1, 9])],
    params: { batchDims: 0 },
    varies: [0, 1],
  },
  {
    primitive: "dynamicUpdateSlice",
    inputs: [real([2, 3, 4]), real([2, 2, 3]), ints([2, 2], [1, -2, 5, 1])],
    params: { batchDims: 1 },
    varies: [0, 1],
  },
];
