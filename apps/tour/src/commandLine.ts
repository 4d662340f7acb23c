import { parseArgs } from "node:util";
import type { Device } from "@cotangent/core";
import type { Chapter } from "./chapter.js";

/** What the user asked for. */
export interface Request {
  readonly seed: number;
  readonly device: Device;
  /** The chapters to run, in the order of the story. */
  readonly chapters: readonly Chapter[];
  /** Folder for the report. */
  readonly out: string;
  readonly help: boolean;
}

/** The command line asks for something that cannot be; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage: string = `Usage: npm run tour -- [options]

Runs the chapters of the tour on real data, prints one table and writes a report with plots.

  --seed N          seed of all random numbers, a whole number from 0 (default 1)
  --chapter N[,M]   run only these chapters (default: all that the device can)
  --device NAME     cpu (default), or webgpu: the chapters without f64, on the GPU
  --out DIR         folder for the report, index.html (default: report)
  --help            show this text
`;

/**
 * Reads the command line.
 *
 * @param args what stands behind the name of the program
 * @param chapters the chapters that exist
 * @throws UsageError naming the argument, what was got and what is expected
 */
export function parseCommandLine(args: readonly string[], chapters: readonly Chapter[]): Request {
  const { seed, chapter, device: name, out, help } = parseOptions(args);
  const device = parseDevice(name);
  const able = device === "cpu" ? chapters : chapters.filter(({ gpu }) => gpu === true);
  return {
    seed: parseSeed(seed),
    device,
    chapters: chapter === undefined ? able : chooseChapters(chapter.join(","), chapters, able, device),
    out: parseOut(out),
    help,
  };
}

/** The chapters that exist, a line each. */
export function listChapters(chapters: readonly Chapter[]): string {
  if (chapters.length === 0) return "There are no chapters yet.\n";
  const lines = chapters.map(({ number, title }) => `${String(number).padStart(4)}  ${title}\n`);
  return `Chapters:\n${lines.join("")}`;
}

interface Options {
  readonly seed: string;
  readonly device: string;
  readonly chapter: readonly string[] | undefined;
  readonly out: string;
  readonly help: boolean;
}

function parseOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string", default: "1" },
        device: { type: "string", default: "cpu" },
        chapter: { type: "string", multiple: true },
        out: { type: "string", default: "report" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { seed, device, chapter, out, help } = values;
    return { seed, device, chapter, out, help };
  } catch (error) {
    // parseArgs names the argument; of its advice, which may take several lines, the first is enough.
    throw new UsageError(`${(error as Error).message.split("\n")[0]} See --help.`);
  }
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new UsageError(
      `--seed is "${text}", expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, as --seed 7.`,
    );
  return seed;
}

function parseDevice(name: string): Device {
  if (name === "cpu" || name === "webgpu") return name;
  throw new UsageError(`--device is "${name}", expected cpu or webgpu.`);
}

function parseOut(text: string): string {
  if (text.trim() === "") throw new UsageError("--out is empty, expected the name of a folder, as --out report.");
  return text;
}

function chooseChapters(
  text: string,
  chapters: readonly Chapter[],
  able: readonly Chapter[],
  device: Device,
): readonly Chapter[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !/^\d+$/.test(name));
  if (wrong !== undefined)
    throw new UsageError(
      `--chapter is "${text}", of which "${wrong}" is not a number; expected numbers with commas between them, as ` +
        `--chapter 1,3.\n${listChapters(chapters)}`,
    );
  const numbers = names.map(Number);
  const missing = numbers.filter((number) => !chapters.some((chapter) => chapter.number === number));
  if (missing.length > 0) throw new UsageError(`There is no chapter ${missing.join(", ")}.\n${listChapters(chapters)}`);
  const chosen = chapters.filter((chapter) => numbers.includes(chapter.number));
  const unable = chosen.filter((chapter) => !able.includes(chapter)).map(({ number }) => number);
  if (unable.length > 0)
    throw new UsageError(
      `Chapter ${unable.join(", ")} computes in f64 and does not run on ${device}; leave it out, or use --device cpu.\n${listChapters(able)}`,
    );
  return chosen;
}
