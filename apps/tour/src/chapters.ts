import type { Chapter } from "./chapter.js";

/** The chapters that exist, in the order of the story. */
export const chapters: readonly Chapter[] = [];
