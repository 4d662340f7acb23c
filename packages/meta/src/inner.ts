import { type Tensor, type TreeArgument, scan, stopGradient, tree, valueAndGrad } from "@cotangent/core";
import type { Hyper, Optimizer } from "@cotangent/optim";

/** Differentiates through the steps themselves. */
export interface Unroll {
  readonly kind: "unroll";
  /** 2: exactly. 1: as if each inner gradient were a constant, which is cheaper and biased. */
  readonly order: 1 | 2;
}

/** How to differentiate an inner problem. */
export type Adjoint = Unroll;

/**
 * Differentiate through every inner step. The order has no default: whether a meta-gradient is exact is never a surprise.
 *
 * @throws RangeError for an order other than 1 and 2
 */
export function unroll(options: { readonly order: 1 | 2 }): Unroll {
  const { order } = options;
  if (order !== 1 && order !== 2)
    throw new RangeError(
      `unroll: order is ${String(order)}, expected 2 (exact) or 1 (inner gradients taken as constants). Use 2 if in doubt.`,
    );
  return { kind: "unroll", order };
}

export interface InnerOptions<Name extends string = never> {
  /** Number of updates. */
  readonly steps: number;
  /** How to differentiate the result: `unroll({ order: 2 })`. */
  readonly adjoint: Adjoint;
  /** Hyperparameters for every update, which may be tensors to differentiate. Default: the optimiser's own. */
  readonly hyper?: Hyper<Name>;
}

export interface InnerResult<P, S> {
  readonly params: P;
  readonly state: S;
  /** The loss before each step, [steps]. */
  readonly losses: Tensor;
}

/** Solves an inner problem; `steps` and `adjoint` tell how. */
export interface Inner<P, R extends unknown[], S> {
  (params: P, ...args: R): InnerResult<P, S>;
  readonly steps: number;
  readonly adjoint: Adjoint;
}

/**
 * inner : (loss, optimizer) -> (params -> params). A few steps of an optimiser as a differentiable function of where it
 * starts and of everything that the loss is given. The step is traced and compiled once, whatever their number.
 *
 * ```ts
 * const adapt = inner(loss, sgd({ learningRate: 0.01 }), { steps: 5, adjoint: unroll({ order: 2 }) });
 * const metaLoss = (start: Params, task: Task) => loss(adapt(start, task.train).params, task.test);
 * grad(metaLoss)(start, task); // how the start should change so that 5 steps do better
 * ```
 *
 * @param loss from (params, ...args) to a scalar
 * @param optimizer pure functions init and update, as in @cotangent/optim
 * @returns a function of (params, ...args); it carries `steps` and `adjoint`
 * @throws RangeError when steps is not a whole number, or the adjoint is missing
 * @see Finn, Abbeel, Levine (2017), arXiv 1703.03400; Franceschi et al. (2018), arXiv 1806.04910
 */
export function inner<P, R extends unknown[], S, Name extends string>(
  loss: (params: P, ...args: R) => Tensor,
  optimizer: Optimizer<S, Name>,
  options: InnerOptions<Name>,
): Inner<P, R, S> {
  const { steps, adjoint, hyper } = options;
  if (!(Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(
      `inner: steps is ${String(steps)}, expected a whole number of at least 1. Without steps use the parameters as they are.`,
    );
  if ((adjoint as Adjoint | undefined)?.kind !== "unroll")
    throw new TypeError(
      "inner: there is no adjoint, expected unroll({ order: 2 }) or unroll({ order: 1 }). Say how the result is to be differentiated.",
    );
  const solve = (params: P, ...args: R): InnerResult<P, S> => {
    const gradient = valueAndGrad(loss as typeof loss & TreeArgument<P>);
    const step = ({ params: p, state }: { params: P; state: S }): [{ params: P; state: S }, Tensor] => {
      const [value, exact] = gradient(p, ...args);
      const grads = adjoint.order === 1 ? tree.map((g) => stopGradient(g), exact) : exact;
      const next = optimizer.update({ grads, params: p, state, hyper });
      return [{ params: next.params, state: next.state }, value];
    };
    const start = { params, state: optimizer.init(params) };
    if (steps === 1) {
      const [end, value] = step(start);
      return { ...end, losses: value.reshape([1]) };
    }
    const [end, losses] = scan(step, start, undefined, { length: steps });
    return { ...end, losses };
  };
  return Object.assign(solve, { steps, adjoint });
}
