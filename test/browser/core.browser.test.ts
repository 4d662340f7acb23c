import * as core from "@cotangent/core";
import { expect, test } from "vitest";

// (module (func (param v128) (result v128) local.get 0 local.get 0 f32x4.add))
const simdAddition = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b], // type: v128 -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x0a, 0x0b, 0x01, 0x09, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0xe4, 0x01, 0x0b], // its body
]);

test("a page loads the built core", () => {
  expect(core).toBeTypeOf("object");
});

test("the browser validates wasm SIMD, which compiled programs need", () => {
  expect(WebAssembly.validate(simdAddition)).toBe(true);
});
