import type { Input, Row } from "./table.js";

const real = (shape: readonly number[]): Input => ({ shape, values: [-2, 2] });
const windows = (shape: readonly number[], params: object): Row => ({
  primitive: "windows",
  inputs: [real(shape)],
  params,
  varies: [0],
});
const overlapAdd = (shape: readonly number[], params: object): Row => ({
  primitive: "overlapAdd",
  inputs: [real(shape)],
  params,
  varies: [0],
});

export const windowsRows: readonly Row[] = [
  windows([7], { axes: [0], size: [3], stride: [1], dilation: [1] }),
  windows([2, 9, 20], { axes: [1, 2], size: [2, 3], stride: [2, 1], dilation: [3, 1] }),
  windows([6, 2, 5], { axes: [2, 0], size: [2, 3], stride: [3, 2], dilation: [1, 2] }),
  windows([2, 3], { axes: [], size: [], stride: [], dilation: [] }),
  { ...windows([2, 3], { axes: [1], size: [4], stride: [1], dilation: [1] }), orders: 1 },
  overlapAdd([3, 5], { axes: [0], length: [7], stride: [1], dilation: [1] }),
  overlapAdd([2, 3, 2, 3, 18], { axes: [1, 2], length: [9, 20], stride: [2, 1], dilation: [3, 1] }),
  overlapAdd([2, 3, 1, 2, 2], { axes: [2, 0], length: [6, 7], stride: [3, 2], dilation: [1, 2] }),
  overlapAdd([2, 3], { axes: [], length: [], stride: [], dilation: [] }),
  { ...overlapAdd([4, 2, 0], { axes: [1], length: [3], stride: [1], dilation: [1] }), orders: 1 },
];
