import { FreeList } from "../../compiler/memory/freeList.js";
import type { BufferType } from "../../kernel/procedure.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import { type Contents, Elsewhere } from "../../tensor/tensor.js";
import { programMemory } from "./memory.js";
import { residentBytes, residentStart } from "./memoryLayout.js";

/*
 * Contents that stay in the program memory from call to call: donated state, captured constants, and whatever came as an input
 * twice. References are strong (a WeakRef keeps its target alive through a synchronous loop anyway), within a byte budget: the
 * least recently used slot goes first, and what lies nowhere else moves to a JS array then. Contents never change, so nothing
 * else is written back.
 */

interface Link {
  older: Link;
  newer: Link;
}
/** A list is a ring through this link: the least recently used is its `newer`, the last used its `older`. */
const ring = (): Link => {
  const link = {} as Link;
  link.older = link.newer = link;
  return link;
};
/** What goes first, and what only goes after all of that. */
const [passing, pinned] = [ring(), ring()];

/** Copying less than this costs about as much as looking for a slot. */
export const minimalResidentBytes = 4096;

/** Residents that are copies of JS arrays, by array. */
const copies = new Map<Storage, Resident>();
const seen = new WeakSet<Storage>();
const constants = new WeakSet<Storage>();
const free = new FreeList({ offset: residentStart, bytes: residentBytes });
let budget = residentBytes;
let slots = 0;
let used = 0;
/** The number of the present call: the slots that it asks for stay until the next one starts. */
let call = 0;

/** The contents of a tensor that may lie in the program memory. */
export class Resident extends Elsewhere implements Link {
  older: Link = this;
  newer: Link = this;
  /** 0 without a slot: then there is a JS array. */
  address: number = 0;
  call: number = call;
  readonly type: BufferType;
  readonly list: Link;
  array: Storage | undefined;

  constructor(type: BufferType, array?: Storage) {
    super();
    this.type = type;
    this.array = array;
    this.list = array !== undefined && constants.has(array) ? pinned : passing;
  }

  get storage(): Storage {
    return (this.array ??= viewOf(this).slice());
  }
}

const viewOf = ({ type, address }: Resident): Storage =>
  dtypes[type.dtype].view(programMemory().buffer, address, type.length);
const bytesOf = ({ dtype, length }: BufferType): number => Math.ceil((dtypes[dtype].bytes * length) / 16) * 16;

/** Starts a call. */
export function beginCall(): void {
  // Within the integers that V8 does not allocate.
  call = (call + 1) & 0x3fffffff;
}

/** Makes a captured constant resident at its first use. */
export function pin(storage: Storage): void {
  constants.add(storage);
}

/** The address of contents that are resident, or become so now; undefined if they are not worth a slot (yet), or none is free. */
export function residentAddress(contents: Contents, type: BufferType): number | undefined {
  if (!(contents instanceof Elsewhere)) {
    if (contents.byteLength < minimalResidentBytes) return undefined;
    const copy = copies.get(contents);
    if (copy !== undefined) return use(copy);
    if (!constants.has(contents) && !seen.has(contents)) {
      seen.add(contents);
      return undefined;
    }
    const resident = new Resident(type, contents);
    const address = use(resident);
    if (address !== undefined) copies.set(contents, resident);
    return address;
  }
  return contents instanceof Resident ? use(contents) : undefined;
}

/** Marks a resident as used by this call; gives it a slot if it has none. */
function use(resident: Resident): number | undefined {
  const { array, address } = resident;
  if (address === 0) {
    if (!place(resident)) return undefined;
    viewOf(resident).set(array as Storage);
  } else unlink(resident);
  link(resident);
  return resident.address;
}

/** A slot for what the present call computes; undefined if none is free. */
export function newResident(type: BufferType): Resident | undefined {
  const resident = new Resident(type);
  if (!place(resident)) return undefined;
  link(resident);
  return resident;
}

/** A resident in the slot of another, which loses it: what the present call computes overwrites it. */
export function takeOver(contents: Contents, type: BufferType): Resident | undefined {
  const old = contents instanceof Elsewhere ? contents : copies.get(contents);
  if (!(old instanceof Resident) || old.address === 0) return undefined;
  const resident = new Resident(type);
  resident.address = old.address;
  detach(old);
  link(resident);
  return resident;
}

/** Frees the slot of contents that nobody may read any more. */
export function release(contents: Contents): void {
  const resident = contents instanceof Elsewhere ? contents : copies.get(contents);
  if (resident instanceof Resident && resident.address !== 0) vacate(resident);
}

function link(resident: Resident): void {
  const { list } = resident;
  resident.call = call;
  resident.newer = list;
  resident.older = list.older;
  list.older = list.older.newer = resident;
}
function unlink({ older, newer }: Resident): void {
  older.newer = newer;
  newer.older = older;
}

function place(resident: Resident): boolean {
  const bytes = bytesOf(resident.type);
  if (bytes === 0 || bytes > budget) return false;
  for (;;) {
    const address = used + bytes > budget ? undefined : free.allocate(bytes);
    if (address !== undefined) {
      resident.address = address;
      used += bytes;
      slots++;
      return true;
    }
    if (!evictOne()) return false;
  }
}

/** Moves out the least recently used resident that the present call does not use. */
function evictOne(): boolean {
  for (const list of [passing, pinned]) {
    const oldest = list.newer;
    if (oldest instanceof Resident && oldest.call !== call) {
      void oldest.storage;
      vacate(oldest);
      return true;
    }
  }
  return false;
}

function detach(resident: Resident): void {
  unlink(resident);
  if (resident.array !== undefined) copies.delete(resident.array);
  resident.address = 0;
}

function vacate(resident: Resident): void {
  const { address } = resident;
  const bytes = bytesOf(resident.type);
  detach(resident);
  used -= bytes;
  slots--;
  free.release(address, bytes);
}

/** What the slot table holds, for `countCalls` and tests. */
export const residency = (): { slots: number; bytes: number } => ({ slots, bytes: used });

/** Sets the byte budget, at most (and by default) `residentBytes`, and moves out what exceeds it. */
export function setResidentBudget(bytes: number): void {
  budget = Math.min(bytes, residentBytes);
  beginCall();
  while (used > budget && evictOne());
}
