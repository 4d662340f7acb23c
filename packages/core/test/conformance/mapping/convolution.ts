import {
  type Tensor,
  adaptiveAvgPool,
  adaptiveMaxPool,
  adaptiveMaxPoolWithIndices,
  avgPool,
  conv,
  convTranspose,
  maxPool,
  maxPoolWithIndices,
  einsum,
  gridSample,
  maxUnpool,
  pad,
  resize,
  slidingWindowView,
  stopGradient,
  unfold,
  zeros,
} from "../../../src/index.js";
import {
  type Arguments,
  type Keywords,
  type Mapping,
  type Operation,
  type Skips,
  type Value,
  argument,
} from "./mapping.js";

/* Convolution, pooling, resampling of torch.nn.functional. Positional arguments follow the signatures of 1.13. */

/** A list of one entry stands for all axes. */
const each = (v: Value, rank: number): Value => (Array.isArray(v) ? (v.length === 1 ? Array(rank).fill(v[0]) : v) : v);

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

const averagePool =
  (rank: number): Operation =>
  (x, args, k) => {
    const size = each(argument(args, k, 0, "kernel_size"), rank);
    const stride = argument(args, k, 1, "stride", []);
    const divisor = argument(args, k, 5, "divisor_override");
    return avgPool(x, Array.isArray(size) ? size : Array(rank).fill(size), {
      stride: Array.isArray(stride) && stride.length === 0 ? each(size, rank) : each(stride, rank),
      padding: each(argument(args, k, 2, "padding", 0), rank),
      ceilMode: argument(args, k, 3, "ceil_mode", false),
      countIncludePad: argument(args, k, 4, "count_include_pad", true),
      ...(divisor ? { divisor } : {}),
    });
  };
const maximumPool =
  (rank: number): Operation =>
  (x, args, k) => {
    const size = Array(rank)
      .fill(argument(args, k, 0, "kernel_size"))
      .map((s, i) => (Array.isArray(s) ? (s[i] ?? s[0]) : s));
    const stride = argument(args, k, 1, "stride") ?? size;
    const options = {
      stride: each(stride.length === 0 ? size : stride, rank),
      padding: each(argument(args, k, 2, "padding", 0), rank),
      dilation: each(argument(args, k, 3, "dilation", 1), rank),
      ceilMode: argument(args, k, 4, "ceil_mode", false),
    };
    if (argument(args, k, 5, "return_indices", false) !== true) return maxPool(x, size, options);
    const { values, indices } = maxPoolWithIndices(x, size, options);
    return [values, indices];
  };
const sizes = (size: Value, rank: number): Value[] => (Array.isArray(size) ? each(size, rank) : Array(rank).fill(size));
const adaptiveAverage =
  (rank: number): Operation =>
  (x, args, k) =>
    adaptiveAvgPool(x, sizes(argument(args, k, 0, "output_size"), rank));
const adaptiveMaximum =
  (rank: number): Operation =>
  (x, args, k) => {
    const size = sizes(argument(args, k, 0, "output_size"), rank);
    if (argument(args, k, 1, "return_indices", false) !== true) return adaptiveMaxPool(x, size);
    const { values, indices } = adaptiveMaxPoolWithIndices(x, size);
    return [values, indices];
  };
const unpooledSizes = (x: Tensor, args: Arguments, k: Keywords, rank: number): number[] => {
  const given = argument(args, k, 4, "output_size");
  if (given) return given.slice(-rank);
  const size = sizes(argument(args, k, 1, "kernel_size"), rank);
  const stride = sizes(argument(args, k, 2, "stride") ?? size, rank);
  const padding = sizes(argument(args, k, 3, "padding", 0), rank);
  return x.shape.slice(-rank).map((n, i) => (n - 1) * stride[i] - 2 * padding[i] + size[i]);
};
const unpool =
  (rank: number): Operation =>
  (x, args, k) =>
    maxUnpool(x, argument(args, k, 0, "indices"), unpooledSizes(x, args, k, rank));
/**
 * Where a position is repeated the recorded gradient gives each of its values the whole cotangent, which is the derivative of the sum, not of the
 * recorded output (PyTorch itself tests gradients only in the variant `grad`): the value of one and the derivative of the other.
 */
const unpoolRepeated =
  (rank: number): Operation =>
  (x, args, k) => {
    const indices = argument(args, k, 0, "indices");
    const shape = unpooledSizes(x, args, k, rank);
    const lead = x.shape.slice(0, -rank);
    const flat = [...lead, -1];
    const places = zeros([...lead, shape.reduce((n, m) => n * m, 1)], x.dtype);
    const sum = places
      .putAlongAxis(indices.reshape(flat), x.reshape(flat), -1, { mode: "add" })
      .reshape([...lead, ...shape]);
    return sum.add(stopGradient(maxUnpool(x, indices, shape).sub(sum)));
  };

