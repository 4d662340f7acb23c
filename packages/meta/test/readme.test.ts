import { readFileSync } from "node:fs";
import { type Tensor, grad, tensor, tree } from "@cotangent/core";
import { expect, test } from "vitest";
import { inner, unroll } from "../src/index.js";

/** Runs the example of the README: its code, less imports and types, gives the values of its last two lines. */
function runExample(path: string, scope: Record<string, unknown>, lines: number): unknown[] {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL(path, import.meta.url), "utf8")) ?? [];
  const plain = code
    .replace(/^import .*$/gm, "")
    .replace(/<P>|: Tensor|: \{ grads: P; params: P \}/g, "")
    .trimEnd()
    .split("\n");
  const last = plain.splice(-lines).map((line) => line.replace(/;.*$/, ""));
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is the README of this package
  return Function(
    ...Object.keys(scope),
    `${plain.join("\n")}; return [${last.join(", ")}];`,
  )(...Object.values(scope)) as unknown[];
}

test("the README's example gives what it says", () => {
  const [end, gradient] = runExample("../README.md", { grad, tensor, tree, inner, unroll }, 2) as Tensor[];
  const way = 1 - 0.8 ** 5;
  (end.toArray() as number[]).forEach((x, i) => expect(x).toBeCloseTo((i + 1) * way, 6));
  for (const x of gradient.toArray() as number[]) expect(x).toBeCloseTo(way, 6);
});
