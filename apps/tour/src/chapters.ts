import type { Chapter } from "./chapter.js";
import { approximator } from "./chapters/01-approximator.js";
import { estimation } from "./chapters/02-estimation.js";
import { regularisation } from "./chapters/03-regularisation.js";
import { uncertainty } from "./chapters/04-uncertainty.js";
import { inference } from "./chapters/05-inference.js";
import { sequences } from "./chapters/06-sequences.js";
import { permutations } from "./chapters/07-permutations.js";
import { learningToLearn } from "./chapters/08-learning-to-learn.js";
import { withoutGradients } from "./chapters/09-without-gradients.js";
import { localLearning } from "./chapters/10-local-learning.js";

/** The chapters that exist, in the order of the story. */
export const chapters: readonly Chapter[] = [
  approximator,
  estimation,
  regularisation,
  uncertainty,
  inference,
  sequences,
  permutations,
  learningToLearn,
  withoutGradients,
  localLearning,
];
