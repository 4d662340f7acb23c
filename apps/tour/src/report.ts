import type { ChapterResult, Check, Comparison, Figure } from "./chapter.js";
import { escapeHtml } from "./html.js";
import { numberText } from "./numberText.js";
import { causesOfFailure, hasPassed, type Outcome, resultOf } from "./outcome.js";
import { reportStyle } from "./reportStyle.js";

/** How the tour was run. */
export interface ReportFacts {
  readonly seed: number;
  /** What computed, as "cpu". */
  readonly device: string;
  /** Number of chapters that exist, of which perhaps not all were run. */
  readonly chapterCount: number;
}

/**
 * The report: one HTML page that needs nothing else, neither files nor network.
 *
 * Times and dates are left out, so the same seed gives the same page, byte for byte.
 *
 * @param outcomes in the order of the story
 */
export function renderReport(outcomes: readonly Outcome[], facts: ReportFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The Cotangent tour</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>The Cotangent tour</h1>
${introduction(facts)}
</header>
<main>
${summary(outcomes, facts)}
${outcomes.map(chapterSection).join("\n")}
</main>
</body>
</html>
`;
}

function introduction({ seed, device }: ReportFacts): string {
  return `<p>Ten steps tell one story, most of them on real data. It begins with <em>data</em> and an <em>approximator</em>: a function
with numbers in it that can be adjusted. <em>Estimation</em> finds the numbers that fit, and <em>prediction</em> uses
them on what was never seen. <em>Regularisation</em> keeps the function from learning the noise as well. Other numbers
would have fitted almost as well: <em>uncertainty</em> says which, and <em>inference</em> turns them into averages with
a known error. Then the functions grow. They read <em>sequences</em>, contain <em>blocks that are optimisers</em>
themselves, and <em>learn to learn</em>. At the end the derivative, which did all the work, is taken away: first
optimising <em>without gradients</em>, then <em>local learning</em>, in which every connection changes by what it sees
itself. Each chapter shows the figure that it reached beside the baseline that it must beat, and the checks that it must
pass. All of it was computed by this program with seed ${seed} on ${escapeHtml(device)}.</p>`;
}

function summary(outcomes: readonly Outcome[], { chapterCount }: ReportFacts): string {
  const passed = outcomes.filter(hasPassed).length;
  const part = outcomes.length < chapterCount ? ` (${outcomes.length} of the ${chapterCount} chapters were run)` : "";
  return `<section aria-labelledby="summary">
<h2 id="summary">At a glance</h2>
<p>${mark(passed === outcomes.length)} ${passed} of ${outcomes.length} chapters passed${part}.</p>
<table class="summary">
<thead><tr><th scope="col">Chapter</th><th scope="col">What is measured</th><th scope="col" class="number">Ours</th>
<th scope="col">Baseline</th><th scope="col">Result</th></tr></thead>
<tbody>
${outcomes.map(summaryRow).join("\n")}
</tbody>
</table>
</section>`;
}

function summaryRow(outcome: Outcome): string {
  const { number, title } = outcome.chapter;
  const headline = resultOf(outcome)?.headline;
  const cells =
    headline === undefined
      ? `<td colspan="3">stopped with an error</td>`
      : `<td>${escapeHtml(headline.what)} <small>(${headline.better} is better)</small></td>` +
        `<td class="number"><span class="label">Ours: </span><strong>${figure(headline.ours, headline)}</strong></td>` +
        `<td><span class="label">Baseline: </span>${baselineLines(headline)}</td>`;
  return (
    `<tr><th scope="row"><a href="#chapter-${number}">${number}. ${escapeHtml(title)}</a></th>${cells}` +
    `<td class="result">${mark(hasPassed(outcome))} ${hasPassed(outcome) ? "passed" : "failed"}</td></tr>`
  );
}

function baselineLines(comparison: Comparison): string {
  const lines = comparison.baseline.map(({ name, value }) => `${escapeHtml(name)} ${figure(value, comparison)}`);
  return lines.join("<br>");
}

function chapterSection(outcome: Outcome): string {
  const { number, title } = outcome.chapter;
  const result = resultOf(outcome);
  const passed = hasPassed(outcome);
  return `<section class="chapter" id="chapter-${number}" aria-labelledby="title-${number}">
<h2 id="title-${number}"><span class="ordinal">Chapter ${number}</span> ${escapeHtml(title)}</h2>
${passed ? "" : failureBox(outcome)}${result === undefined ? "" : body(result)}
</section>`;
}

function failureBox(outcome: Outcome): string {
  const causes = causesOfFailure(outcome).map((cause) => `<li>${escapeHtml(cause)}</li>`);
  return `<div class="failure"><p>${mark(false)} <strong>This chapter failed.</strong></p><ul>${causes.join("")}</ul></div>\n`;
}

function body({ headline, more = [], checks, story, figures, notes = [] }: ChapterResult): string {
  return [
    `<p class="story">${story.map(escapeHtml).join(" ")}</p>`,
    comparisonTable([headline, ...more]),
    checkList(checks),
    figures.map(figureElement).join("\n"),
    notes.length === 0 ? "" : `<ul class="notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>`,
  ]
    .filter((part) => part !== "")
    .join("\n");
}

// One block a comparison, ours first: the eye compares the numbers below each other.
function comparisonTable(comparisons: readonly Comparison[]): string {
  const blocks = comparisons.map((comparison) => {
    const rows = comparison.baseline.map(
      ({ name, value }) => `<tr><td>${escapeHtml(name)}</td><td class="number">${figure(value, comparison)}</td></tr>`,
    );
    return `<tbody>
<tr><th scope="rowgroup" colspan="2">${escapeHtml(comparison.what)} <small>(${comparison.better} is better)</small></th></tr>
<tr class="ours"><td>Cotangent</td><td class="number">${figure(comparison.ours, comparison)}</td></tr>
${rows.join("\n")}
</tbody>`;
  });
  return `<table class="comparison">\n${blocks.join("\n")}\n</table>`;
}

function checkList(checks: readonly Check[]): string {
  const items = checks.map(
    ({ what, passed, detail }) =>
      `<li class="${passed ? "passed" : "failed"}">${mark(passed)} <span><strong>${escapeHtml(what)}</strong> ` +
      `<span class="detail">${escapeHtml(detail)}</span></span></li>`,
  );
  return items.length === 0 ? "" : `<ul class="checks">\n${items.join("\n")}\n</ul>`;
}

function figureElement({ caption, svg }: Figure): string {
  return `<figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function figure(value: number, { unit }: Comparison): string {
  return escapeHtml(numberText(value, unit)).replaceAll(" ", "&nbsp;");
}

function mark(passed: boolean): string {
  return passed
    ? `<span class="mark tick" role="img" aria-label="passed">✓</span>`
    : `<span class="mark cross" role="img" aria-label="failed">✗</span>`;
}
