import { type Tensor, type TreeArgument, makeGraph, tree, valueAndGrad } from "@cotangent/core";
import { differentiableInputs } from "./dependence.js";

/**
 * metaGrad : (a -> scalar) -> (a -> (scalar, a)). As `valueAndGrad`, but a parameter on which the loss does not depend at
 * all, or only where the derivative was stopped, is an error that names it rather than a silent zero.
 *
 * The check traces the function once more; wrap the result in `jit` and that happens once.
 *
 * ```ts
 * const step = jit(metaGrad((start: Params, tasks: Tasks<Batch>) => learner.loss(start, tasks)));
 * ```
 *
 * @throws Error naming the path of each leaf that gets no gradient
 */
export function metaGrad<P, R extends unknown[]>(
  loss: (params: P, ...rest: R) => Tensor,
): (params: P, ...rest: R) => [Tensor, P] {
  const gradient = valueAndGrad(loss as typeof loss & TreeArgument<P>);
  return (params, ...rest) => {
    const graph = makeGraph((p: P) => loss(p, ...rest))(params);
    const paths = tree.paths(params);
    // Inputs are captured tensors first, then the leaves of the argument.
    const reached = differentiableInputs(graph, [true]).slice(graph.inputs.length - paths.length);
    const missing = paths.filter((_, i) => !reached[i]);
    if (missing.length > 0)
      throw new Error(
        `metaGrad: no gradient reaches ${missing.map((path) => path || "the parameters").join(", ")}. ` +
          "The loss does not use it, or only through stopGradient or unroll({ order: 1 }). Use order 2, or take it out of what is learned.",
      );
    return gradient(params, ...rest);
  };
}
