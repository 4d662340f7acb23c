import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { digests } from "./programs.js";

const inNode = commands.digestsInNode();

test("programs have the same bits in a second run", () => {
  expect(digests()).toEqual(digests());
});

/** Ways to run the programs in the page: threads, once there are any, are one more row each. */
const settings: Readonly<Record<string, () => Promise<void>>> = {
  "one thread": async () => {},
};

test.each(Object.entries(settings))("programs have the same bits in Node and in the page: %s", async (_, prepare) => {
  await prepare();
  expect(digests()).toEqual(await inNode);
});

test("under script-src 'self', without wasm, the interpreter gives the same bits and needs nothing that is forbidden", async () => {
  const report = await commands.digestsUnderPolicy();
  expect(report.wasm).toMatch(/CompileError/);
  expect(report.code).toMatch(/EvalError/);
  // Asking whether wasm may be compiled is itself reported.
  expect(report.violations.filter((v) => v !== "script-src wasm-eval")).toEqual([]);
  expect(report.digests).toEqual(await inNode);
});
