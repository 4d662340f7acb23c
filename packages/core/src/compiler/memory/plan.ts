import type { BufferType } from "../../kernel/procedure.js";
import { dtypes } from "../../tensor/dtype.js";
import { FreeList } from "./freeList.js";

/** A buffer of a procedure under construction; `place` is filled in by whoever decides where it lies. */
export interface Buffer {
  readonly bytes: number;
  /** First and last step that touch it. */
  first: number;
  last: number;
  /** An output that the caller has a place for: a value that moves there may lie there before. */
  readonly parameter?: number;
}

const ALIGNMENT = 16;
export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
export const bytesOf = (t: BufferType): number => align(t.length * dtypes[t.dtype].bytes);

/** At this step a value moves from one buffer to the other, or may be computed in its place: where `from` ends there and `to` begins, they are one. */
export interface Move {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly step: number;
  /** Asked only where it matters. */
  readonly allowed: () => boolean;
}

export interface MemoryPlan {
  /** Where buffers lie in the frame. */
  readonly offsets: ReadonlyMap<Buffer, number>;
  /** Those that lie where an output does. */
  readonly parameters: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

/**
 * Offsets such that buffers alive at the same step do not overlap: first fit over a list of free gaps, in step order.
 * Without `reuse` no place is used twice; `inPlace`: only by what is computed in place. Where memory comes in pieces of `piece` bytes (a multiple of the alignment) no
 * buffer lies in two of them, but for those that are larger (frames of procedures, planned in the same way), which begin with one.
 */
export function planMemory(
  buffers: readonly Buffer[],
  steps: number,
  moves: readonly Move[] = [],
  reuse: boolean | "inPlace" = true,
  piece: number = Infinity,
): MemoryPlan {
  /** Buffers that lie where another does, whose life is theirs too. */
  const places = new Map<Buffer, Buffer>();
  const taken = new Set<Buffer>();
  const placeOf = (b: Buffer): Buffer => {
    let place = b;
    for (let next = places.get(b); next !== undefined; next = places.get(next)) place = next;
    return place;
  };
  for (const { from, to, step, allowed } of moves) {
    if (!reuse || from.bytes === 0 || from.last !== step || to.first !== step) continue;
    if (places.has(to) || taken.has(from) || !allowed()) continue;
    taken.add(from);
    const place = placeOf(from);
    if (to.parameter === undefined) places.set(to, place);
    else if (place.parameter === undefined) places.set(place, to);
  }
  const lives = new Map<Buffer, number>();
  for (const b of places.keys()) lives.set(placeOf(b), Math.max(lives.get(placeOf(b)) ?? 0, b.last));
  const starting: Buffer[][] = Array.from({ length: steps }, () => []);
  const ending: Buffer[][] = Array.from({ length: steps }, () => []);
  for (const b of buffers) {
    if (places.has(b)) continue;
    starting[b.first].push(b);
    ending[lives.get(b) ?? b.last].push(b);
  }
  const offsets = new Map<Buffer, number>();
  const free = new FreeList();
  let end = 0;
  let pieces = 0;
  const allocate = (bytes: number): number => {
    // The end of a piece is never free, so that pieces stay apart.
    const most = piece - ALIGNMENT;
    const fits = bytes <= most ? free.allocate(bytes) : undefined;
    if (fits !== undefined) return fits;
    const start = pieces === 0 ? 0 : pieces * piece;
    pieces += Math.max(1, Math.ceil(bytes / piece));
    if (bytes < most) free.release(start + bytes, most - bytes);
    return start;
  };
  const release = (offset: number, bytes: number): void => {
    if (bytes < piece) return free.release(offset, bytes);
    for (let from = offset; from < offset + bytes; from += piece) free.release(from, piece - ALIGNMENT);
  };
  for (let step = 0; step < steps; step++) {
    for (const b of starting[step]) {
      const offset = b.bytes > 0 ? allocate(b.bytes) : 0;
      offsets.set(b, offset);
      end = Math.max(end, offset + b.bytes);
    }
    for (const b of ending[step]) if (reuse === true && b.bytes > 0) release(offsets.get(b) as number, b.bytes);
  }
  const parameters = new Map<Buffer, number>();
  for (const b of places.keys()) {
    const { parameter } = placeOf(b);
    if (parameter === undefined) offsets.set(b, offsets.get(placeOf(b)) as number);
    else parameters.set(b, parameter);
  }
  return { offsets, parameters, bytes: end };
}
