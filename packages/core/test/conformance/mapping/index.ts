import { convolutionMapping, convolutionSkips } from "./convolution.js";
import { fftMapping } from "./fft.js";
import { specialMapping } from "./special.js";
import { elementwiseMapping, elementwiseSkips } from "./elementwise.js";
import { indexingMapping, indexingSkips } from "./indexing.js";
import { linalgMapping, linalgSkips } from "./linalg.js";
import type { Mapping, Skips } from "./mapping.js";
import { neuralMapping } from "./neural.js";
import { reductionMapping } from "./reduction.js";
import { shapeMapping, shapeSkips } from "./shape.js";

/** Every mapped operation, by family: one import and one line each. */
export const mapping: Mapping = {
  ...indexingMapping,
  ...shapeMapping,
  ...elementwiseMapping,
  ...reductionMapping,
  ...neuralMapping,
  ...specialMapping,
  ...linalgMapping,
  ...convolutionMapping,
  ...fftMapping,
};

/** By family: what is left out, and why. */
export const skips: Skips = {
  ...linalgSkips,
  ...elementwiseSkips,
  ...indexingSkips,
  ...shapeSkips,
  ...convolutionSkips,
};
