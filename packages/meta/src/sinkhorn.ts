import { type Tensor, logSoftmax } from "@cotangent/core";

export interface SinkhornOptions {
  /** Rounds of normalising rows, then columns. Default 4. */
  readonly iterations?: number;
  /** Logits are divided by it: towards 0 the result becomes a permutation matrix, and its derivatives vanish. Default 1. */
  readonly temperature?: number | Tensor;
}

/**
 * A doubly stochastic matrix from logits: e^(logits / temperature), with rows and columns normalised in turn until all of
 * them sum to 1. The last step normalises columns, so they sum to 1 exactly and rows nearly. Differentiable.
 *
 * In logarithms, so that logits of any size neither overflow nor lose a row to 0.
 *
 * ```ts
 * sinkhorn(tensor([[3, 0], [0, 3]])); // about [[0.95, 0.05], [0.05, 0.95]]
 * ```
 *
 * @param logits [..., n, n]
 * @returns [..., n, n]
 * @throws RangeError when the last two axes differ, or an option makes no sense
 * @see Sinkhorn and Knopp (1967), Pacific Journal of Mathematics 21; Mena et al. (2018), arXiv 1802.08665, section 2
 */
export function sinkhorn(logits: Tensor, options: SinkhornOptions = {}): Tensor {
  const { iterations = 4, temperature = 1 } = options;
  const n = logits.shape[logits.ndim - 1];
  if (logits.ndim < 2 || n !== logits.shape[logits.ndim - 2])
    throw new RangeError(
      `sinkhorn: the logits have shape [${logits.shape.join(", ")}], expected [..., n, n]. Give as many positions as elements.`,
    );
  if (!(Number.isSafeInteger(iterations) && iterations >= 1))
    throw new RangeError(
      `sinkhorn: iterations is ${iterations}, expected a whole number of at least 1. Use 4 if in doubt.`,
    );
  if (typeof temperature === "number" && !(temperature > 0 && temperature < Infinity))
    throw new RangeError(
      `sinkhorn: temperature is ${temperature}, expected a positive finite number. Use 1 if in doubt.`,
    );
  let log = temperature === 1 ? logits : logits.div(temperature);
  for (let i = 0; i < iterations; i++) log = logSoftmax(logSoftmax(log, -1), -2);
  return log.exp();
}
