import { readFileSync } from "node:fs";
import { type Tensor, grad, jit, tensor } from "@cotangent/core";
import { expect, test } from "vitest";
import * as optim from "../src/index.js";

test("the README's example gives what it says", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  const plain = code
    .replace(/^import .*$/gm, "")
    .replace(/: \{ x: Tensor \}|: typeof (params|state)/g, "")
    .replace(/^params\.x;.*$/m, "return params.x;");
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is the README of this package
  const run = Function(
    "core",
    "optim",
    `const { grad, jit, tensor } = core; const { adam, chain, clipByGlobalNorm, cosine } = optim; ${plain}`,
  );
  const [x, y] = (run({ grad, jit, tensor }, optim) as Tensor).toArray() as number[];
  expect(x).toBeCloseTo(1, 3);
  expect(y).toBeCloseTo(2, 3);
});
