import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Chapter } from "../src/chapter.js";
import { chapters as allChapters } from "../src/chapters.js";
import { tour } from "../src/tour.js";
import { failingCheck, passing, sampleResult, samples, throwing } from "./sampleChapters.js";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "tour-"))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], chapters: readonly Chapter[] = samples, isTTY = false): Promise<Run> {
  const [out, err] = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY }));
  const status = await tour(args, chapters, { out, err });
  return { status, out: String(out.read() ?? ""), err: String(err.read() ?? "") };
}

describe("a run", () => {
  test("prints the table, writes the report, and ends with 0 if all chapters passed", async () => {
    const { status, out, err } = await run(["--out", join(folder, "a", "b")], [passing]);
    expect(status).toBe(0);
    expect(out).toMatch(/1 {2}Data & <approximator> .* 287\.1 g .* passed/);
    expect(out).toContain("1 of 1 chapters passed with seed 1 on cpu");
    expect(out).toContain(`Report: ${join(folder, "a", "b", "index.html")}`);
    expect(readFileSync(join(folder, "a", "b", "index.html"), "utf8")).toContain("Data &amp; &lt;approximator&gt;");
    expect(err).toMatch(/^\[1\/1\] 1\. Data & <approximator>\n\[1\/1\] {3}25 % {2}step 25\n[^]*passed in \d+\.\d s\n$/);
  });

  test("goes on after a chapter that fails or throws, names the causes, and ends with 1", async () => {
    const { status, out } = await run(["--out", folder], [throwing, failingCheck, passing]);
    expect(status).toBe(1);
    expect(out).toContain("It stopped with an error: solve: <matrix> is singular (cause: pivot 3 is 0)");
    expect(out).toContain("beats the mean: 802.3 g > 801 g");
    expect(out).toContain("1 of 3 chapters passed");
    expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("solve: &lt;matrix&gt; is singular");
  });

  test("writes the same report for the same seed and hands the seed to the chapters", async () => {
    const report = async (...args: string[]): Promise<string> => {
      await run([...args, "--out", folder]);
      return readFileSync(join(folder, "index.html"), "utf8");
    };
    const [first, again, other] = [await report(), await report("--seed", "1"), await report("--seed", "2")];
    expect(again).toBe(first);
    expect(other).toContain("Seed 2.");
  });

  test.each([["2"], ["2,7"], ["7,2"]])("--chapter %s runs only these, in the order of the story", async (list) => {
    const { out } = await run(["--chapter", list, "--out", folder]);
    const rows = out.split("\n").filter((line) => /^\d {2}/.test(line));
    expect(rows.map((row) => row[0])).toEqual(list.split(",").sort());
  });

  test("draws a bar on a terminal, and colours", async () => {
    const { out, err } = await run(["--out", folder], [passing], true);
    expect(err).toContain("■");
    expect(err).toContain("passed in");
    expect(out).toContain("\u001b[1m");
  });

  test("takes any progress that a chapter reports", async () => {
    const odd: Chapter = {
      ...passing,
      run({ seed, progress }) {
        for (const fraction of [Number.NaN, -1, 0.3, 7]) progress(fraction);
        return Promise.resolve(sampleResult(seed));
      },
    };
    expect((await run(["--out", folder], [odd])).status).toBe(0);
    expect((await run(["--out", folder], [odd], true)).status).toBe(0);
  });

  test("fails if there was nothing to run", async () => {
    expect(await run(["--out", folder], [])).toMatchObject({
      status: 1,
      err: expect.stringContaining("no chapters yet"),
    });
  });
});

describe("the command line", () => {
  test("--help explains it", async () => {
    const { status, out } = await run(["--help"]);
    expect(status).toBe(0);
    for (const option of ["--seed", "--chapter", "--device", "--out", "--help"]) expect(out).toContain(option);
  });

  test("lists the chapters when asked for one that does not exist", async () => {
    const { status, err, out } = await run(["--chapter", "1,99"]);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toBe(
      "tour: There is no chapter 99.\nChapters:\n   1  Data & <approximator>\n   2  Regularisation\n" +
        "   7  A block that is an optimiser\n",
    );
  });

  test("lists the chapters for a GPU when asked for another one there", async () => {
    const { status, err } = await run(
      ["--device", "webgpu", "--chapter", "1,2"],
      [{ ...passing, gpu: true }, failingCheck],
    );
    expect(status).toBe(2);
    expect(err).toBe(
      "tour: Chapter 2 computes in f64 and does not run on webgpu; leave it out, or use --device cpu.\n" +
        "Chapters:\n   1  Data & <approximator>\n",
    );
  });

  test.each([
    [["--seed", "x"], '--seed is "x", expected a whole number'],
    [["--seed", "1.5"], '--seed is "1.5"'],
    [["--seed=-1"], '--seed is "-1"'],
    [["--seed", "99999999999999999999"], "expected a whole number from 0 to 9007199254740991"],
    [["--seed"], "--seed"],
    [["--chapter", "one"], '"one" is not a number'],
    [["--chapter", "1,"], '"" is not a number'],
    [["--device", "gpu"], '--device is "gpu", expected cpu or webgpu'],
    [["--out", ""], "--out is empty"],
    [["--colour"], "--colour"],
    [["3"], "3"],
  ])("refuses %j", async (args, message) => {
    const { status, err } = await run(args);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });

  test("refuses a folder that cannot be one, before computing anything", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const { status, err } = await run(["--out", file]);
    expect(status).toBe(2);
    expect(err).toContain(`--out is "${file}", where no report can be written`);
  });
});

test("the chapters that exist are numbered in order", () => {
  const numbers = allChapters.map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
});
