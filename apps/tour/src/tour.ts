import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Chapter } from "./chapter.js";
import { parseCommandLine, type Request, usage, UsageError } from "./commandLine.js";
import { startDevice } from "./device.js";
import { causesOfFailure, hasPassed, type Outcome } from "./outcome.js";
import type { Output } from "./output.js";
import { progressOn } from "./progress.js";
import { renderReport } from "./report.js";
import { runChapters } from "./runChapters.js";
import { renderTable } from "./table.js";

/** Where the tour writes: the table to out; progress and errors to err. */
export interface Console {
  readonly out: Output;
  readonly err: Output;
}

/**
 * The whole command: reads the arguments, runs the chapters, prints the table and writes the report.
 *
 * @param args what stands behind the name of the program
 * @param chapters the chapters that exist, in the order of the story
 * @param console where to write
 * @returns exit status: 0 if every chapter passed, 1 if one failed or none ran, 2 for a command that cannot be followed
 */
export async function tour(args: readonly string[], chapters: readonly Chapter[], console: Console): Promise<number> {
  let request: Request;
  let device = "";
  try {
    request = parseCommandLine(args, chapters);
    if (!request.help) {
      prepareFolder(request.out);
      device = await startDevice(request.device);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.err.write(`tour: ${error.message.trimEnd()}\n`);
    return 2;
  }
  if (request.help) {
    console.out.write(usage);
    return 0;
  }
  if (request.chapters.length === 0) {
    console.err.write("tour: there are no chapters yet, so nothing was run.\n");
    return 1;
  }
  return runAndReport(request, device, chapters, console);
}

async function runAndReport(
  request: Request,
  device: string,
  chapters: readonly Chapter[],
  { out, err }: Console,
): Promise<number> {
  const outcomes = await runChapters(request.chapters, request.seed, progressOn(err, request.chapters.length));
  const path = resolve(request.out, "index.html");
  writeFileSync(path, renderReport(outcomes, { seed: request.seed, device, chapterCount: chapters.length }));

  const { columns } = out;
  out.write(`\n${renderTable(outcomes, { color: out.isTTY === true, ...(columns === undefined ? {} : { columns }) })}`);
  const failed = outcomes.filter((outcome) => !hasPassed(outcome));
  for (const outcome of failed) out.write(`\n${failureText(outcome)}`);
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  out.write(
    `\n${outcomes.length - failed.length} of ${outcomes.length} chapters passed with seed ${request.seed} ` +
      `on ${device} in ${seconds.toFixed(0)} s. Report: ${path}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function failureText(outcome: Outcome): string {
  const { chapter, ended } = outcome;
  const causes = causesOfFailure(outcome).map((cause) => `  ${cause}\n`);
  // The stack is for whoever mends it; the report shows the message alone.
  const stack = "error" in ended && ended.error instanceof Error ? stackOf(ended.error) : "";
  return `Chapter ${chapter.number}, ${chapter.title}, failed:\n${causes.join("")}${stack}`;
}

function stackOf({ stack }: Error): string {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames
    .slice(0, 8)
    .map((frame) => `  ${frame.trim()}\n`)
    .join("");
}

// Before the minutes of computing, not after them.
function prepareFolder(out: string): void {
  try {
    mkdirSync(resolve(out), { recursive: true });
    writeFileSync(join(resolve(out), "index.html"), "", { flag: "a" });
  } catch (error) {
    throw new UsageError(
      `--out is "${out}", where no report can be written: ${(error as Error).message}. Name a folder that can be written.`,
    );
  }
}
