import type { BufferType } from "../kernel/procedure.js";
import { dtypes } from "../tensor/dtype.js";

/** A buffer of a procedure under construction; `place` is filled in by whoever decides where it lies. */
export interface Buffer {
  readonly bytes: number;
  /** First and last step that touch it. */
  first: number;
  last: number;
}

const ALIGNMENT = 16;
export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
export const bytesOf = (t: BufferType): number => align(t.length * dtypes[t.dtype].bytes);

export interface MemoryPlan {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

/**
 * Offsets such that buffers alive at the same step do not overlap: first fit over a list of free gaps, in step order.
 * Without `reuse` no place is used twice.
 */
export function planMemory(buffers: readonly Buffer[], steps: number, reuse = true): MemoryPlan {
  const starting: Buffer[][] = Array.from({ length: steps }, () => []);
  const ending: Buffer[][] = Array.from({ length: steps }, () => []);
  for (const b of buffers) {
    starting[b.first].push(b);
    ending[b.last].push(b);
  }
  const offsets = new Map<Buffer, number>();
  const free: { offset: number; bytes: number }[] = [];
  let end = 0;
  const allocate = (bytes: number): number => {
    const gap = free.findIndex((g) => g.bytes >= bytes);
    if (gap >= 0) {
      const { offset } = free[gap];
      if (free[gap].bytes === bytes) free.splice(gap, 1);
      else free[gap] = { offset: offset + bytes, bytes: free[gap].bytes - bytes };
      return offset;
    }
    const last = free[free.length - 1];
    const offset = last !== undefined && last.offset + last.bytes === end ? (free.pop(), last.offset) : end;
    end = offset + bytes;
    return offset;
  };
  const release = (offset: number, bytes: number): void => {
    let i = free.findIndex((g) => g.offset > offset);
    if (i < 0) i = free.length;
    free.splice(i, 0, { offset, bytes });
    if (i + 1 < free.length && offset + bytes === free[i + 1].offset) {
      free[i] = { offset, bytes: bytes + free[i + 1].bytes };
      free.splice(i + 1, 1);
    }
    if (i > 0 && free[i - 1].offset + free[i - 1].bytes === offset) {
      free[i - 1] = { offset: free[i - 1].offset, bytes: free[i - 1].bytes + free[i].bytes };
      free.splice(i, 1);
    }
  };
  for (let step = 0; step < steps; step++) {
    for (const b of starting[step])
      if (b.bytes > 0) offsets.set(b, allocate(b.bytes));
      else offsets.set(b, 0);
    for (const b of ending[step]) if (reuse && b.bytes > 0) release(offsets.get(b) as number, b.bytes);
  }
  return { offsets, bytes: end };
}
