import type { Tensor } from "@cotangent/core";

/** Sizes of a layer, each a whole number of at least 1. */
export function checkSizes(kind: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(
        `${kind}: ${name} is ${String(size)}, expected a whole number of at least 1. Give the size of an axis.`,
      );
}

/** The last axis of the input must have the size that the layer was made for. */
export function checkFeatures(kind: string, x: Tensor, features: number): void {
  if (x.ndim === 0 || x.shape[x.ndim - 1] !== features)
    throw new RangeError(
      `${kind}: the input is ${describe(x)}, expected [..., ${features}]. Make the layer for ${x.shape[x.ndim - 1] ?? "another number of"} features, or move them to the last axis.`,
    );
}

export const describe = (x: Tensor): string => `${x.dtype}[${x.shape.join(", ")}]`;
