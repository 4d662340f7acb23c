import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Tensor } from "@cotangent/core";
import { expect, it, vi } from "vitest";

/** An example of a README as a module of its own, which also exports what it ends with. */
async function example<T>(readme: string, exported: string, which = 0): Promise<T & { printed: unknown[][] }> {
  const text = readFileSync(new URL(readme, import.meta.url), "utf8");
  const [, code] = [...text.matchAll(/```ts\n([^]*?)```/g)][which];
  const file = new URL(`${readme.replace(/\W/g, "-")}.generated.ts`, import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    writeFileSync(file, `${code}\nexport { ${exported} };\n`);
    const module = (await import(/* @vite-ignore */ `${file.pathname}?${which}`)) as T;
    return { ...module, printed: log.mock.calls };
  } finally {
    rmSync(file);
    log.mockRestore();
  }
}

it.each(["../../README.md", "../../packages/core/README.md"])("the example in %s fits its line", async (readme) => {
  const { params, printed } = await example<{ params: { w: Tensor; b: Tensor } }>(readme, "params");
  expect(params.w.item()).toBeCloseTo(3, 5);
  expect(params.b.item()).toBeCloseTo(1, 5);
  for (const line of printed) expect(line.join(" ")).not.toMatch(/NaN|undefined/);
});

it("the example of WebGPU trains where there is none, too", async () => {
  const { w, printed } = await example<{ w: Tensor }>("../../packages/core/README.md", "w", 2);
  expect(w.shape).toEqual([256, 256]);
  expect(printed.flat()).toEqual(["cpu", "", expect.any(Number)]);
});
