import { type Tensor, random, scan, zeros } from "@cotangent/core";
import { linearAssignment } from "./linearAssignment.js";
import { permutationCostGradient } from "./permutationCost.js";
import { sinkhorn } from "./sinkhorn.js";

export interface PermOptimOptions {
  /** d, numbers that describe one element. */
  readonly features: number;
  /** Gradient steps of the inner optimisation. Default 6. */
  readonly steps?: number;
  /** Width of the network that compares two elements. Default 16. */
  readonly hidden?: number;
  /** Rounds of Sinkhorn normalisation in each step. Default 4. */
  readonly sinkhornIterations?: number;
}

export interface PermOptimParams {
  /** The comparison f(a, b) = output . relu(first a + second b + bias), with first and second [hidden, features]. */
  readonly first: Tensor;
  readonly second: Tensor;
  readonly bias: Tensor;
  readonly output: Tensor;
  /** eta, [], starts at 1; its absolute value is used. */
  readonly stepSize: Tensor;
}

export interface PermOptimResult {
  /** P, [..., n, n], doubly stochastic: P[i, p] is the weight of element i at position p. */
  readonly permutation: Tensor;
  /** The elements in their new order, [..., n, features]: the transpose of P times x. */
  readonly output: Tensor;
  /** C, [..., n, n], antisymmetric, of Frobenius norm 1: positive where element i would rather come after element j. */
  readonly costs: Tensor;
}

export interface PermOptim {
  readonly steps: number;
  /** Xavier-uniform weights and a zero bias; f32 unless told otherwise. */
  readonly init: (key: Tensor, options?: { readonly dtype?: "f32" | "f64" }) => PermOptimParams;
  /** x: sets of elements, [..., n, features]. */
  readonly apply: (params: PermOptimParams, x: Tensor) => PermOptimResult;
}

/**
 * A block that is an optimiser: it compares the elements of a set in pairs and, by gradient descent inside the block, looks
 * for the order that suits all comparisons best. Outer training differentiates through that descent, and so learns how to
 * compare and how far to step.
 *
 * ```ts
 * const block = permOptim({ features: 1 });
 * const params = block.init(random.key(0));
 * const { output } = block.apply(params, tensor([[0.9], [0.1], [0.5]])); // [3, 1], differentiable
 * ```
 *
 * @throws RangeError for sizes that are not positive whole numbers, and when x does not fit
 * @see Zhang, Hare, Prugel-Bennett (2019), Learning Representations of Sets through Optimized Permutations, arXiv 1812.03928
 */
export function permOptim(options: PermOptimOptions): PermOptim {
  const { features, steps = 6, hidden = 16, sinkhornIterations = 4 } = options;
  checkCount("features", features, 1);
  checkCount("steps", steps, 0);
  checkCount("hidden", hidden, 1);
  checkCount("sinkhornIterations", sinkhornIterations, 1);
  return {
    steps,
    init(key, { dtype = "f32" } = {}) {
      const [compareKey, outputKey] = random.split(key);
      // Xavier: uniform in +-sqrt(6 / (inputs + outputs)); both elements of a pair are inputs.
      const bound = Math.sqrt(6 / (2 * features + hidden));
      const outputBound = Math.sqrt(6 / (hidden + 1));
      const compare = random.uniform(compareKey, [2, hidden, features], { low: -bound, high: bound, dtype });
      return {
        first: compare.at(0),
        second: compare.at(1),
        bias: zeros([hidden], dtype),
        output: random.uniform(outputKey, [hidden], { low: -outputBound, high: outputBound, dtype }),
        stepSize: zeros([], dtype).add(1),
      };
    },
    apply(params, x) {
      if (x.ndim < 2 || x.shape[x.ndim - 1] !== features)
        throw new RangeError(
          `permOptim: x has shape [${x.shape.join(", ")}], expected [..., n, ${features}]: sets of n elements with ${features} features each. Reshape x, or set features.`,
        );
      const costs = comparisons(params, x);
      const stepSize = params.stepSize.abs();
      const descend = (logits: Tensor): [Tensor, undefined] => {
        const permutation = sinkhorn(logits, { iterations: sinkhornIterations });
        // Taken at P but applied to the logits: Sinkhorn's own derivative would all but vanish where P is sharp (section 3.1).
        return [logits.sub(stepSize.mul(permutationCostGradient(costs, permutation))), undefined];
      };
      const [logits] = steps === 0 ? [costs.mul(0)] : scan(descend, costs.mul(0), undefined, { length: steps });
      const permutation = sinkhorn(logits, { iterations: sinkhornIterations });
      return { permutation, output: permutation.matrixTranspose().matmul(x), costs };
    },
  };
}

/** C[i, j] = f(x_i, x_j) - f(x_j, x_i), divided by its norm: the block sees which order is wanted, not how much. */
function comparisons({ first, second, bias, output }: PermOptimParams, x: Tensor): Tensor {
  const a = x.matmul(first.matrixTranspose()).expandDims(-2);
  const b = x.matmul(second.matrixTranspose()).expandDims(-3);
  const f = a.add(b).add(bias).relu().matmul(output);
  const c = f.sub(f.matrixTranspose());
  return c.div(c.norm({ axes: [-2, -1], keepDims: true }).maximum(1e-10));
}

/**
 * The permutation nearest to a doubly stochastic matrix, the one with the largest total weight: for each set, the element at
 * each position.
 *
 * @param permutation [..., n, n], as from `permOptim`
 * @returns one array of n element numbers for each set, in row-major order of the leading axes
 */
export function nearestPermutations(permutation: Tensor): number[][] {
  const n = permutation.shape[permutation.ndim - 1];
  const sets = permutation.reshape([-1, n, n]).toArray() as number[][][];
  return sets.map((weights) => {
    const { columns } = linearAssignment(weights, { maximize: true });
    const order = Array<number>(n);
    columns.forEach((position, element) => {
      order[position] = element;
    });
    return order;
  });
}

function checkCount(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least))
    throw new RangeError(`permOptim: ${name} is ${String(value)}, expected a whole number of at least ${least}.`);
}
