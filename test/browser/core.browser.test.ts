import * as core from "@cotangent/core";
import { expect, test } from "vitest";

// (module (func (param v128) (result v128) local.get 0 local.get 0 f32x4.add)): magic, one type, one function, its body.
const simdAddition = Uint8Array.from(
  "0061736d01000000 01060160017b017b 03020100 0a0b0109002000 2000fde4010b".replaceAll(" ", "").match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

test("a page loads the built core", () => {
  expect(core).toBeTypeOf("object");
});

test("the browser validates wasm SIMD, which compiled programs need", () => {
  expect(WebAssembly.validate(simdAddition)).toBe(true);
});

test("a compiled derivative runs in the page", async () => {
  const xs = [0.5, 1, 2];
  const f = (x: core.Tensor) => x.sin().mul(x).sum();
  const slopes = await core
    .jit(core.grad(f))(core.tensor(xs, { dtype: "f64" }))
    .data();
  xs.forEach((x, i) => expect(slopes[i]).toBeCloseTo(Math.sin(x) + x * Math.cos(x), 12));
});
