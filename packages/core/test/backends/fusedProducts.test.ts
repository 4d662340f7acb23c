import { readFileSync } from "node:fs";
import { versions } from "node:process";
import { setFlagsFromString } from "node:v8";
import { afterAll, describe, expect, test, vi } from "vitest";
import { crc32 } from "../../src/program/wire.js";
import { init } from "../../src/threads.js";
import { type Rows, testFusedProducts } from "./fusedProducts.js";

// Node 20 has relaxed SIMD behind a flag, which is read when a module is compiled.
if (Number(versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const rows = JSON.parse(readFileSync(new URL("../fixtures/glibcFma.json", import.meta.url), "utf8")) as Rows;

/** Why not, as a fresh `init` tells, where `WebAssembly` has other members. */
async function refusal(members: object): Promise<unknown> {
  vi.resetModules();
  const fresh = await import("../../src/threads.js");
  vi.stubGlobal(
    "WebAssembly",
    new Proxy(WebAssembly, { get: (of, key) => Reflect.get({ ...of, ...members }, key) ?? Reflect.get(of, key) }),
  );
  try {
    return await fresh.init({ fma: true });
  } catch (error) {
    return error;
  } finally {
    vi.unstubAllGlobals();
  }
}

const relaxed = (code: Uint8Array): boolean =>
  code.some((byte, i) => byte === 0xfd && code[i + 2] === 2 && code[i + 1] === 0x85);

test("an engine without relaxed SIMD is an error that says what has it", async () => {
  class Module extends WebAssembly.Module {
    constructor(code: Uint8Array<ArrayBuffer>) {
      if (relaxed(code)) throw new WebAssembly.CompileError("invalid simd opcode");
      super(code);
    }
  }
  expect(String(await refusal({ Module }))).toMatch(
    /^Error: init: fma is true, but this engine has no relaxed SIMD .*Node 22/,
  );
});

test("so is a processor on which the engine rounds twice", async () => {
  class Instance {
    readonly exports: object = { run: () => {} };
  }
  expect(String(await refusal({ Instance }))).toMatch(
    /^Error: init: fma is true, but this processor has no fused multiply-add/,
  );
});

test("bytes of a fused program say what to call where nobody has called init", async () => {
  vi.resetModules();
  const { Program, compile, ones } = await import("../../src/index.js");
  const bytes = compile((x) => x.matmul(x), ones([2, 2])).toBytes();
  const sealed = Uint8Array.of(...bytes, 1);
  const header = new DataView(sealed.buffer);
  header.setUint32(8, sealed.length, true);
  header.setUint32(12, crc32(sealed.subarray(16)), true);
  expect(() => Program.fromBytes(sealed)).toThrow("Call `await init({ fma: true })` of @cotangent/core/threads first");
});

test("fma is true, false or left out", async () => {
  await expect(init({ fma: 1 as unknown as boolean })).rejects.toThrow("init: fma is 1; expected true or false.");
});

const supported = await init({ fma: true }).then(
  () => true,
  (error: unknown) => {
    console.warn(`Fused multiply-adds are not tested here: ${String(error)}`);
    return false;
  },
);
afterAll(() => init({ fma: false }));

describe.skipIf(!supported)("with fused multiply-adds", () => testFusedProducts(rows));
