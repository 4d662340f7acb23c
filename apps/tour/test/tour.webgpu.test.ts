import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { init, jit, random, type Tensor } from "@cotangent/core";
import { afterAll, expect, test } from "vitest";
import type { Chapter } from "../src/chapter.js";
import { tour } from "../src/tour.js";
import { failingCheck, passing, sampleResult } from "./sampleChapters.js";

const folder = mkdtempSync(join(tmpdir(), "tour-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await init("cpu");
});

const square: Chapter = {
  ...passing,
  gpu: true,
  run({ seed }) {
    const { device } = jit((x: Tensor) => x.square())(random.normal(random.key(seed), [10]));
    return Promise.resolve({
      ...sampleResult(seed),
      checks: [{ what: "is on the GPU", passed: device === "webgpu", detail: device }],
    });
  },
};

test("--device webgpu runs the chapters that can on the GPU, and says which it is", async () => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const status = await tour(["--device", "webgpu", "--out", folder], [square, failingCheck], { out, err });
  expect([status, String(err.read()).includes("Regularisation")]).toEqual([0, false]);
  expect(String(out.read())).toMatch(/1 of 1 chapters passed with seed 1 on webgpu \(.+\) in/);
  expect(readFileSync(join(folder, "index.html"), "utf8")).toMatch(/with seed 1 on webgpu \(/);
});
