import { describe, expect, test } from "vitest";
import type { ChapterResult } from "../src/chapter.js";
import { causesOfFailure, hasPassed, type Outcome } from "../src/outcome.js";
import { renderReport } from "../src/report.js";
import { sampleResult } from "./sampleChapters.js";

const facts = { seed: 1, device: "cpu", chapterCount: 10 };

function finished(changes: Partial<ChapterResult> = {}, title = "Data"): Outcome {
  return { chapter: { number: 1, title }, seconds: 2, ended: { result: { ...sampleResult(1), ...changes } } };
}

const stopped: Outcome = {
  chapter: { number: 7, title: "Blocks" },
  seconds: 1,
  ended: { error: new Error("<singular>", { cause: new RangeError("pivot 3 is 0") }) },
};

describe("the report", () => {
  test("needs nothing outside it", () => {
    const html = renderReport([finished(), stopped], facts);
    expect(html).not.toMatch(/<(script|link|img|iframe|object)\b|@import|url\(|https?:\/\//);
    expect(html.match(/href="[^"]*"/g)?.every((link) => link.startsWith('href="#'))).toBe(true);
  });

  test("shows figure, baselines, both sentences, checks, plots with captions, and notes", () => {
    const html = renderReport([finished()], facts);
    const result = sampleResult(1);
    for (const text of ["287.1&nbsp;g", "301.5&nbsp;g", "801.0&nbsp;g", ...result.story, result.checks[0].detail])
      expect(html).toContain(text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
    expect(html.match(/<svg/g)).toHaveLength(result.figures.length);
    for (const { caption } of result.figures) expect(html).toContain(`<figcaption>${caption}</figcaption>`);
    expect(html).toContain("Data: palmerpenguins, CC0.");
  });

  test("is the same for the same results, whatever time they took", () => {
    expect(renderReport([{ ...finished(), seconds: 99 }], facts)).toBe(renderReport([finished()], facts));
  });

  test("escapes every text that a chapter gives", () => {
    const evil = `<b title="x">&'`;
    const html = renderReport(
      [
        finished(
          {
            headline: { what: evil, ours: 1, baseline: [{ name: evil, value: 2 }], unit: evil, better: "lower" },
            checks: [{ what: evil, passed: false, detail: evil }],
            story: [evil, evil],
            figures: [{ caption: evil, svg: "<svg></svg>" }],
            notes: [evil],
          },
          evil,
        ),
        { ...stopped, ended: { error: evil } },
      ],
      facts,
    );
    expect(html).not.toContain("<b ");
    expect(html).toContain("&lt;b title=&quot;x&quot;&gt;&amp;&#39;");
  });

  test("shows a chapter that stopped, with its cause, and one whose check failed", () => {
    const failed = finished({ checks: [{ what: "beats the mean", passed: false, detail: "9 > 8" }] });
    const html = renderReport([failed, stopped], facts);
    expect(html).toContain("0 of 2 chapters passed (2 of the 10 chapters were run)");
    expect(html).toContain("<li>beats the mean: 9 &gt; 8</li>");
    expect(html).toContain("<li>It stopped with an error: &lt;singular&gt; (cause: pivot 3 is 0)</li>");
  });
});

describe("a chapter passes", () => {
  test("when all its checks pass", () => {
    expect(hasPassed(finished())).toBe(true);
  });

  test("but not without checks", () => {
    expect(causesOfFailure(finished({ checks: [] }))).toEqual(["It made no checks, so nothing says that it works."]);
  });
});
