import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { main } from "./cli.js";
import { mapping, skips } from "./mapping/index.js";
import { runSamples } from "./run.js";
import { readSamples } from "./samples.js";

/** Recorded from PyTorch 1.13's own samples: a part that is kept here (fixtures/opinfoSubset.mjs), and all of them beside the checkout. */
const part = fileURLToPath(new URL("../fixtures/opinfo.json.gz", import.meta.url));
const whole = fileURLToPath(new URL("../../../../../shared/conformance/opinfo_f64.json.gz", import.meta.url));

it("no operation is both mapped and left out", () => {
  expect(Object.keys(mapping).filter((name) => Object.hasOwn(skips, name))).toEqual([]);
});

describe.each([
  ["a part of the recorded samples", part],
  ["every recorded sample (skipped where shared/conformance is not beside the checkout)", whole],
])("%s", (_, path) => {
  it.skipIf(!existsSync(path))("agrees where it is mapped, and every operation left out has a reason", () => {
    const results = runSamples(readSamples(path), mapping, skips);
    expect(results.flatMap((r) => r.failures.map((f) => `${r.operation} ${f}`))).toEqual([]);
    expect(results.filter((r) => r.skipped?.reason === "not mapped").map((r) => r.operation)).toEqual([]);
    expect(results.filter((r) => r.skipped === undefined).length).toBeGreaterThanOrEqual(440);
  });
});

describe("npm run conformance", () => {
  const run = (...argv: string[]): [status: number, lines: string[]] => {
    const lines: string[] = [];
    return [main(argv, (line) => lines.push(line)), lines];
  };
  it("prints a line for each operation, and the tally last", () => {
    const [status, lines] = run("opinfo", part, "abs", "half");
    expect(status).toBe(0);
    expect(lines.filter((line) => /^(abs|half) /.test(line))).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/);
  });
  it("says how it is used, and which operations there are not", () => {
    expect(run()).toEqual([2, [expect.stringContaining("usage:")]]);
    expect(run("opinfo", part, "nonsense")).toEqual([2, [expect.stringContaining("no operation nonsense")]]);
  });
});
