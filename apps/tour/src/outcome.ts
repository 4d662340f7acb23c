import type { Chapter, ChapterResult } from "./chapter.js";

/** What became of one chapter: what it found, or the error that stopped it. */
export interface Outcome {
  readonly chapter: Pick<Chapter, "number" | "title">;
  /** Wall-clock time in seconds. */
  readonly seconds: number;
  readonly ended: { readonly result: ChapterResult } | { readonly error: unknown };
}

/** What the chapter found, if it ran to its end. */
export function resultOf({ ended }: Outcome): ChapterResult | undefined {
  return "result" in ended ? ended.result : undefined;
}

/** Whether the chapter ran to its end, made checks, and all of them passed. */
export function hasPassed(outcome: Outcome): boolean {
  return causesOfFailure(outcome).length === 0;
}

/**
 * Why the chapter failed, a sentence for each cause.
 *
 * @returns an empty list if it passed
 */
export function causesOfFailure({ ended }: Outcome): string[] {
  if ("error" in ended) return [`It stopped with an error: ${describeError(ended.error)}`];
  const { checks } = ended.result;
  if (checks.length === 0) return ["It made no checks, so nothing says that it works."]; // all of none would pass
  return checks.filter((check) => !check.passed).map(({ what, detail }) => `${what}: ${detail}`);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : ` (cause: ${describeError(error.cause)})`;
  return `${error.message || error.name}${cause}`;
}
