import type { Chapter } from "./chapter.js";
import { hasPassed, type Outcome } from "./outcome.js";
import type { Progress } from "./progress.js";

/**
 * Runs chapters one after another; one that throws does not keep the others from running.
 *
 * @param chapters in the order in which to run them
 * @param seed given to each
 * @param progress told when a chapter starts, how far it is and how it ended
 * @returns what became of each, in the same order
 */
export async function runChapters(
  chapters: readonly Chapter[],
  seed: number,
  progress: Progress,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const chapter of chapters) {
    progress.start(chapter);
    const outcome = await runChapter(chapter, seed, progress);
    progress.finish(chapter, hasPassed(outcome), outcome.seconds);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runChapter(chapter: Chapter, seed: number, progress: Progress): Promise<Outcome> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const report = (fraction: number, note = ""): void => progress.update(clamp(fraction), note);
  try {
    const result = await chapter.run({ seed, progress: report });
    return { chapter, seconds: seconds(), ended: { result } };
  } catch (error) {
    return { chapter, seconds: seconds(), ended: { error } };
  }
}

// A bar at NaN or beyond its end helps nobody, and is no reason to fail.
function clamp(fraction: number): number {
  return fraction > 0 ? Math.min(fraction, 1) : 0;
}
