import { reshape, transpose } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import { slice } from "../primitives/shape.js";
import { overlapAdd, windows } from "../primitives/windows.js";
import { describe, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type PadMode, pad, padModes } from "./padding.js";
import { type PerAxis, type WindowOptions, operands, perAxis, spans, widthsOf, windowParams } from "./spatial.js";
import { checkChoice, checkTensor } from "./promote.js";

export interface ConvOptions extends WindowOptions {
  /** The channels are cut into this many groups that see only each other. Default 1. */
  readonly groups?: number;
  /** What stands in the padding: 0 ("constant", the default), or entries of x as in `pad`. */
  readonly paddingMode?: PadMode;
}
export interface ConvTransposeOptions {
  readonly stride?: PerAxis;
  /** What the convolution that this is the transpose of had: it is cut off here. Default 0. */
  readonly padding?: "valid" | number | readonly (number | readonly [number, number])[];
  /** Entries added at the end of each axis, to choose among the sizes that a stride rounds together. Default 0. */
  readonly outputPadding?: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}

/**
 * Convolution (as in neural networks: cross-correlation) over any number of spatial axes, in PyTorch's layout.
 *
 * @param x [batch, channels, ...spatial], or without the batch.
 * @param w kernel [output channels, channels / groups, ...sizes]; its rank says how many axes are spatial.
 * @returns [batch, output channels, ...positions].
 * @example conv(images, kernel, { stride: 2, padding: "same" })
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  checkTensor("conv", "x", x);
  checkTensor("conv", "w", w);
  return convolution("conv", w.ndim - 2, x, w, options);
}
/** `conv` over one spatial axis: x [batch, channels, length], w [output channels, channels / groups, size]. */
export const conv1d: typeof conv = ofRank("conv1d", 1);
/** `conv` over two spatial axes: x [batch, channels, height, width], w [output channels, channels / groups, ...size]. */
export const conv2d: typeof conv = ofRank("conv2d", 2);
/** `conv` over three spatial axes: x [batch, channels, depth, height, width]. */
export const conv3d: typeof conv = ofRank("conv3d", 3);

function ofRank(name: string, rank: number): typeof conv {
  return (x, w, options) => convolution(name, rank, x, w, options);
}

function convolution(name: string, rank: number, x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  const { groups = 1, paddingMode = "constant" } = options;
  checkChoice(name, "paddingMode", paddingMode, padModes);
  const [a, kernel] = prepare(name, x, w, rank, groups, 1);
  const list = spans(name, a, kernel.shape.slice(2), options);
  const padded = pad(a, widthsOf(a.ndim, list), { mode: paddingMode });
  // [...sizes, batch, channels, ...positions]
  const columns = windows(padded, kernel.shape.slice(2), windowParams(list));
  const [batch, channels, ...positions] = columns.shape.slice(rank);
  const output = kernel.shape[0];
  const sizes = range(rank);
  let y: Tensor;
  if (groups === 1)
    // [output channels, batch, ...positions]
    y = transpose(
      dot(kernel, columns, {
        contractA: range(rank + 1, 1),
        contractB: [rank + 1, ...sizes],
        batchA: [],
        batchB: [],
      }),
      [1, 0, ...range(rank, 2)],
    );
  else {
    // [groups, output channels / groups, batch, ...positions]
    const product = dot(
      reshape(kernel, [groups, output / groups, ...kernel.shape.slice(1)]),
      reshape(columns, [...columns.shape.slice(0, rank), batch, groups, channels / groups, ...positions]),
      { contractA: range(rank + 1, 2), contractB: [rank + 2, ...sizes], batchA: [0], batchB: [rank + 1] },
    );
    y = reshape(transpose(product, [2, 0, 1, ...range(rank, 3)]), [batch, output, ...positions]);
  }
  return unbatched(y, x);
}

/**
 * The transpose of `conv` as a linear map of its input, which enlarges by the stride ("deconvolution"), in PyTorch's layout.
 *
 * @param x [batch, channels, ...spatial], or without the batch.
 * @param w kernel [channels, output channels / groups, ...sizes].
 * @returns [batch, output channels, ...spatial], of sizes (n - 1) stride - padding + dilation (size - 1) + 1 + outputPadding.
 */
