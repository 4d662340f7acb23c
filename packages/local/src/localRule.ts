import { type Tensor, isTensor, random, scan, tensor } from "@cotangent/core";

export interface RunOptions {
  /** A seed or a key, for the first weights and the order of the examples. Default 0. */
  readonly key?: number | string | Tensor;
  /** How often each example is shown, each time in a new order. Default 1. */
  readonly epochs?: number;
}

/** A rule by which weights learn from one example after another, each weight from what it sees itself. */
export interface LocalRule {
  /**
   * The weights after one example.
   *
   * @param weights as from `run`
   * @param x the example, [features]
   * @param step examples seen before, a scalar
   */
  readonly step: (weights: Tensor, x: Tensor, step: Tensor) => Tensor;
  /**
   * Starts from small random weights and shows all rows of x, in random order, as one compiled loop.
   *
   * @param x [examples, features], with the mean of each feature at 0
   */
  readonly run: (x: Tensor, options?: RunOptions) => Tensor;
}

/** Shows the examples, and checks them. */
export function present(
  rule: string,
  step: LocalRule["step"],
  components: number,
  x: Tensor,
  options: RunOptions = {},
): Tensor {
  const { key = 0, epochs = 1 } = options;
  if (!isTensor(x) || x.ndim !== 2 || x.size === 0 || (x.dtype !== "f32" && x.dtype !== "f64"))
    throw new RangeError(
      `${rule}: x is ${isTensor(x) ? `${x.dtype}[${x.shape.join(", ")}]` : typeof x}, expected f32 or f64 [examples, features] with at least one of each. Reshape or convert it.`,
    );
  const { dtype } = x;
  const [examples, features] = x.shape;
  if (components > features)
    throw new RangeError(
      `${rule}: components is ${components}, expected at most ${features}, the number of features of x.`,
    );
  if (!(Number.isSafeInteger(epochs) && epochs >= 1))
    throw new RangeError(`${rule}: epochs is ${String(epochs)}, expected a whole number of at least 1.`);
  const [first, order] = random.split(isTensor(key) ? key : random.key(key));
  const start = random.normal(first, [components, features], { dtype, std: 1 / Math.sqrt(features) });
  const epoch = ({ weights, at }: Carry, number: Tensor): [Carry, undefined] => {
    const shuffled = random.shuffle(random.foldIn(order, number), x);
    const show = ({ weights: w, at: t }: Carry, row: Tensor): [Carry, undefined] => [
      { weights: step(w, row, t), at: t.add(1) },
      undefined,
    ];
    return [scan(show, { weights, at }, shuffled)[0], undefined];
  };
  const numbers = tensor(Int32Array.from({ length: epochs }, (_, i) => i));
  const weights = scan(epoch, { weights: start, at: tensor(0, { dtype }) }, numbers)[0].weights;
  // On a GPU to look is to wait, which only the caller may decide.
  if (weights.device === "cpu" && !weights.isFinite().all().item())
    throw new RangeError(
      `${rule}: the weights grew without bound over ${examples * epochs} examples. Use a smaller rate, or scale the features; and look for NaN in x.`,
    );
  return weights;
}

interface Carry {
  readonly weights: Tensor;
  readonly at: Tensor;
}
