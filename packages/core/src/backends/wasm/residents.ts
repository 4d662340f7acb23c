import type { Storage } from "../../tensor/dtype.js";
import { programMemory } from "./memory.js";
import { residentBytes, residentStart } from "./memoryLayout.js";

/**
 * Storages that stay in the program memory from call to call: captured constants, and whatever came as an input twice.
 * References are strong (a WeakRef keeps its target alive through a synchronous loop anyway), within a byte budget;
 * the least recently used goes first. Storages are immutable, so a slot never needs writing back.
 */
interface Slot {
  readonly offset: number;
  readonly bytes: number;
  lastUsed: number;
}

const slots = new Map<Storage, Slot>();
/** Gaps between slots, by offset; neighbours are merged. */
let gaps: { offset: number; bytes: number }[] = [{ offset: residentStart, bytes: residentBytes }];
const seen = new WeakSet<Storage>();
const pinned = new WeakSet<Storage>();
let clock = 0;

/** Copying less than this costs about as much as the lookup. */
export const minimalResidentBytes = 4096;

/** Starts a call: the slots that it asks for stay until the next one starts. */
export function beginCall(): void {
  clock++;
}

/** Makes a captured constant resident at its first use, and evicted only after everything that is not pinned. */
export function pin(storage: Storage): void {
  pinned.add(storage);
}

/** The address of a resident storage; undefined if it is not (or not yet) worth a slot, or none is free. */
export function residentAddress(storage: Storage): number | undefined {
  const slot = slots.get(storage);
  if (slot !== undefined) {
    slot.lastUsed = clock;
    return slot.offset;
  }
  if (!seen.has(storage)) {
    seen.add(storage);
    if (!pinned.has(storage)) return undefined;
  }
  const bytes = Math.ceil(storage.byteLength / 16) * 16;
  if (bytes === 0 || bytes > residentBytes) return undefined;
  const offset = allocate(bytes);
  if (offset === undefined) return undefined;
  slots.set(storage, { offset, bytes, lastUsed: clock });
  const source = new Uint8Array(storage.buffer, storage.byteOffset, storage.byteLength);
  new Uint8Array(programMemory().buffer, offset, storage.byteLength).set(source);
  return offset;
}

function allocate(bytes: number): number | undefined {
  for (;;) {
    const gap = gaps.find((g) => g.bytes >= bytes);
    if (gap !== undefined) {
      const { offset } = gap;
      gap.offset += bytes;
      gap.bytes -= bytes;
      if (gap.bytes === 0) gaps = gaps.filter((g) => g !== gap);
      return offset;
    }
    if (!evictOne()) return undefined;
  }
}

/** Frees the least recently used slot that the present call does not use; pinned ones last. */
function evictOne(): boolean {
  let victim: Storage | undefined;
  let best = Infinity;
  for (const [storage, slot] of slots) {
    if (slot.lastUsed === clock) continue;
    const rank = slot.lastUsed + (pinned.has(storage) ? clock : 0);
    if (rank < best) {
      best = rank;
      victim = storage;
    }
  }
  const slot = victim && slots.get(victim);
  if (victim === undefined || slot === undefined) return false;
  slots.delete(victim);
  gaps.push({ offset: slot.offset, bytes: slot.bytes });
  gaps.sort((a, b) => a.offset - b.offset);
  const merged: typeof gaps = [];
  for (const gap of gaps) {
    const last = merged.at(-1);
    if (last !== undefined && last.offset + last.bytes === gap.offset) last.bytes += gap.bytes;
    else merged.push(gap);
  }
  gaps = merged;
  return true;
}

/** What the slot table holds, for `profile` and tests. */
export const residency = (): { slots: number; bytes: number } => ({
  slots: slots.size,
  bytes: [...slots.values()].reduce((sum, slot) => sum + slot.bytes, 0),
});
