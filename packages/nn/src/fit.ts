import { type Tensor, type TreeArgument, jit, random, tree, valueAndGrad } from "@cotangent/core";
import type { Optimizer } from "@cotangent/optim";
import type { ContextLayer, Layer } from "./layer.js";

/** The input of a network, or an array of them where it has several. */
export type InputsOf<A extends unknown[]> = A extends [infer X] ? X : A;

/** Examples: trees of tensors whose axis 0 counts the examples. */
export interface FitData<X = Tensor, Y = Tensor> {
  /** Inputs; an array for a network of several. */
  readonly x: X;
  /** Targets. */
  readonly y: Y;
}

export interface FitOptions<P, X, O, Y, S, Name extends string> {
  /** Where to start, such as `net.init(key)`. */
  readonly params: P;
  readonly data: FitData<X, Y>;
  /** From the output and the targets of a batch to a scalar. */
  readonly loss: (output: O, targets: Y) => Tensor;
  readonly optimizer: Optimizer<S, Name>;
  /** Passes over the data. Default 1. */
  readonly epochs?: number;
  /** Examples a step. Default 32, and never more than there are. */
  readonly batchSize?: number;
  /**
   * What becomes of the last batch of an epoch where it is shorter: `drop` (default) leaves it out, other examples in each
   * epoch; `keep` makes a shorter step of it, which is compiled once more. It is never padded.
   */
  readonly lastBatch?: "drop" | "keep";
  /** Seed or key of the shuffling, which is new in each epoch, and of the network's randomness. Default 0. */
  readonly key?: number | string | Tensor;
  /** Called after each step. */
  readonly onStep?: (progress: FitProgress<P>) => void;
}

export interface FitProgress<P> {
  /** From 0. */
  readonly epoch: number;
  /** Steps made, from 1. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Of this step's batch, before the step. */
  readonly loss: number;
  /**
   * After this step: for early stopping, or a look at the predictions. On a GPU, parameters that nobody has taken from here by the
   * next step are freed then.
   */
  readonly params: P;
}

export interface FitResult<P, NetState = undefined> {
  readonly params: P;
  /** The state of the network, where it has one. */
  readonly state: NetState;
  /** Loss of each step. */
  readonly losses: readonly number[];
  /** Examples that each epoch left out, because they filled no batch. */
  readonly dropped: number;
}

/** Awaited it trains to the end; iterated it yields after each step, and `break` stops it there. */
export interface FitRun<P, NetState = undefined>
  extends AsyncIterable<FitProgress<P>>, PromiseLike<FitResult<P, NetState>> {}

/**
 * Trains a network on batches of a data set: one compiled program a step, which takes its batch out of the data by itself.
 *
 * ```ts
 * const run = fit(net, { params: net.init(key), data: { x, y }, loss: mse, optimizer: adam({ learningRate: 1e-3 }), epochs: 5 });
 * for await (const { step, steps, loss } of run) console.log(step / steps, loss);
 * const { params } = await run;
 * ```
 *
 * @param net a layer or module; one with state or randomness runs in training mode
 * @returns the run, which starts when it is awaited or iterated
 * @throws RangeError or TypeError at once for empty data, lengths that differ, and settings out of range; when it runs, for
 * data that is not finite (naming the example), and a loss that becomes NaN (naming the step)
 */
