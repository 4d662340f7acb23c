import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Tensor } from "@cotangent/core";
import { expect, it, vi } from "vitest";

/** The first example of a README as a module of its own, which also exports what it ends with. */
async function example(readme: string): Promise<{ params: { w: Tensor; b: Tensor }; printed: unknown[][] }> {
  const [, code] = /```ts\n([^]*?)```/.exec(readFileSync(new URL(readme, import.meta.url), "utf8")) as RegExpExecArray;
  const file = new URL(`${readme.replace(/\W/g, "-")}.generated.ts`, import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    writeFileSync(file, `${code}\nexport { params };\n`);
    const { params } = (await import(/* @vite-ignore */ file.pathname)) as { params: { w: Tensor; b: Tensor } };
    return { params, printed: log.mock.calls };
  } finally {
    rmSync(file);
    log.mockRestore();
  }
}

it.each(["../../README.md", "../../packages/core/README.md"])("the example in %s fits its line", async (readme) => {
  const { params, printed } = await example(readme);
  expect(params.w.item()).toBeCloseTo(3, 5);
  expect(params.b.item()).toBeCloseTo(1, 5);
  for (const line of printed) expect(line.join(" ")).not.toMatch(/NaN|undefined/);
});
