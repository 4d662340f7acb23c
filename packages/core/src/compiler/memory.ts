import type { BufferType } from "../kernel/procedure.js";
import { dtypes } from "../tensor/dtype.js";
import { FreeList } from "./freeList.js";

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
  const free = new FreeList({ offset: 0, bytes: Infinity });
  let end = 0;
  for (let step = 0; step < steps; step++) {
    for (const b of starting[step]) {
      const offset = b.bytes > 0 ? (free.allocate(b.bytes) as number) : 0;
      offsets.set(b, offset);
      end = Math.max(end, offset + b.bytes);
    }
    for (const b of ending[step]) if (reuse && b.bytes > 0) free.release(offsets.get(b) as number, b.bytes);
  }
  return { offsets, bytes: end };
}
