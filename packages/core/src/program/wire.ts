import type { ProgramErrorCode } from "./programError.js";
import { ProgramError } from "./programError.js";

/*
 * Bytes, written and read: unsigned integers as LEB128 (7 bits a byte, low first), texts as length and UTF-8, floats as 8 bytes,
 * little-endian. Nothing is read beyond the end, and no list is begun that the rest of the file could not fill.
 */

export interface Writer {
  readonly length: number;
  readonly uint: (value: number) => void;
  float(value: number): void;
  text(value: string): void;
  bytes(value: Uint8Array): void;
  list<T>(items: readonly T[], item: (x: T, index: number) => void): void;
  finish(): Uint8Array;
}

export function writer(): Writer {
  let out = new Uint8Array(256);
  let length = 0;
  const room = (n: number): void => {
    if (length + n <= out.length) return;
    const grown = new Uint8Array(Math.max(2 * out.length, length + n));
    grown.set(out);
    out = grown;
  };
  const self: Writer = {
    get length() {
      return length;
    },
    uint(value) {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ProgramError("params", `Program.toBytes: a parameter is ${value}, expected an integer from 0.`);
      room(8);
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) out[length++] = (rest % 128) + 128;
      out[length++] = rest;
    },
    float(value) {
      room(8);
      // One NaN, so that equal programs have equal bytes.
      new DataView(out.buffer).setFloat64(length, Number.isNaN(value) ? Number.NaN : value, true);
      length += 8;
    },
    text(value) {
      const encoded = new TextEncoder().encode(value);
      self.uint(encoded.length);
      self.bytes(encoded);
    },
    bytes(value) {
      room(value.length);
      out.set(value, length);
      length += value.length;
    },
    list(items, item) {
      self.uint(items.length);
      items.forEach(item);
    },
    finish: () => out.slice(0, length),
  };
  return self;
}

export interface Reader {
  /** Where the next read begins. */
  position: number;
  readonly uint: () => number;
  /** An integer below `count`. */
  below(count: number, code: ProgramErrorCode, what: string): number;
  float(): number;
  text(): string;
  bytes(count: number): Uint8Array;
  list<T>(item: (index: number) => T): T[];
  fail(code: ProgramErrorCode, message: string, cause?: unknown): never;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function reader(file: Uint8Array, start: number): Reader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const need = (count: number): void => {
    if (count > file.length - self.position) self.fail("truncated", "the file ends in the middle of a value");
  };
  const self: Reader = {
    position: start,
    uint() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        need(1);
        const byte = file[self.position++];
        value += (byte & 127) * scale;
        if (!(value <= Number.MAX_SAFE_INTEGER)) self.fail("params", "an integer exceeds 2^53");
        if (byte < 128) {
          if (byte === 0 && scale > 1) self.fail("params", "an integer is not in its shortest form");
          return value;
        }
      }
    },
    below(count, code, what) {
      const value = self.uint();
      if (value >= count) self.fail(code, `${what} ${value} of ${count}`);
      return value;
    },
    float() {
      need(8);
      const value = view.getFloat64(self.position, true);
      self.position += 8;
      return value;
    },
    text() {
      const encoded = self.bytes(self.uint());
      try {
        return utf8.decode(encoded);
      } catch (cause) {
        return self.fail("params", "a text is not UTF-8", cause);
      }
    },
    bytes(count) {
      need(count);
      self.position += count;
      return file.subarray(self.position - count, self.position);
    },
    list(item) {
      const count = self.uint();
      // An item takes at least one byte.
      need(count);
      const items = [];
      for (let i = 0; i < count; i++) items.push(item(i));
      return items;
    },
    fail(code, message, cause) {
      throw new ProgramError(code, `Program.fromBytes: ${message} (byte ${self.position} of ${file.length}).`, {
        cause,
      });
    },
  };
  return self;
}

let table: Uint32Array | undefined;

/** CRC-32 (IEEE 802.3, as in zip and PNG): finds accidents, not malice. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
