import { describe, expect, it } from "vitest";
import { jit, safetensors, tensor } from "../../src/index.js";
import python from "../fixtures/pythonSafetensors.json" with { type: "json" };

const file = Uint8Array.from(atob(python.file), (c) => c.charCodeAt(0));
const headerOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))));
function build(header: unknown, data: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const f32 = (shape: unknown, from: unknown, to: unknown) => ({ dtype: "F32", shape, data_offsets: [from, to] });

describe(`a file written by ${python.source}`, () => {
  const read = safetensors.decode(file);
  it.each(Object.entries(python.values))("holds %s as it was", (name, values) => {
    expect(read[name].shape).toEqual((python.shapes as Record<string, number[]>)[name]);
    expect(Array.from(read[name].storage)).toEqual(
      values.map((x) =>
        typeof x === "string" ? parse(x) : Math.fround(x) === x || read[name].dtype !== "f32" ? x : Math.fround(x),
      ),
    );
  });
  it("widens half precision, and narrows integers that fit", () => {
    expect(Object.fromEntries(Object.entries(read).map(([name, x]) => [name, x.dtype]))).toEqual({
      "w.0": "f32",
      h: "f32",
      i: "i32",
      u: "u32",
      e: "f32",
      s: "f64",
    });
  });
});
const parse = (x: string): number => (x === "nan" ? NaN : x === "-inf" ? -Infinity : Infinity);

describe("the layout", () => {
  it("starts the elements at a multiple of 8, and keeps metadata as text", () => {
    const bytes = safetensors.encode({ a: tensor([1]), b: tensor([true]) }, { made: "here" });
    const header = headerOf(bytes);
    expect(header.length % 8).toBe(0);
    expect(JSON.parse(header)).toEqual({
      __metadata__: { made: "here" },
      a: f32([1], 0, 4),
      b: { dtype: "BOOL", shape: [1], data_offsets: [4, 5] },
    });
  });
  it("reads from the middle of a larger buffer", () => {
    const bytes = safetensors.encode({ a: tensor([1, 2]) });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(safetensors.decode(shifted.subarray(3)).a.toArray()).toEqual([1, 2]);
  });
});

it.each([
  ["nothing", new Uint8Array(0), "the file has 0 bytes, expected at least 8"],
  ["text", new TextEncoder().encode("hello, world"), "the header claims"],
  ["a list for a header", build([1], 0), "the header is not a JSON object"],
  ["a gap", build({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), "no tensor holds bytes 4 to 8 of the data"],
  ["an overlap", build({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), "tensors a and b overlap"],
  ["bytes behind the last tensor", build({ a: f32([1], 0, 4) }, 7), "3 bytes follow the last tensor"],
  ["a shape that overflows", build({ a: f32([2 ** 52, 2 ** 52], 0, 4) }, 4), "needs"],
  ["a negative size", build({ a: f32([-1], 0, 4) }, 4), "tensor a has shape [-1]"],
  ["offsets that run backwards", build({ a: f32([1], 4, 0) }, 4), "tensor a has offsets [4,0]"],
  [
    "a dtype that nobody has",
    build({ a: { ...f32([1], 0, 4), dtype: "F7" } }, 4),
    'tensor a has dtype "F7", expected one of F64, F32',
  ],
  ["an entry that is null", build({ a: null }, 0), "tensor a has dtype undefined"],
])("refuses %s", (_, bytes, message) => {
  expect(() => safetensors.decode(bytes)).toThrow(message);
  expect(() => safetensors.decode(bytes)).toThrow("The file is corrupt or not a safetensors file");
});

it.each([
  [
    "a key that makes two names one",
    () => safetensors.encode({ "a.b": tensor(1), a: { b: tensor(2) } }),
    "two leaves are named a.b",
  ],
  ["a name the format keeps", () => safetensors.encode({ __metadata__: tensor(1) }), "a leaf is named __metadata__"],
  [
    "traced tensors",
    () => jit((x: ReturnType<typeof tensor>) => (safetensors.encode({ x }), x))(tensor(1)),
    "traced by jit",
  ],
  ["what is no file", () => safetensors.decode("text" as unknown as Uint8Array), "got string, expected a Uint8Array"],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(message);
});
