import { type Tensor, logSoftmax } from "@cotangent/core";

const describe = (x: Tensor): string => `${x.dtype}[${x.shape.join(", ")}]`;

/** Mean of squared differences, over all elements. @throws when the shapes differ: broadcasting here is nearly always a mistake */
export function mse(prediction: Tensor, target: Tensor): Tensor {
  if (prediction.shape.join() !== target.shape.join())
    throw new RangeError(
      `mse: the prediction is ${describe(prediction)} and the target ${describe(target)}, expected equal shapes. Reshape one.`,
    );
  return prediction.sub(target).square().mean();
}

/**
 * Mean negative log probability of the right classes.
 *
 * @param logits [..., classes]
 * @param labels i32 [...], the class of each
 * @returns nats, a scalar
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  if (logits.ndim < 1 || logits.shape.slice(0, -1).join() !== labels.shape.join())
    throw new RangeError(
      `crossEntropy: logits are ${describe(logits)} and labels ${describe(labels)}, expected logits [..., classes] and labels [...].`,
    );
  if (labels.dtype !== "i32" && labels.dtype !== "u32")
    throw new TypeError(
      `crossEntropy: labels are ${describe(labels)}, expected integers. Cast them with astype("i32").`,
    );
  return logSoftmax(logits, -1).takeAlongAxis(labels.expandDims(-1), -1).mean().neg();
}
