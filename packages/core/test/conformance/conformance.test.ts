import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { mapping, skips } from "./mapping/index.js";
import { runSamples } from "./run.js";
import { readSamples } from "./samples.js";

const wholeFile = fileURLToPath(new URL("../../../../../shared/conformance/opinfo_f64.json.gz", import.meta.url));

it("no operation is both mapped and left out", () => {
  expect(Object.keys(mapping).filter((name) => Object.hasOwn(skips, name))).toEqual([]);
});

describe.skipIf(!existsSync(wholeFile))("every recorded sample (needs shared/conformance beside the checkout)", () => {
  it("agrees where it is mapped", () => {
    const results = runSamples(readSamples(wholeFile), mapping, skips);
    expect(results.flatMap((r) => r.failures.map((f) => `${r.operation} ${f}`))).toEqual([]);
  });
});
