import { binomialSamplePrimitive, drawElements, poissonSamplePrimitive } from "../../primitives/rejection.js";
import { type Shape, broadcastShapes, checkShape, describe, sameShape } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { add, greater, logicalAnd, minimum, neg, sub, where } from "../arithmetic.js";
import { log } from "../elementary.js";
import { astype } from "../creation.js";
import { type TensorLike, checkTensor } from "../promote.js";
import { argmax } from "../reduction.js";
import { parametersOf } from "./draw.js";
import { checkKey, pairs } from "./keys.js";
import { uniformOf } from "./uniform.js";

/** A category for each row of logits along the last axis, i32, by the Gumbel trick. */
export function categorical(key_: Tensor, logits: Tensor, shape?: Shape): Tensor {
  checkTensor("random.categorical", "logits", logits);
  const rows = logits.shape.slice(0, -1);
  const drawn = shape ?? rows;
  checkShape("random.categorical", drawn);
  const joint = broadcastShapes(rows, drawn);
  if (logits.ndim === 0 || logits.shape[logits.ndim - 1] === 0 || joint === undefined || !sameShape(joint, drawn))
    throw new RangeError(
      `random.categorical: logits are ${describe(logits)} and the shape of the draws [${drawn.join(", ")}], expected at least one category on the last axis, and rows that broadcast to the draws.`,
    );
  const full_ = [...drawn, logits.shape[logits.ndim - 1]];
  const u = uniformOf("categorical", key_, full_, { low: 2 ** -126, dtype: logits.dtype === "f64" ? "f64" : "f32" });
  const gumbel = neg(log(neg(log(u))));
  return argmax(add(logits, gumbel), -1);
}

/**
 * Poisson counts, i32; -1 where the rate is negative, infinite or NaN. Exact in f64: counting up for rates below 10, Hörmann's transformed
 * rejection (PTRS, 1993) above.
 */
export function poisson(key_: Tensor, rate: TensorLike, shape?: Shape): Tensor {
  checkKey("poisson", key_);
  const [r] = parametersOf("poisson", [rate], shape, "f64");
  return drawElements(poissonSamplePrimitive, [...pairs(key_, r.shape), r]);
}

/**
 * Binomial counts of n trials with probability p, i32; -1 for parameters outside their domain. As `poisson`, with Hörmann's BTRS.
 */
export function binomial(key_: Tensor, n: TensorLike, p: TensorLike, shape?: Shape): Tensor {
  checkKey("binomial", key_);
  const [trials, probability] = parametersOf("binomial", [n, p], shape, "f64");
  // Failures are counted where successes are the more likely: the samplers want p <= 1/2.
  const failure = sub(1, probability);
  const k = drawElements(binomialSamplePrimitive, [
    ...pairs(key_, trials.shape),
    trials,
    minimum(probability, failure),
  ]);
  const likely = greater(probability, 0.5);
  return where(logicalAnd(likely, greater(k, -1)), sub(astype(trials, "i32"), k), k);
}