/** torch.nn.functional.interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias) */
const interpolate: Operation = (x, args, k) => {
  const rank = x.ndim - 2;
  const factor = argument(args, k, 1, "scale_factor");
  const size = argument(args, k, 0, "size");
  const given = x.shape.slice(2);
  const shape: number[] = size ? sizes(size, rank) : sizes(factor, rank).map((f, i) => Math.floor(given[i] * f));
  const mode = argument(args, k, 2, "mode", "nearest");
  if (mode === "area") return adaptiveAvgPool(x, shape);
  return resize(x, shape, {
    method: mode === "bicubic" ? "cubic" : mode.startsWith("nearest") ? "nearest" : "linear",
    coordinates: mode === "nearest" ? "asymmetric" : argument(args, k, 3, "align_corners") ? "corners" : "halfPixel",
    antialias: argument(args, k, 5, "antialias", false),
    ...(size || argument(args, k, 4, "recompute_scale_factor") ? {} : { scale: sizes(factor, rank) }),
  });
};

export const convolutionMapping: Mapping = {
  "nn.functional.interpolate.area": interpolate,
  "nn.functional.interpolate.bicubic": interpolate,
  "nn.functional.interpolate.bilinear": interpolate,
  "nn.functional.interpolate.linear": interpolate,
  "nn.functional.interpolate.nearest": interpolate,
  "nn.functional.interpolate.trilinear": interpolate,
  "nn.functional.upsample_bilinear": (x, [size, factor], k) =>
    interpolate(x, [size ?? k.size, factor ?? k.scale_factor, "bilinear", true], {}),
  "nn.functional.upsample_nearest": (x, [size, factor], k) =>
    interpolate(x, [size ?? k.size, factor ?? k.scale_factor, "nearest"], {}),
  "nn.functional.grid_sample": (x, args, k) =>
    gridSample(x, argument(args, k, 0, "grid"), {
      method: ({ bilinear: "linear", nearest: "nearest", bicubic: "cubic" } as const)[
        argument(args, k, 1, "mode", "bilinear") as "bilinear"
      ],
      padding: argument(args, k, 2, "padding_mode", "zeros"),
      alignCorners: argument(args, k, 3, "align_corners", false),
    }),
  "nn.functional.bilinear": (x, [y, w, bias]) => {
    const z = einsum("...i,oij,...j->...o", x, w, y);
    return bias ? z.add(bias) : z;
  },
  "nn.functional.avg_pool1d": averagePool(1),
  "nn.functional.avg_pool2d": averagePool(2),
  "nn.functional.avg_pool3d": averagePool(3),
  "nn.functional.max_pool1d": maximumPool(1),
  "nn.functional.max_pool2d": maximumPool(2),
  "nn.functional.max_pool3d": maximumPool(3),
  "nn.functional.adaptive_avg_pool1d": adaptiveAverage(1),
  "nn.functional.adaptive_avg_pool2d": adaptiveAverage(2),
  "nn.functional.adaptive_avg_pool3d": adaptiveAverage(3),
  "nn.functional.adaptive_max_pool1d": adaptiveMaximum(1),
  "nn.functional.adaptive_max_pool2d": adaptiveMaximum(2),
  "nn.functional.adaptive_max_pool3d": adaptiveMaximum(3),
  "nn.functional.max_unpool1d": unpoolRepeated(1),
  "nn.functional.max_unpool2d": unpoolRepeated(2),
  "nn.functional.max_unpool3d": unpoolRepeated(3),
  "nn.functional.max_unpool1d.grad": unpool(1),
  "nn.functional.max_unpool2d.grad": unpool(2),
  "nn.functional.max_unpool3d.grad": unpool(3),
  unfold: (x, [dimension, size, step]) =>
    x.ndim === 0 ? x.reshape([1]) : slidingWindowView(x, [size], { axis: [dimension], stride: step }),
  "nn.functional.unfold": (x, args, k) =>
    unfold(x, sizes(argument(args, k, 0, "kernel_size"), 2), {
      dilation: each(argument(args, k, 1, "dilation", 1), 2),
      padding: each(argument(args, k, 2, "padding", 0), 2),
      stride: each(argument(args, k, 3, "stride", 1), 2),
    }),
  "nn.functional.local_response_norm": (x, args, k) => {
    const size = argument(args, k, 0, "size");
    const widths = x.shape.map((_: number, a: number) =>
      a === 1 ? [Math.floor(size / 2), Math.floor((size - 1) / 2)] : [0, 0],
    );
    const mean = slidingWindowView(pad(x.square(), widths), [size], { axis: [1] }).mean(-1);
    const scale = mean.mul(argument(args, k, 1, "alpha", 1e-4)).add(argument(args, k, 3, "k", 1));
    return x.div(scale.pow(argument(args, k, 2, "beta", 0.75)));
  },
  "nn.functional.conv1d": convolution(1),
  "nn.functional.conv2d": convolution(2),
  "nn.functional.conv3d": convolution(3),
  "nn.functional.conv_transpose1d": transposed(1),
  "nn.functional.conv_transpose2d": transposed(2),
  "nn.functional.conv_transpose3d": transposed(3),
};

const RANDOM = "the regions are drawn at random and not recorded";
export const convolutionSkips: Skips = {
  "nn.functional.fractional_max_pool2d": RANDOM,
  "nn.functional.fractional_max_pool3d": RANDOM,
  "nn.functional._scaled_dot_product_attention":
    "half of its samples drop weights at random (dropout_p 0.5), which is not recorded",
};
