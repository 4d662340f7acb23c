import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Tensor, valueAndGrad, zeros } from "../../src/index.js";
import { explain } from "../../src/debug/index.js";

const page = new URL("../../../../docs/compiler.md", import.meta.url);

test("docs/compiler.md shows what the compiler does", () => {
  expect(existsSync(page)).toBe(true);
  const text = readFileSync(page, "utf8");
  const logDensity = (a: Tensor, b: Tensor, x: Tensor, y: Tensor): Tensor =>
    y
      .sub(a.add(b.mul(x)))
      .square()
      .sum()
      .mul(-0.5);
  const { graph, simplifiedGraph, kernels, runs, arenaBytes } = explain(valueAndGrad(logDensity, { argnums: [0, 1] }))(
    zeros([]),
    zeros([]),
    zeros([1000]),
    zeros([1000]),
  );
  expect(text).toContain(graph.trim());
  expect(text).toContain(simplifiedGraph.slice(simplifiedGraph.indexOf("  m: ")).replace(/}\s*$/, "").trimEnd());
  expect(text).toContain(kernels[0].code.slice(0, kernels[0].code.indexOf("  left = total")).trimEnd());
  expect({ runs, arenaBytes }).toEqual({ runs: 2, arenaBytes: 16 });
});
