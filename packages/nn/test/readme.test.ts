import { readFileSync } from "node:fs";
import * as core from "@cotangent/core";
import * as optim from "@cotangent/optim";
import { expect, test } from "vitest";
import * as nn from "../src/index.js";

test("the README's example gives what it says", async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  const plain = code
    .replace(/^import .*$/gm, "")
    .replace(/: Tensor/g, "")
    .replace("console.log(loss)", "last = loss")
    .replace(/^(net\.apply.*);.*$/m, "return { last, output: $1 };");
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is the README of this package
  const run = Function(
    "core",
    "nn",
    "optim",
    `const { random, tensor } = core; const { fit, linear, module, mse } = nn; const { adam } = optim; let last;
     return (async () => { ${plain} })();`,
  );
  const { last, output } = (await run(core, nn, optim)) as { last: number; output: core.Tensor };
  expect(last).toBeLessThan(0.001);
  expect(output.toArray()).toEqual([[0], [1], [1], [0]]);
});
