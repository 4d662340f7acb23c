import { type Tensor, type TreeArgument, jit, random, valueAndGrad } from "@cotangent/core";
import type { Optimizer } from "@cotangent/optim";
import type { Layer } from "./layer.js";

export interface FitData {
  /** Inputs; axis 0 is the example. */
  readonly x: Tensor;
  /** Targets, as many. */
  readonly y: Tensor;
}

export interface FitOptions<P, B> {
  /** Where to start; `net.init(key)`. */
  readonly params: P;
  readonly data: FitData;
  /** From the output and the targets of a batch to a scalar. */
  readonly loss: (output: B, targets: Tensor) => Tensor;
  readonly optimizer: Optimizer;
  /** Passes over the data. Default 1. */
  readonly epochs?: number;
  /** Examples a step. Default 32. A last batch that is shorter is dropped; the order changes every epoch. */
  readonly batchSize?: number;
  /** Of the shuffling and of dropout. Default 0. */
  readonly key?: number | string | Tensor;
  /** Called after each step. */
  readonly onStep?: (progress: FitProgress<P>) => void;
}

export interface FitProgress<P> {
  readonly epoch: number;
  /** Steps made, from 1. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** After this step: for early stopping, or a look at the predictions. */
  readonly params: P;
}

export interface FitResult<P> {
  readonly params: P;
  readonly state: unknown;
  /** Loss of each step. */
  readonly losses: readonly number[];
}

/** Awaited it trains to the end; iterated it yields after each step, and `break` stops it. */
export interface FitRun<P> extends AsyncIterable<FitProgress<P>>, PromiseLike<FitResult<P>> {}

/**
 * Trains a network on batches of a data set, one compiled program a step.
 *
 * @throws for empty data, data that is not finite, lengths that differ, and a loss that becomes NaN (naming the step)
 * @example const { params } = await fit(net, { params: net.init(key), data: { x, y }, loss: mse, optimizer: adam({ learningRate: 1e-3 }), epochs: 5 })
 */
export function fit<P, B>(net: Layer<P, [x: Tensor], B>, options: FitOptions<P, B>): FitRun<P> {
  const { data, loss, optimizer, epochs = 1, batchSize = 32, key = 0, onStep } = options;
  const count = check(data, epochs, batchSize);
  const root = typeof key === "object" ? key : random.key(key);
  const batches = Math.floor(count / Math.min(batchSize, count));
  const size = Math.min(batchSize, count);
  const steps = epochs * batches;
  const update = jit((params: P, state: unknown, dropoutKey: Tensor, x: Tensor, y: Tensor, indices: Tensor) => {
    const lossOf = (p: P): Tensor =>
      loss(net.forward(p, { train: true, key: dropoutKey }, x.take(indices)), y.take(indices));
    const [value, grads] = valueAndGrad(lossOf as typeof lossOf & TreeArgument<P>)(params);
    const next = optimizer.update({ grads, params, state });
    return { value, params: next.params, state: next.state };
  });
  let { params } = options;
  let state: unknown = optimizer.init(params);
  const losses: number[] = [];

  async function* run(): AsyncGenerator<FitProgress<P>, void, undefined> {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const epochKey = random.foldIn(root, epoch);
      const order = random.permutation(epochKey, count);
      for (let b = 0; b < batches; b++) {
        const indices = order.at([b * size, (b + 1) * size]);
        const next = update(params, state, random.foldIn(epochKey, b + 1), data.x, data.y, indices);
        const value = next.value.item();
        if (Number.isNaN(value))
          throw new Error(
            `fit: the loss is NaN at step ${losses.length + 1} of ${steps}. Lower the learning rate, or clip gradients.`,
          );
        ({ params, state } = next);
        losses.push(value);
        const progress: FitProgress<P> = { epoch, step: losses.length, steps, loss: value, params };
        onStep?.(progress);
        yield progress;
      }
      // Lets timers, input and drawing happen between epochs.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  let started: AsyncGenerator<FitProgress<P>, void, undefined> | undefined;
  const generator = (): AsyncGenerator<FitProgress<P>, void, undefined> => (started ??= run());
  const finish = async (): Promise<FitResult<P>> => {
    for await (const progress of generator()) void progress;
    return { params, state, losses };
  };
  let finished: Promise<FitResult<P>> | undefined;
  return {
    [Symbol.asyncIterator]: generator,
    // oxlint-disable-next-line unicorn/no-thenable -- a run is meant to be awaited
    then: (resolve, reject) => (finished ??= finish()).then(resolve, reject),
  };
}

function check({ x, y }: FitData, epochs: number, batchSize: number): number {
  if (x.ndim === 0 || y.ndim === 0 || x.shape[0] !== y.shape[0])
    throw new RangeError(
      `fit: x has shape [${x.shape.join(", ")}] and y [${y.shape.join(", ")}], expected the same number of examples along axis 0.`,
    );
  if (x.shape[0] === 0) throw new RangeError("fit: the data is empty, expected at least one example.");
  for (const [name, n] of [
    ["epochs", epochs],
    ["batchSize", batchSize],
  ] as const)
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`fit: ${name} is ${n}, expected a positive whole number.`);
  for (const [name, t] of [
    ["x", x],
    ["y", y],
  ] as const) {
    const at = t.storage.findIndex((v) => !Number.isFinite(v));
    if (at >= 0)
      throw new RangeError(
        `fit: data.${name} holds ${t.storage[at]} (example ${Math.floor(at / (t.size / t.shape[0]))}). Remove or impute it first.`,
      );
  }
  return x.shape[0];
}
