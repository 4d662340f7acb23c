import type { Primitive } from "../graph/primitive.js";
import { divPrimitive, subPrimitive } from "../primitives/arithmetic.js";
import {
  addPrimitive,
  broadcastPrimitive,
  mulPrimitive,
  negPrimitive,
  reshapePrimitive,
  sumPrimitive,
  transposePrimitive,
} from "../primitives/basis.js";
import { barrierPrimitive, namePrimitive } from "../primitives/barrier.js";
import { comparisonPrimitives } from "../primitives/comparison.js";
import { convertPrimitive, reinterpretPrimitive, stopGradientPrimitive } from "../primitives/conversion.js";
import { dotPrimitive } from "../primitives/dot.js";
import { elementaryPrimitives } from "../primitives/elementary.js";
import { dynamicSlicePrimitive, dynamicUpdateSlicePrimitive } from "../primitives/dynamicSlice.js";
import {
  gatherPrimitive,
  scatterAddPrimitive,
  scatterMaxPrimitive,
  scatterMinPrimitive,
} from "../primitives/indexing.js";
import { incompleteBetaPrimitive } from "../primitives/incompleteBeta.js";
import { incompleteGammaPrimitive } from "../primitives/incompleteGamma.js";
import { hostCallPrimitive } from "../primitives/hostCall.js";
import { iotaPrimitive } from "../primitives/iota.js";
import { eighPrimitive } from "../primitives/eigh.js";
import { choleskyPrimitive, triangularSolvePrimitive } from "../primitives/linalg.js";
import { luPrimitive, luSolvePrimitive, pinvPrimitive } from "../primitives/lu.js";
import { qrPrimitive } from "../primitives/qr.js";
import { threefryPrimitive } from "../primitives/random.js";
import { cumulativeArgExtremumPrimitive, linearRecurrencePrimitive } from "../primitives/recurrence.js";
import { binomialSamplePrimitive, logGammaSamplePrimitive, poissonSamplePrimitive } from "../primitives/rejection.js";
import {
  argExtremumPrimitive,
  cumsumPrimitive,
  maxPrimitive,
  minPrimitive,
  prodPrimitive,
} from "../primitives/reduce.js";
import { concatPrimitive, flipPrimitive, padPrimitive, slicePrimitive } from "../primitives/shape.js";
import { argsortPrimitive } from "../primitives/sort.js";
import { specialPrimitives } from "../primitives/special.js";
import { svdPrimitive } from "../primitives/svd.js";
import { overlapAddPrimitive, windowsPrimitive } from "../primitives/windows.js";
import { checkpointPrimitive } from "./checkpoint.js";
import { condPrimitive } from "./cond.js";
import { customJvpPrimitive } from "./customJvp.js";
import { customCotangentPrimitive, customVjpPrimitive } from "./customVjp.js";
import { jitPrimitive } from "./jit.js";
import { linearSolvePrimitive } from "./linearSolve.js";
import { scanPrimitive } from "./scan.js";
import { whilePrimitive } from "./while.js";

/** Every primitive there is. Tests fail for one that has no row, or no form in program/forms.ts. */
export const primitives: readonly Primitive[] = [
  addPrimitive,
  subPrimitive,
  mulPrimitive,
  divPrimitive,
  negPrimitive,
  ...Object.values(elementaryPrimitives),
  ...specialPrimitives,
  ...Object.values(comparisonPrimitives),
  incompleteGammaPrimitive as Primitive,
  incompleteBetaPrimitive as Primitive,
  convertPrimitive as Primitive,
  reinterpretPrimitive as Primitive,
  stopGradientPrimitive,
  sumPrimitive as Primitive,
  maxPrimitive as Primitive,
  minPrimitive as Primitive,
  prodPrimitive as Primitive,
  argExtremumPrimitive as Primitive,
  cumsumPrimitive as Primitive,
  linearRecurrencePrimitive as Primitive,
  cumulativeArgExtremumPrimitive as Primitive,
  dotPrimitive as Primitive,
  broadcastPrimitive as Primitive,
  reshapePrimitive as Primitive,
  transposePrimitive as Primitive,
  slicePrimitive as Primitive,
  padPrimitive as Primitive,
  flipPrimitive as Primitive,
  concatPrimitive as Primitive,
  windowsPrimitive as Primitive,
  overlapAddPrimitive as Primitive,
  iotaPrimitive as Primitive,
  gatherPrimitive as Primitive,
  scatterAddPrimitive as Primitive,
  scatterMaxPrimitive as Primitive,
  scatterMinPrimitive as Primitive,
  dynamicSlicePrimitive as Primitive,
  dynamicUpdateSlicePrimitive as Primitive,
  argsortPrimitive,
  choleskyPrimitive,
  triangularSolvePrimitive as Primitive,
  eighPrimitive,
  luPrimitive as Primitive,
  luSolvePrimitive as Primitive,
  pinvPrimitive,
  qrPrimitive as Primitive,
  svdPrimitive,
  threefryPrimitive,
  logGammaSamplePrimitive,
  poissonSamplePrimitive,
  binomialSamplePrimitive,
  jitPrimitive as Primitive,
  scanPrimitive as Primitive,
  condPrimitive as Primitive,
  whilePrimitive as Primitive,
  linearSolvePrimitive as Primitive,
  hostCallPrimitive as Primitive,
  barrierPrimitive,
  namePrimitive as Primitive,
  checkpointPrimitive as Primitive,
  customJvpPrimitive as Primitive,
  customVjpPrimitive as Primitive,
  customCotangentPrimitive as Primitive,
];
