import type { BatchedProduct, Loops } from "../../kernel/product.js";
import { sizesOf } from "./product.js";
import { coordinatesOf } from "./shader.js";

/** Where an index lies along several axes, as text. */
export function offset({ sizes }: Loops, strides: readonly number[], whole: string): string {
  const terms = coordinatesOf(whole, sizes).flatMap((at, k) =>
    strides[k] === 0 ? [] : [strides[k] === 1 ? at : `${at} * ${strides[k]}u`],
  );
  return terms.length === 0 ? "0u" : terms.join(" + ");
}

/** Rows or columns, or the axis that is summed over. */
export type Along = "free" | "contracted";

/** Along which of its axes a factor lies in aligned fours, if one of them. */
function sideBySide(free: Loops, contracted: Loops, batch: Loops, factor: "a" | "b"): Along | undefined {
  if (contracted.sizes.length !== 1) return undefined;
  const fours = (numbers: readonly number[]): boolean => numbers.every((n) => n % 4 === 0);
  if (!fours(batch[factor])) return undefined;
  if (contracted[factor][0] === 1 && fours(free[factor])) return "contracted";
  const last = free.sizes.length - 1;
  const fits = last >= 0 && free[factor][last] === 1 && free.sizes[last] % 4 === 0;
  return fits && fours([contracted[factor][0], ...free[factor].slice(0, last)]) ? "free" : undefined;
}

/** How both factors lie if all of a product can be read and stored in aligned fours; `aligned`: all buffers start at multiples of four elements. */
export function inFours(p: BatchedProduct, aligned: boolean): { a: Along; b: Along } | undefined {
  const a = sideBySide(p.rows, p.contracted, p.batch, "a");
  const b = sideBySide(p.columns, p.contracted, p.batch, "b");
  const [, , columns, contracted] = sizesOf(p);
  return aligned && a !== undefined && b !== undefined && columns % 4 === 0 && contracted % 4 === 0
    ? { a, b }
    : undefined;
}