export function fit<P, A extends unknown[], O, Y, S, Name extends string>(
  net: Layer<P, A, O>,
  options: FitOptions<P, InputsOf<A>, O, Y, S, Name>,
): FitRun<P>;
export function fit<P, A extends unknown[], O, Y, S, Name extends string, NetState>(
  net: ContextLayer<P, NetState, A, O>,
  options: FitOptions<P, InputsOf<A>, O, Y, S, Name> & { readonly state?: NetState },
): FitRun<P, NetState>;
export function fit<P, A extends unknown[], O, Y, S, Name extends string, NetState>(
  net: Layer<P, A, O> | ContextLayer<P, NetState, A, O>,
  options: FitOptions<P, InputsOf<A>, O, Y, S, Name> & { readonly state?: NetState },
): FitRun<P, NetState | undefined> {
  const { data, loss, optimizer, epochs = 1, batchSize = 32, key = 0, lastBatch = "drop", onStep } = options;
  const count = checkData(data);
  checkSettings({ epochs, batchSize }, lastBatch);
  const size = Math.min(batchSize, count);
  const batches = lastBatch === "keep" ? Math.ceil(count / size) : Math.floor(count / size);
  const steps = epochs * batches;
  const root = typeof key === "object" ? key : random.key(key);
  type Variables = { readonly params: P; readonly state: NetState | undefined; readonly optimizer: S };

  const update = jit((now: Variables, stepKey: Tensor, examples: FitData<InputsOf<A>, Y>, indices: Tensor) => {
    const batch = tree.map((leaf) => leaf.take(indices), examples);
    const inputs = (Array.isArray(batch.x) ? batch.x : [batch.x]) as A;
    const lossOf = (params: P): [Tensor, NetState | undefined] => {
      if (net.pure) return [loss(net.apply(params, ...inputs), batch.y), undefined];
      const { output, state } = net.apply({ params, state: now.state }, inputs, { train: true, key: stepKey });
      return [loss(output, batch.y), state];
    };
    const [[value, state], grads] = valueAndGrad(lossOf as typeof lossOf & TreeArgument<P>, { hasAux: true })(
      now.params,
    );
    const next = optimizer.update({ grads, params: now.params, state: now.optimizer });
    return { value, variables: { params: next.params, state, optimizer: next.state } };
  });

  let now: Variables = {
    params: options.params,
    state: net.pure ? undefined : (options.state ?? net.initState()),
    optimizer: optimizer.init(options.params),
  };
  const losses: number[] = [];

  async function* run(): AsyncGenerator<FitProgress<P>, void, undefined> {
    await checkFinite(data);
    let lastPause = performance.now();
    let taken = false;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const epochKey = random.foldIn(root, epoch);
      const order = random.permutation(epochKey, count);
      for (let batch = 0; batch < batches; batch++) {
        const indices = order.at([batch * size, Math.min(count, (batch + 1) * size)]);
        const { value, variables } = update(now, random.foldIn(epochKey, batch + 1), data, indices);
        const [number] = await value.data();
        if (Number.isNaN(number))
          throw new Error(
            `fit: the loss is NaN at step ${losses.length + 1} of ${steps} (epoch ${epoch}), expected a number. ` +
              "Lower the learning rate, clip the gradients, or check the loss and the labels.",
          );
        // Of a GPU's memory the collector knows nothing: with a large network it would come too late. What came first is the caller's.
        free([value, indices, losses.length > 0 ? { ...now, params: taken ? undefined : now.params } : undefined]);
        now = variables;
        taken = false;
        losses.push(number);
        const progress: FitProgress<P> = {
          epoch,
          step: losses.length,
          steps,
          loss: number,
          get params() {
            taken ||= now === variables;
            return variables.params;
          },
        };
        onStep?.(progress);
        yield progress;
        if (performance.now() - lastPause > PAUSE_EVERY) {
          // Lets timers, input and drawing happen.
          await new Promise((resolve) => setTimeout(resolve, 0));
          lastPause = performance.now();
        }
      }
    }
  }
  const generator = run();
  const finish = async (): Promise<FitResult<P, NetState | undefined>> => {
    for await (const _ of generator);
    return { params: now.params, state: now.state, losses, dropped: Math.max(0, count - batches * size) };
  };
  let finished: ReturnType<typeof finish> | undefined;
  return {
    [Symbol.asyncIterator]: () => generator,
    // oxlint-disable-next-line unicorn/no-thenable -- a run is meant to be awaited
    then: (resolve, reject) => (finished ??= finish()).then(resolve, reject),
  };
}

/** Milliseconds between pauses. */
const PAUSE_EVERY = 30;

/** On the CPU it does nothing. */
const free = (used: unknown): void => tree.leaves(used).forEach((leaf) => leaf.dispose());

function checkData({ x, y }: FitData<unknown, unknown>): number {
  const leaves = tree.entries({ x, y });
  for (const name of ["x", "y"])
    if (!leaves.some(([path]) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`)))
      throw new TypeError(
        `fit: data has no ${name}, expected { x, y }, tensors with one example a row. Pass inputs as x, targets as y.`,
      );
  const [[first, { shape }]] = leaves;
  for (const [path, leaf] of leaves)
    if (leaf.ndim === 0 || leaf.shape[0] !== shape[0])
      throw new RangeError(
        `fit: data.${first} has shape [${shape.join(", ")}] and data.${path} [${leaf.shape.join(", ")}], expected the same number of examples along axis 0. Check that none was lost.`,
      );
  if (shape[0] === 0)
    throw new RangeError("fit: the data is empty, expected at least one example. Check how it was loaded.");
  return shape[0];
}

function checkSettings(counts: Readonly<Record<string, number>>, lastBatch: string): void {
  for (const [name, n] of Object.entries(counts))
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(
        `fit: ${name} is ${String(n)}, expected a whole number of at least 1. Leave it out for the default.`,
      );
  if (lastBatch !== "drop" && lastBatch !== "keep")
    throw new RangeError(
      `fit: lastBatch is ${String(lastBatch)}, expected "drop" or "keep". Leave it out to drop a short one.`,
    );
}

async function checkFinite(data: FitData<unknown, unknown>): Promise<void> {
  for (const [path, leaf] of tree.entries({ x: data.x, y: data.y })) {
    if (leaf.dtype !== "f32" && leaf.dtype !== "f64") continue;
    const values = await leaf.data();
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new RangeError(
        `fit: data.${path} holds ${values[at]} in example ${Math.floor(at / (leaf.size / leaf.shape[0]))}, expected finite numbers. Remove or fill in what is missing first.`,
      );
  }
}
