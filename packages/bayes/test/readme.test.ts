import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, it, vi } from "vitest";

it("the example in the README runs", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = (/```ts\n([^]*?)```/.exec(readme) as RegExpExecArray)[1].replace("@cotangent/bayes", "../src/index.js");
  const file = new URL("readme.generated.ts", import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    writeFileSync(file, code);
    await import(/* @vite-ignore */ file.pathname);
    expect(log.mock.calls[0][0]).toMatch(/mean +sd +mcse/);
    expect(log).toHaveBeenCalledTimes(3);
  } finally {
    rmSync(file);
    log.mockRestore();
  }
});
