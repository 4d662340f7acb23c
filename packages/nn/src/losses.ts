import { type Tensor, logSoftmax, where } from "@cotangent/core";
import { describe } from "./sizes.js";

/**
 * Mean of squared differences over all elements, a scalar.
 *
 * @throws RangeError when the shapes differ: broadcasting here is nearly always a mistake
 */
export function mse(prediction: Tensor, target: Tensor): Tensor {
  if (prediction.shape.join() !== target.shape.join())
    throw new RangeError(
      `mse: the prediction is ${describe(prediction)} and the target ${describe(target)}, expected equal shapes. Reshape one of them.`,
    );
  return prediction.sub(target).square().mean();
}

export interface CrossEntropyOptions {
  /** Labels of positions that do not count, such as padding. Default -100, as in PyTorch. */
  readonly ignoreIndex?: number;
}

/**
 * Mean negative log probability of the right classes, in nats: a scalar.
 *
 * ```ts
 * crossEntropy(net.apply(params, x), labels);
 * ```
 *
 * @param logits [..., classes]
 * @param labels i32 [...], from 0 to classes - 1, or ignoreIndex
 * @throws RangeError for shapes that do not fit, and a label outside; a compiled program gives NaN for such a label
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { ignoreIndex = -100 } = options;
  if (logits.ndim < 1 || logits.shape.slice(0, -1).join() !== labels.shape.join())
    throw new RangeError(
      `crossEntropy: logits are ${describe(logits)} and labels ${describe(labels)}, expected logits [..., classes] and labels [...]. Reshape one of them.`,
    );
  if (labels.dtype !== "i32" && labels.dtype !== "u32")
    throw new TypeError(
      `crossEntropy: labels are ${describe(labels)}, expected i32. Make them with dtype "i32", or cast them with astype("i32").`,
    );
  const classes = logits.shape[logits.ndim - 1];
  const counts = labels.notEqual(ignoreIndex);
  const outside = counts.logicalAnd(labels.less(0).logicalOr(labels.greaterEqual(classes)));
  // A negative label must not count from the end.
  const position = where(outside, classes, where(counts, labels, 0));
  const picked = pick(logSoftmax(logits, -1), position, classes);
  const loss = where(outside, NaN, where(counts, picked.neg(), 0));
  return loss.sum().div(counts.sum().astype(loss.dtype));
}

function pick(logProbabilities: Tensor, position: Tensor, classes: number): Tensor {
  try {
    return logProbabilities.takeAlongAxis(position.expandDims(-1), -1).squeeze(-1);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(
      `crossEntropy: a label is outside of 0 to ${classes - 1}, expected the class of each row of logits. Check the labels, or set ignoreIndex.`,
      { cause },
    );
  }
}
