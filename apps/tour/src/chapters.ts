import type { Chapter } from "./chapter.js";
import { permutations } from "./chapters/07-permutations.js";
import { learningToLearn } from "./chapters/08-learning-to-learn.js";
import { withoutGradients } from "./chapters/09-without-gradients.js";
import { localLearning } from "./chapters/10-local-learning.js";

/** The chapters that exist, in the order of the story. */
export const chapters: readonly Chapter[] = [permutations, learningToLearn, withoutGradients, localLearning];
