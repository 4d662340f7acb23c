import { Presets, SingleBar } from "cli-progress";
import type { Chapter } from "./chapter.js";
import type { Output } from "./output.js";

/** Shows how far the tour is. Calls come as start, any number of updates, finish, for each chapter. */
export interface Progress {
  start(chapter: Chapter): void;
  /** @param fraction done of the chapter, 0 to 1 */
  update(fraction: number, note: string): void;
  finish(chapter: Chapter, passed: boolean, seconds: number): void;
}

/**
 * Progress as one terminal shows it best: a moving bar where there is a person to see it, plain lines in a log.
 *
 * @param output where to write
 * @param count number of chapters that will run
 */
export function progressOn(output: Output, count: number): Progress {
  return output.isTTY === true ? barProgress(output, count) : lineProgress(output, count);
}

function lineProgress(output: Output, count: number): Progress {
  let place = 0;
  let quarter = 0;
  return {
    start(chapter) {
      place++;
      quarter = 0;
      output.write(`[${place}/${count}] ${heading(chapter)}\n`);
    },
    update(fraction, note) {
      const reached = Math.floor(fraction * 4);
      if (reached <= quarter || reached === 4) return; // finish says the rest
      quarter = reached;
      output.write(`[${place}/${count}]   ${25 * quarter} %${note === "" ? "" : `  ${note}`}\n`);
    },
    finish(chapter, passed, seconds) {
      output.write(`[${place}/${count}] ${ending(chapter, passed, seconds)}\n`);
    },
  };
}

function barProgress(output: Output, count: number): Progress {
  let place = 0;
  let bar: SingleBar | undefined;
  return {
    start(chapter) {
      place++;
      bar = new SingleBar(
        {
          format: `[${place}/${count}] ${heading(chapter)} {bar} {percentage} %  {note}`,
          stream: output,
          barsize: 24,
          clearOnComplete: true,
          hideCursor: true,
        },
        Presets.rect,
      );
      bar.start(100, 0, { note: "" });
    },
    update(fraction, note) {
      // Chapters seldom let the event loop turn; cli-progress draws inside update, at most ten times a second.
      bar?.update(Math.floor(100 * fraction), { note });
    },
    finish(chapter, passed, seconds) {
      bar?.stop();
      output.write(`[${place}/${count}] ${ending(chapter, passed, seconds)}\n`);
    },
  };
}

function heading(chapter: Chapter): string {
  return `${chapter.number}. ${chapter.title}`;
}

function ending(chapter: Chapter, passed: boolean, seconds: number): string {
  return `${heading(chapter)}: ${passed ? "passed" : "FAILED"} in ${seconds.toFixed(1)} s`;
}
