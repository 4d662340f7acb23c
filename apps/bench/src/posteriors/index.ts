import { autoregression } from "./autoregression.js";
import { diamonds } from "./diamonds.js";
import { eightSchools } from "./eightSchools.js";
import { garch } from "./garch.js";
import { gaussianProcess } from "./gaussianProcess.js";
import { hiddenMarkov } from "./hiddenMarkov.js";
import { kidscore } from "./kidscore.js";
import { mixture } from "./mixture.js";
import type { Posterior } from "./posterior.js";
import { radon } from "./radon.js";
import { wells } from "./wells.js";

/** In the order of ../shared/targets.md. */
export const posteriors: readonly Posterior[] = [
  eightSchools,
  kidscore,
  wells,
  radon,
  garch,
  autoregression,
  gaussianProcess,
  hiddenMarkov,
  mixture,
  diamonds,
];
