import { pad as padRaw, slice as sliceRaw } from "../primitives/shape.js";
import { isFloat } from "../tensor/dtype.js";
import { describe, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { tensor } from "./creation.js";
import { gatherAlong } from "./indexing.js";
import { checkChoice, checkTensor, fits } from "./promote.js";

export type PadMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap" | "circular";
export interface PadOptions {
  readonly mode?: PadMode;
  /** What "constant" puts around. */
  readonly value?: number;
}
export type PadWidths = number | readonly [number, number] | readonly (readonly [number, number])[];

/** Which entry of an axis of n stands at position i, inside or outside. */
const source: Readonly<Record<Exclude<PadMode, "constant">, (i: number, n: number) => number>> = {
  edge: (i, n) => Math.min(n - 1, Math.max(0, i)),
  wrap: (i, n) => modulo(i, n),
  circular: (i, n) => modulo(i, n),
  symmetric: (i, n) => (modulo(i, 2 * n) < n ? modulo(i, 2 * n) : 2 * n - 1 - modulo(i, 2 * n)),
  reflect: (i, n) => {
    const k = modulo(i, Math.max(1, 2 * n - 2));
    return k < n ? k : 2 * n - 2 - k;
  },
};
export const padModes: readonly string[] = ["constant", ...Object.keys(source)];
const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/**
 * x with entries added around it, as NumPy's pad. Negative widths cut first.
 *
 * @param widths [before, after] for each axis, or one pair or number for all axes.
 * @param options `mode`: "constant" (default, with `value`, default 0; a plain number is the value), "edge" repeats the border, "reflect"
 * mirrors without it, "symmetric" with it, "wrap" (also called "circular") goes on at the other end.
 * @example pad(x, [[0, 0], [1, 1]], { mode: "wrap" })
 */
export function pad(x: Tensor, widths: PadWidths, options: number | PadOptions = {}): Tensor {
  checkTensor("pad", "x", x);
  const { mode = "constant", value = 0 } = typeof options === "number" ? { value: options } : options;
  const pair = typeof widths === "number" ? [widths, widths] : widths;
  const all = (Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "number"
    ? range(x.ndim).map(() => pair)
    : pair) as unknown as readonly (readonly [number, number])[];
  if (
    !Array.isArray(all) ||
    all.length !== x.ndim ||
    all.some(
      (w, i) => !Array.isArray(w) || w.length !== 2 || !w.every(Number.isInteger) || x.shape[i] + w[0] + w[1] < 0,
    )
  )
    throw new RangeError(
      `pad: widths are ${JSON.stringify(widths)} for ${describe(x)}, expected [before, after] for each of its axes.`,
    );
  if (mode === "constant") return constantPad(x, all, value);
  checkChoice("pad", "mode", mode, padModes);
  return all.reduce((y, [low, high], axis) => {
    const n = y.shape[axis];
    if (low === 0 && high === 0) return y;
    // What negative widths cut is gone before the rest is put around.
    const first = Math.max(0, -low);
    const left = n - first - Math.max(0, -high);
    const positions = range(n + low + high, -Math.max(0, low));
    if (left <= 0 && positions.length > 0)
      throw new RangeError(`pad: axis ${axis} of ${describe(x)} is empty, so there is nothing to ${mode}.`);
    return gatherAlong(y, tensor(Int32Array.from(positions, (i) => first + source[mode](i, left))), axis);
  }, x);
}

function constantPad(x: Tensor, widths: readonly (readonly [number, number])[], value: number): Tensor {
  if (!isFloat(x.dtype) && (!Number.isInteger(value) || !fits(value, x.dtype)))
    throw new RangeError(`pad: the value ${value} does not fit ${describe(x)}. Cast it with astype first.`);
  // What is cut on one side may lie beyond the entries there are: then the padding of the other side is cut.
  const start = widths.map(([low], i) => Math.min(x.shape[i], Math.max(0, -low)));
  const limit = widths.map(([, high], i) => Math.max(start[i], Math.min(x.shape[i], x.shape[i] + high)));
  const cut = sliceRaw(x, start, limit);
  const low = widths.map(([w], i) => (w >= 0 ? Math.min(w, x.shape[i] + w + widths[i][1]) : 0));
  const high = widths.map(([before, after], i) => x.shape[i] + before + after - low[i] - cut.shape[i]);
  return padRaw(cut, value, low, high);
}
