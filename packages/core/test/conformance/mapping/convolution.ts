import { conv, convTranspose } from "../../../src/index.js";
import type { Mapping, Operation, Skips } from "./mapping.js";

/* Convolution, pooling, resampling and attention of torch.nn.functional. Positional arguments follow the signatures of 1.13. */

/** A list of one entry stands for all axes. */
const each = (v: any, rank: number): any => (Array.isArray(v) ? (v.length === 1 ? Array(rank).fill(v[0]) : v) : v);

const convolution =
  (rank: number): Operation =>
  (x, [w, bias], k) => {
    const y = conv(x, w, {
      stride: each(k.stride ?? 1, rank),
      padding: each(k.padding ?? 0, rank),
      dilation: each(k.dilation ?? 1, rank),
      groups: k.groups ?? 1,
    });
    return bias ? y.add(bias.reshape([-1, ...Array(rank).fill(1)])) : y;
  };
const transposed =
  (rank: number): Operation =>
  (x, [w, bias], k) => {
    const y = convTranspose(x, w, {
      stride: each(k.stride ?? 1, rank),
      padding: each(k.padding ?? 0, rank),
      outputPadding: each(k.output_padding ?? 0, rank),
      dilation: each(k.dilation ?? 1, rank),
      groups: k.groups ?? 1,
    });
    return bias ? y.add(bias.reshape([-1, ...Array(rank).fill(1)])) : y;
  };

export const convolutionMapping: Mapping = {
  "nn.functional.conv1d": convolution(1),
  "nn.functional.conv2d": convolution(2),
  "nn.functional.conv3d": convolution(3),
  "nn.functional.conv_transpose1d": transposed(1),
  "nn.functional.conv_transpose2d": transposed(2),
  "nn.functional.conv_transpose3d": transposed(3),
};

export const convolutionSkips: Skips = {};
