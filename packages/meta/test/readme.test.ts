import { readFileSync } from "node:fs";
import { type Tensor, grad, tensor } from "@cotangent/core";
import { sgd } from "@cotangent/optim";
import { expect, test } from "vitest";
import { inner, unroll } from "../src/index.js";

test("the README's example gives what it says", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  const lines = code
    .replace(/^import .*$|: Tensor/gm, "")
    .trimEnd()
    .split("\n");
  const results = lines.splice(-2).map((line) => line.replace(/;.*$/, ""));
  const body = `${lines.join("\n")}; return [${results.join(", ")}];`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is the README of this package
  const run = Function("grad", "tensor", "sgd", "inner", "unroll", body);
  const [end, gradient] = run(grad, tensor, sgd, inner, unroll) as [Tensor, Tensor];
  const way = 1 - 0.8 ** 5;
  (end.toArray() as number[]).forEach((x, i) => expect(x).toBeCloseTo((i + 1) * way, 6));
  for (const x of gradient.toArray() as number[]) expect(x).toBeCloseTo(way, 6);
});
