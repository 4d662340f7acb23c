import { readFileSync } from "node:fs";
import { type Tensor, tensor } from "@cotangent/core";
import { expect, test } from "vitest";
import { inverseTime, oja } from "../src/index.js";

test("the README's example gives what it says", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  const lines = code
    .replace(/^import .*$/gm, "")
    .trimEnd()
    .split("\n");
  const results = lines.splice(-2).map((line) => line.replace(/;.*$/, ""));
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is the README of this package
  const run = Function("tensor", "oja", "inverseTime", `${lines.join("\n")}; return [${results.join(", ")}];`);
  const [slope, length] = run(tensor, oja, inverseTime) as [Tensor, Tensor];
  expect(slope.item()).toBeCloseTo(0.5, 2);
  expect(length.item()).toBeCloseTo(1, 2);
});
