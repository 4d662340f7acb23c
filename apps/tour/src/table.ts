import type { Comparison } from "./chapter.js";
import { numberText } from "./numberText.js";
import { hasPassed, type Outcome, resultOf } from "./outcome.js";

/** How to draw the table. */
export interface TableOptions {
  /** Width of the terminal in characters; cells with text are wrapped to fit. Default 120. */
  readonly columns?: number;
  /** Whether to write the codes that colour a terminal. Default no. */
  readonly color?: boolean;
}

/**
 * The table of the tour for a terminal: a chapter, what it measured, our figure, the baselines, how it ended, its time.
 *
 * @param outcomes in the order of the rows
 * @returns lines, each with its end
 */
export function renderTable(outcomes: readonly Outcome[], options: TableOptions = {}): string {
  const { columns = 120, color = false } = options;
  const rows = outcomes.map(rowOf);
  const widths = fit([headings, ...rows], columns);
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = [
    ...draw(headings, widths).map((line) => paint(1, line)),
    widths.map((width) => "─".repeat(width)).join(gap),
    ...rows.flatMap((row, i) => draw(row, widths, hasPassed(outcomes[i]) ? undefined : (line) => paint(31, line))),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

const headings: readonly string[] = ["", "chapter", "what", "ours", "baseline", "result", "time"];
/** Columns of figures stand on the right. */
const right: readonly boolean[] = [true, false, false, true, false, false, true];
/** Columns that may be wrapped: sentences, not figures. */
const wraps: readonly boolean[] = [false, true, true, false, true, false, false];
const gap = "  ";

function rowOf(outcome: Outcome): string[] {
  const { chapter, seconds } = outcome;
  const headline = resultOf(outcome)?.headline;
  return [
    String(chapter.number),
    chapter.title,
    headline === undefined ? "stopped with an error" : `${headline.what} (${headline.better} is better)`,
    headline === undefined ? "" : numberText(headline.ours, headline.unit),
    headline === undefined ? "" : baselineText(headline),
    hasPassed(outcome) ? "passed" : "FAILED",
    `${seconds.toFixed(1)} s`,
  ];
}

function baselineText({ baseline, unit }: Comparison): string {
  return baseline.map(({ name, value }) => `${name}: ${numberText(value, unit)}`).join("\n");
}

// Takes from the widest column with text, a character at a time, until the table fits or no word could be kept whole.
function fit(rows: readonly (readonly string[])[], columns: number): number[] {
  const longest = (separator: RegExp): number[] =>
    headings.map((_, c) => Math.max(...rows.flatMap((row) => row[c].split(separator).map(lengthOf))));
  const widths = longest(/\n/);
  const narrowest = longest(/[\n ]/);
  const total = (): number => widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
  while (total() > columns) {
    const widest = Math.max(...widths.filter((width, c) => wraps[c] && width > narrowest[c]));
    if (!Number.isFinite(widest)) break;
    widths[widths.findIndex((width, c) => wraps[c] && width === widest && width > narrowest[c])]--;
  }
  return widths;
}

function draw(row: readonly string[], widths: readonly number[], paint = (line: string): string => line): string[] {
  const cells = row.map((cell, c) => cell.split("\n").flatMap((line) => wrap(line, widths[c])));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) =>
    paint(
      cells
        .map((lines, c) => pad(lines[i] ?? "", widths[c], right[c]))
        .join(gap)
        .trimEnd(),
    ),
  );
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (lengthOf(longer) <= width) lines[last] = longer;
    else if (lines[last] === "") lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}

function pad(text: string, width: number, onRight: boolean): string {
  const space = " ".repeat(Math.max(0, width - lengthOf(text)));
  return onRight ? space + text : text + space;
}

/** In code points, as λ² has two. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
