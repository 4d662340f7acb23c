import { describe, expect, it } from "vitest";
import { random, safetensors, tensor, tree } from "../../src/index.js";
import { generator } from "../primitives/inputs.js";

const params = {
  layers: [
    {
      weight: tensor([
        [1, 2],
        [3, 4],
      ]),
      bias: tensor([0.5, -0.5], { dtype: "f64" }),
    },
  ],
  steps: tensor(7, { dtype: "i32" }),
  key: random.key(3),
  mask: tensor([true, false]),
};

describe("safetensors", () => {
  it("names leaves as PyTorch does and brings them back in their place", () => {
    const bytes = safetensors.encode(params);
    expect(Object.keys(safetensors.decode(bytes)).sort()).toEqual([
      "key",
      "layers.0.bias",
      "layers.0.weight",
      "mask",
      "steps",
    ]);
    const back = safetensors.decodeInto(bytes, params);
    const readable = (x: unknown): unknown => tree.entries(x).map(([path, leaf]) => [path, String(leaf)]);
    expect(readable(back)).toEqual(readable(params));
    expect(back.layers[0].bias.dtype).toBe("f64");
  });
  it("says which leaf is missing or has another shape", () => {
    const bytes = safetensors.encode({ a: tensor([1, 2]) });
    expect(() => safetensors.decodeInto(bytes, { b: tensor([1, 2]) })).toThrow("the file has no tensor b. It has: a.");
    expect(() => safetensors.decodeInto(bytes, { a: tensor([1]) })).toThrow("a is f32[2] in the file, expected f32[1]");
  });
  it("answers any corrupt file with an error that says so", () => {
    const bytes = safetensors.encode(params);
    const next = generator(11);
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const mutant = bytes.slice(0, next() < 0.2 ? Math.floor(next() * bytes.length) : bytes.length);
      for (let k = 0; k < 3 && mutant.length > 0; k++)
        mutant[Math.floor(next() * Math.min(mutant.length, 400))] = Math.floor(next() * 256);
      try {
        safetensors.decode(mutant);
      } catch (error) {
        refused++;
        expect((error as Error).message).toMatch(/^safetensors\.decode: .*(corrupt|does not fit i32)/);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
  it("allocates nothing that the file only claims", () => {
    const header = JSON.stringify({ a: { dtype: "F32", shape: [2 ** 40], data_offsets: [0, 2 ** 42] } });
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    expect(() => safetensors.decode(bytes)).toThrow("in 0 bytes of data");
    bytes.fill(255, 0, 8);
    expect(() => safetensors.decode(bytes)).toThrow("the header claims 18446744073709551615 bytes");
  });
});
