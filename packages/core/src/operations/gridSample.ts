import { broadcast, moveAxis, reshape } from "../primitives/basis.js";
import { select } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { gather } from "../primitives/indexing.js";
import { slice } from "../primitives/shape.js";
import { describe, range, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, clip, greaterEqual, lessEqual, logicalAnd, minimum, mul, rem, sub } from "./arithmetic.js";
import { abs, floor, round } from "./elementary.js";
import { zerosLike } from "./creation.js";
import { operands } from "./spatial.js";

export interface GridSampleOptions {
  /** "linear" (default), "nearest" or "cubic". */
  readonly method?: "linear" | "nearest" | "cubic";
  /** What is read outside: "zeros" (default), the nearest entry ("border"), or x mirrored at its ends ("reflection"). */
  readonly padding?: "zeros" | "border" | "reflection";
  /** -1 and 1 are the middles of the outermost entries rather than their outer edges. Default false. */
  readonly alignCorners?: boolean;
}

/** An entry along one axis, as a whole number in float, and its weight. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

/**
 * x read at the positions of a grid, as PyTorch's grid_sample: differentiable in both.
 *
 * @param x [batch, channels, ...spatial].
 * @param grid [batch, ...positions, d] with d spatial axes of x: coordinates between -1 and 1, that of the last axis first.
 * @returns [batch, channels, ...positions].
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const [image, points] = operands("gridSample", x, grid);
  const { method = "linear", padding = "zeros", alignCorners = false } = options;
  const spatial = x.shape.slice(2);
  const rank = spatial.length;
  if (rank < 1 || grid.ndim < 1 || grid.shape[0] !== x.shape[0] || grid.shape[grid.ndim - 1] !== rank)
    throw new RangeError(
      `gridSample: x is ${describe(x)} and the grid ${describe(grid)}, expected x [batch, channels, ...spatial] and a grid [batch, ...positions, spatial axes].`,
    );
  if (!["linear", "nearest", "cubic"].includes(method) || !["zeros", "border", "reflection"].includes(padding))
    throw new RangeError(
      `gridSample: method is ${method} and padding ${padding}, expected linear, nearest or cubic and zeros, border or reflection.`,
    );
  const [batch, ...positions] = grid.shape.slice(0, -1);
  const flat = reshape(points, [batch, sizeOf(positions), rank]);
  const strides = stridesOf(spatial);
  /** Every combination of one tap for each axis: its position in the flattened image, its weight, and whether it lies inside. */
  let corners: { index: Tensor | null; weight: Tensor | null; inside: Tensor | null }[] = [
    { index: null, weight: null, inside: null },
  ];
  spatial.forEach((n, axis) => {
    const column = rank - 1 - axis;
    const g = reshape(slice(flat, [0, 0, column], [batch, flat.shape[1], column + 1]), [batch, flat.shape[1]]);
    const at = alignCorners ? mul(add(g, 1), (n - 1) / 2) : mul(sub(mul(add(g, 1), n), 1), 0.5);
    const within = (v: Tensor): Tensor => {
      if (padding === "zeros") return v;
      return clip(padding === "border" ? v : mirrored(v, alignCorners ? 0 : -0.5, alignCorners ? n - 1 : n), 0, n - 1);
    };
    const taps =
      method === "cubic" ? cubicTaps(at).map((t) => ({ ...t, at: within(t.at) })) : tapsOf[method](within(at));
    corners = corners.flatMap((c) =>
      taps.map((t) => ({
        index: joined(add, c.index, mul(convert(t.at, "i32"), strides[axis])),
        weight: joined(mul, c.weight, t.weight),
        inside: joined(logicalAnd, c.inside, logicalAnd(greaterEqual(t.at, 0), lessEqual(t.at, n - 1))),
      })),
    );
  });
  const rows = moveAxis(reshape(image, [batch, x.shape[1], sizeOf(spatial)]), 1, 2);
  const sum = corners.reduce<Tensor | null>((total, { index, weight, inside }) => {
    const read = gather(rows, index as Tensor, 1);
    const over = (t: Tensor): Tensor => broadcast(t, read.shape, [0, 1]);
    const seen = select(over(inside as Tensor), read, zerosLike(read));
    return joined(add, total, weight === null ? seen : mul(seen, over(weight)));
  }, null) as Tensor;
  return reshape(moveAxis(sum, 2, 1), [batch, x.shape[1], ...positions]);
}

const joined = (f: (a: Tensor, b: Tensor) => Tensor, a: Tensor | null, b: Tensor | null): Tensor | null =>
  a === null ? b : b === null ? a : f(a, b);

/** v mirrored into [low, low + span], however far outside it lies. */
function mirrored(v: Tensor, low: number, span: number): Tensor {
  if (span === 0) return mul(v, 0);
  const u = rem(abs(sub(v, low)), 2 * span);
  return add(minimum(u, sub(2 * span, u)), low);
}

const tapsOf = {
  nearest: (v: Tensor): Tap[] => [{ at: round(v), weight: null }],
  linear: (v: Tensor): Tap[] => {
    const at = floor(v);
    const t = sub(v, at);
    return [
      { at, weight: sub(1, t) },
      { at: add(at, 1), weight: t },
    ];
  },
};

/** Keys (1981) with coefficient -3/4: near |d| <= 1, far beyond. */
function cubicTaps(v: Tensor): Tap[] {
  const base = floor(v);
  const t = sub(v, base);
  const near = (d: Tensor): Tensor => add(mul(mul(sub(mul(d, 1.25), 2.25), d), d), 1);
  const far = (d: Tensor): Tensor => mul(sub(mul(add(mul(sub(d, 5), d), 8), d), 4), -0.75);
  const s = sub(1, t);
  const weights = [far(add(t, 1)), near(t), near(s), far(add(s, 1))];
  return range(4).map((k) => ({ at: add(base, k - 1), weight: weights[k] }));
}
