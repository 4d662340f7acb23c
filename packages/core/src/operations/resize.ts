import { type Shape, describe, describeShape, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkList, perAxis } from "./spatial.js";
import { checkTensor, toFloat } from "./promote.js";
import { type Taps, resample } from "./resample.js";

export interface ResizeOptions {
  /** "nearest", "linear" (default; over two axes bilinear, over three trilinear) or "cubic". */
  readonly method?: "nearest" | "linear" | "cubic";
  /**
   * Where entry i of the result lies among the entries of x. "halfPixel" (default): entries are the middles of cells, as in PyTorch and JAX.
   * "corners": the first and last entries of both coincide (PyTorch's align_corners). "asymmetric": i / scale (PyTorch's "nearest").
   */
  readonly coordinates?: "halfPixel" | "corners" | "asymmetric";
  /** The enlargement of each axis that the coordinates go by, where it is not exactly new size / old size. */
  readonly scale?: number | readonly number[];
  /** Widens the filter by the scale when shrinking, so that no entry is skipped. Default false. */
  readonly antialias?: boolean;
}

/**
 * x resampled along its last axes, one for each size in `shape`.
 *
 * Beyond the border the nearest entry is read; cubic filters have the coefficient -3/4, as in PyTorch and OpenCV. With `antialias` weights
 * are normalised over the entries that exist and cubic filters have -1/2, as in JAX and Pillow.
 * Source: Keys, "Cubic convolution interpolation for digital image processing" (1981).
 * @example resize(image, [224, 224]) // [channels, height, width] -> [channels, 224, 224]
 */
export function resize(x: Tensor, shape: Shape, options: ResizeOptions = {}): Tensor {
  const name = "resize";
  const { method = "linear", coordinates = "halfPixel", antialias = false, scale } = options;
  const nearest = method === "nearest";
  const t = nearest ? x : toFloat(name, x);
  checkTensor(name, "x", x);
  checkList(name, "shape", shape);
  const rank = shape.length;
  const first = t.ndim - rank;
  perAxis(name, "shape", shape, rank, 0);
  if (first < 0 || shape.some((m, i) => m > 0 && t.shape[first + i] === 0))
    throw new RangeError(`${name}: cannot give ${describe(x)} the sizes ${describeShape(shape)} along its last axes.`);
  if (!Object.hasOwn(positionOf, coordinates) || !Object.hasOwn(reach, method))
    throw new RangeError(
      `${name}: method is ${method} and coordinates are ${coordinates}, expected one of ${Object.keys(reach).join(", ")} and one of ${Object.keys(positionOf).join(", ")}.`,
    );
  return shape.reduce((y, m, i) => {
    const n = y.shape[first + i];
    const own = (typeof scale === "number" ? scale : scale?.[i]) ?? m / n;
    if (m === n && own === 1) return y;
    const rows = range(m).map((o) => {
      const at = positionOf[coordinates](o, 1 / own, n, m);
      if (nearest) return [[clamp(Math.floor(coordinates === "asymmetric" ? at : at + 0.5), n), 1]] as const;
      return antialias ? filtered(at, Math.max(1, 1 / own), n, method) : interpolated(at, n, method);
    });
    return resample(y, first + i, rows);
  }, t);
}

const positionOf = {
  halfPixel: (o: number, step: number): number => (o + 0.5) * step - 0.5,
  corners: (o: number, _step: number, n: number, m: number): number => (m === 1 ? 0 : (o * (n - 1)) / (m - 1)),
  asymmetric: (o: number, step: number): number => o * step,
};
/** Entries on either side that a filter sees. */
const reach = { nearest: 0, linear: 1, cubic: 2 };
const clamp = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));

/** The weight of an entry at distance d. */
function kernel(method: "linear" | "cubic", d: number, a: number): number {
  const x = Math.abs(d);
  if (method === "linear") return Math.max(0, 1 - x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function interpolated(at: number, n: number, method: "linear" | "cubic"): Taps {
  const from = Math.floor(at) - reach[method] + 1;
  return range(2 * reach[method], from).map((i) => [clamp(i, n), kernel(method, at - i, -0.75)] as const);
}

function filtered(at: number, width: number, n: number, method: "linear" | "cubic"): Taps {
  const half = reach[method] * width;
  const from = Math.max(0, Math.ceil(at - half));
  const inside = range(Math.max(0, Math.min(n - 1, Math.floor(at + half)) - from + 1), from);
  const weights = inside.map((i) => kernel(method, (i - at) / width, -0.5));
  const total = weights.reduce((s, w) => s + w, 0);
  return inside.map((i, k) => [i, weights[k] / total] as const);
}