export function convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  checkTensor("convTranspose", "x", x);
  checkTensor("convTranspose", "w", w);
  const name = "convTranspose";
  const rank = w.ndim - 2;
  const { groups = 1 } = options;
  const [a, kernel] = prepare(name, x, w, rank, groups, 0);
  const sizes = kernel.shape.slice(2);
  const outputPadding = perAxis(name, "outputPadding", options.outputPadding ?? 0, rank, 0);
  if (options.padding !== "valid" && typeof options.padding === "string")
    throw new RangeError(`${name}: padding is ${options.padding as string}, expected numbers or "valid".`);
  // Only the padding's form is needed here, so one entry an axis is window enough.
  const list = spans(
    name,
    a,
    range(rank).map(() => 1),
    {
      padding: options.padding ?? 0,
      stride: options.stride ?? 1,
    },
  );
  const dilation = perAxis(name, "dilation", options.dilation ?? 1, rank);
  const [batch, channels, ...positions] = a.shape;
  const output = kernel.shape[1];
  const axes = range(rank);
  let columns: Tensor;
  if (groups === 1)
    // [output channels, ...sizes, batch, ...positions]
    columns = transpose(dot(kernel, a, { contractA: [0], contractB: [1], batchA: [], batchB: [] }), [
      ...range(rank, 1),
      rank + 1,
      0,
      ...range(rank, rank + 2),
    ]);
  else {
    // [groups, output channels / groups, ...sizes, batch, ...positions]
    const product = dot(
      reshape(kernel, [groups, channels / groups, output, ...sizes]),
      reshape(a, [batch, groups, channels / groups, ...positions]),
      { contractA: [1], contractB: [2], batchA: [0], batchB: [1] },
    );
    columns = reshape(transpose(product, [...range(rank, 2), rank + 2, 0, 1, ...range(rank, rank + 3)]), [
      ...sizes,
      batch,
      groups * output,
      ...positions,
    ]);
  }
  const { stride } = windowParams(list);
  const length = axes.map((i) => (positions[i] - 1) * stride[i] + dilation[i] * (sizes[i] - 1) + 1 + outputPadding[i]);
  const whole = overlapAdd(columns, length, { axes: axes.map((i) => i + 2), stride, dilation });
  const limit = length.map((n, i) => n - list[i].high);
  if (limit.some((n, i) => n < list[i].low))
    throw new RangeError(
      `${name}: padding ${JSON.stringify(options.padding)} is more than the ${describe(whole)} that ${describe(x)} enlarges to. Pad less.`,
    );
  return unbatched(slice(whole, [0, 0, ...list.map((s) => s.low)], [...whole.shape.slice(0, 2), ...limit]), x);
}

/** Operands of one dtype, x with a batch axis, channels checked; `channelAxis` is that of the kernel's input channels. */
function prepare(name: string, x: Tensor, w: Tensor, rank: number, groups: number, channelAxis: 0 | 1): Tensor[] {
  const [a, kernel] = operands(name, x, w);
  if (rank < 1 || w.ndim !== rank + 2 || (x.ndim !== rank + 2 && x.ndim !== rank + 1))
    throw new RangeError(
      `${name}: x is ${describe(x)} and the kernel ${describe(w)}, expected x [batch, channels, ...spatial] and a kernel of rank ${Math.max(1, rank) + 2}.`,
    );
  const batched = a.ndim === w.ndim ? a : reshape(a, [1, ...a.shape]);
  const channels = batched.shape[1];
  const divides = Number.isInteger(groups) && groups >= 1 && w.shape[0] % groups === 0;
  if (!divides || (channelAxis === 1 ? w.shape[1] * groups : w.shape[0]) !== channels)
    throw new RangeError(
      `${name}: the kernel ${describe(w)} with ${groups} groups does not fit the ${channels} channels of ${describe(x)}. ` +
        `Expected ${channelAxis === 1 ? "[output channels, channels / groups, ...]" : "[channels, output channels / groups, ...]"}.`,
    );
  return [batched, kernel];
}

const unbatched = (y: Tensor, x: Tensor): Tensor => (x.ndim === y.ndim ? y : reshape(y, y.shape.slice(1)));
