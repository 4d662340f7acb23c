import { convolutionMapping, convolutionSkips } from "./convolution.js";
import { specialMapping } from "./special.js";
import { indexingMapping, indexingSkips } from "./indexing.js";
import type { Mapping, Skips } from "./mapping.js";
import { shapeMapping, shapeSkips } from "./shape.js";
import { specialMapping } from "./special.js";

/** Every mapped operation, by family: one import and one line each. */
export const mapping: Mapping = {
  ...convolutionMapping,
  ...indexingMapping,
  ...shapeMapping,
  ...specialMapping,
  abs: (x) => x.abs(),
  matmul: (x, [y]) => x.matmul(y),
};

/** By family: what is left out, and why. */
export const skips: Skips = { ...indexingSkips, ...shapeSkips, ...convolutionSkips };
export const skips: Skips = {
  ...convolutionSkips,
  ...indexingSkips,
  ...shapeSkips,
};
