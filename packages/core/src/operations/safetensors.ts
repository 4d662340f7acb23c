import { type DType, dtypes } from "../tensor/dtype.js";
import { type Shape, describe, sameShape, sizeOf } from "../tensor/shape.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
import { entries, mapWithPath } from "./tree.js";

/*
 * The safetensors format: 8 bytes of little-endian header length, a JSON header { name: { dtype, shape, data_offsets } }, the
 * elements. Names are tree paths with dots (`layers.0.weight`), as PyTorch writes them.
 */

const NAMES: Readonly<Record<DType, string>> = { f32: "F32", f64: "F64", i32: "I32", u32: "U32", bool: "BOOL" };
const HEADER_LIMIT = 100 * 2 ** 20;

const dotted = (path: string): string => path.replace(/\[(\d+)\]/g, (_, i: string) => `.${i}`).replace(/^\./, "");

/** A tree of tensors as safetensors bytes. `metadata` is kept as text beside it. */
export function encode(tree: unknown, metadata?: Readonly<Record<string, string>>): Uint8Array {
  const header: Record<string, unknown> = {};
  if (metadata !== undefined) header.__metadata__ = metadata;
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [path, x] of entries(tree)) {
    const name = path === "" ? "value" : dotted(path);
    if (name === "__metadata__")
      throw new Error(`safetensors.encode: a leaf is named ${name}, which the format keeps for text. Rename it.`);
    if (Object.hasOwn(header, name))
      throw new Error(`safetensors.encode: two leaves are named ${name}. Rename a key that contains a dot.`);
    const bytes = bytesOf(x);
    header[name] = { dtype: NAMES[x.dtype], shape: x.shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  const text = JSON.stringify(header);
  // Padded with spaces so that the elements start at a multiple of 8.
  const json = new TextEncoder().encode(text);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let at = 8 + headerLength;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function bytesOf(x: Tensor): Uint8Array {
  if (x.dtype === "bool") return Uint8Array.from(x.storage);
  const { buffer, byteOffset, byteLength } = x.storage;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * The tensors of a safetensors file, by name. F16 and BF16 are widened to f32; I64 is read where it fits i32.
 *
 * @throws Error naming what is wrong with a corrupt file; nothing is allocated from sizes that the file only claims.
 */
export function decode(bytes: Uint8Array): Record<string, Tensor> {
  const { header, start } = readHeader(bytes);
  const out: Record<string, Tensor> = {};
  const spans: [number, number, string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (name === "__proto__") throw corrupt(`a tensor is named "__proto__"`);
    const { dtype, shape, from, to } = readEntry(name, entry, bytes.length - start);
    spans.push([from, to, name]);
    out[name] = readTensor(name, dtype, shape, bytes.subarray(start + from, start + to));
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  // As the format demands, and as a file that was cut, or joined with another, does not do.
  let end = 0;
  spans.forEach(([from, to, name], i) => {
    if (from < end) throw corrupt(`tensors ${spans[i - 1][2]} and ${name} overlap`);
    if (from > end) throw corrupt(`no tensor holds bytes ${end} to ${from} of the data`);
    end = to;
  });
  if (end < bytes.length - start) throw corrupt(`${bytes.length - start - end} bytes follow the last tensor`);
  return out;
}

/**
 * Tensors from a file put into the structure of `like`, by path; shapes must agree, dtypes are converted by the file's.
 *
 * @throws when a leaf is missing or has another shape (naming it).
 */
export function decodeInto<T>(bytes: Uint8Array, like: T): T {
  const found = decode(bytes);
  return mapWithPath((path, leaf) => {
    const name = path === "" ? "value" : dotted(path);
    const x = Object.hasOwn(found, name) ? found[name] : undefined;
    if (x === undefined)
      throw new Error(
        `safetensors.decodeInto: the file has no tensor ${name}. It has: ${Object.keys(found).slice(0, 20).join(", ")}.`,
      );
    if (!sameShape(x.shape, leaf.shape) || x.dtype !== leaf.dtype)
      throw new Error(`safetensors.decodeInto: ${name} is ${describe(x)} in the file, expected ${describe(leaf)}.`);
    return x;
  }, like);
}

const corrupt = (what: string): Error =>
  new Error(`safetensors.decode: ${what}. The file is corrupt or not a safetensors file.`);

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`safetensors.decode: got ${typeof bytes}, expected a Uint8Array.`);
  if (bytes.length < 8) throw corrupt(`the file has ${bytes.length} bytes, expected at least 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(HEADER_LIMIT, bytes.length - 8)))
    throw corrupt(`the header claims ${length} bytes, but the file has ${bytes.length - 8} after its length`);
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    throw corrupt("the header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw corrupt("the header is not a JSON object");
  return { header: header as Record<string, unknown>, start };
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U32: 4,
  BOOL: 1,
};

function readEntry(
  name: string,
  entry: unknown,
  available: number,
): { dtype: string; shape: Shape; from: number; to: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype))
    throw corrupt(
      `tensor ${name} has dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(ELEMENT_BYTES).join(", ")}`,
    );
  if (!isCounts(shape)) throw corrupt(`tensor ${name} has shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1] || offsets[1] > available)
    throw corrupt(`tensor ${name} has offsets ${JSON.stringify(offsets)} in ${available} bytes of data`);
  const [from, to] = offsets;
  if (sizeOf(shape) * ELEMENT_BYTES[dtype] !== to - from)
    throw corrupt(
      `tensor ${name} of ${dtype}[${shape.join(", ")}] needs ${sizeOf(shape) * ELEMENT_BYTES[dtype]} bytes, its offsets give ${to - from}`,
    );
  return { dtype, shape, from, to };
}

const isCounts = (x: unknown): x is number[] => Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);

function readTensor(name: string, dtype: string, shape: Shape, data: Uint8Array): Tensor {
  // A copy, so that the elements are aligned and belong to the tensor alone.
  const buffer = data.slice().buffer;
  const make = (own: DType, values: ArrayLike<number>): Tensor => {
    const storage = dtypes[own].allocate(values.length);
    storage.set(values);
    return fromStorage({ dtype: own, shape }, storage);
  };
  switch (dtype) {
    case "F32":
      return fromStorage({ dtype: "f32", shape }, new Float32Array(buffer));
    case "F64":
      return fromStorage({ dtype: "f64", shape }, new Float64Array(buffer));
    case "I32":
      return fromStorage({ dtype: "i32", shape }, new Int32Array(buffer));
    case "U32":
      return fromStorage({ dtype: "u32", shape }, new Uint32Array(buffer));
    case "BOOL":
      return make(
        "bool",
        Uint8Array.from(data, (b) => (b === 0 ? 0 : 1)),
      );
    case "BF16": {
      const words = Uint32Array.from(new Uint16Array(buffer), (h) => h << 16);
      return fromStorage({ dtype: "f32", shape }, new Float32Array(words.buffer));
    }
    case "F16":
      return make("f32", Array.from(new Uint16Array(buffer), halfToNumber));
    default: {
      const values = Array.from(new BigInt64Array(buffer), Number);
      const outside = values.find((v) => v !== (v | 0));
      if (outside !== undefined)
        throw new RangeError(`safetensors.decode: ${name} holds ${outside}, which does not fit i32.`);
      return make("i32", values);
    }
  }
}

function halfToNumber(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 0x1f;
  const fraction = h & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
