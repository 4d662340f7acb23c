import type { Chapter } from "./chapter.js";
import { withoutGradients } from "./chapters/09-without-gradients.js";
import { localLearning } from "./chapters/10-local-learning.js";

/** The chapters that exist, in the order of the story. */
export const chapters: readonly Chapter[] = [withoutGradients, localLearning];
