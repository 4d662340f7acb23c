/** How one chain is run. */
export interface ChainOptions {
  /** Warm-up iterations, which adapt step size and metric and are not kept. Default 1000. */
  readonly warmup?: number;
  /** Draws to keep. Default 1000. */
  readonly samples?: number;
  /** delta: the acceptance statistic that the step size aims for, in (0, 1). Default 0.8; 0.95 and more for funnels. */
  readonly targetAccept?: number;
  /** Largest number of doublings, 1 to 30: at most 2^maxDepth - 1 gradients for a draw. Default 10. */
  readonly maxDepth?: number;
  /** Start uniformly in (-initialRadius, initialRadius), in unconstrained units. Default 2. */
  readonly initialRadius?: number;
  /** Start here instead, [dimension], unconstrained. */
  readonly initialPosition?: Float64Array;
  /** Diagonal of the inverse metric to start with, [dimension], positive. Default all ones. */
  readonly initialMetric?: Float64Array;
  /** Step size to start with. Default 1; a step size search corrects it, unless it is given and there is no warm-up. */
  readonly initialStepSize?: number;
}

export interface CheckedChainOptions {
  readonly warmup: number;
  readonly samples: number;
  readonly targetAccept: number;
  readonly maxDepth: number;
  readonly initialRadius: number;
  readonly initialPosition: Float64Array | undefined;
  /** A copy. */
  readonly initialMetric: Float64Array;
  readonly initialStepSize: number;
  /** Whether to look for a step size before the first iteration. */
  readonly searchStepSize: boolean;
}

/**
 * Fills in the defaults and refuses what makes no sense.
 *
 * @param dimension number of unconstrained coordinates of the density
 * @throws RangeError naming the option or the dimension, what was given, what is expected and a remedy
 */
export function checkChainOptions(options: ChainOptions, dimension: number): CheckedChainOptions {
  const { warmup = 1000, samples = 1000, targetAccept = 0.8, maxDepth = 10, initialRadius = 2 } = options;
  const { initialPosition, initialMetric, initialStepSize } = options;
  const count = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
  // Without coordinates every leapfrog keeps the energy, and the step size search would call the posterior improper.
  if (!count(dimension) || dimension === 0)
    throw new RangeError(
      `runChain: argument density has dimension ${dimension}, expected a whole number, 1 or more. There is nothing to ` +
        "sample without an unknown: declare a parameter.",
    );
  expect(count(warmup), "warmup", warmup, "a whole number of iterations, 0 or more", "Use 1000 if in doubt.");
  expect(count(samples), "samples", samples, "a whole number of draws, 0 or more", "Use 1000 if in doubt.");
  expect(
    targetAccept > 0 && targetAccept < 1,
    "targetAccept",
    targetAccept,
    "a probability between 0 and 1, both excluded",
    "Use 0.8, or 0.95 to 0.99 against divergences.",
  );
  expect(
    count(maxDepth) && maxDepth >= 1 && maxDepth <= 30,
    "maxDepth",
    maxDepth,
    "a whole number from 1 to 30",
    "Use 10; each one more doubles the longest trajectory.",
  );
  expect(
    Number.isFinite(initialRadius) && initialRadius >= 0,
    "initialRadius",
    initialRadius,
    "a finite number, 0 or more",
    "Use 2, or 0 to start at the origin of the unconstrained space.",
  );
  if (initialPosition !== undefined)
    requireVector("initialPosition", initialPosition, dimension, Number.isFinite, "a finite number");
  if (initialMetric !== undefined)
    requireVector("initialMetric", initialMetric, dimension, (v) => v > 0 && v < Infinity, "a positive variance");
  if (initialStepSize !== undefined)
    expect(
      initialStepSize > 0 && initialStepSize <= 1e7,
      "initialStepSize",
      initialStepSize,
      "a positive number up to 1e7",
      "Leave it out to have it found.",
    );
  return {
    warmup,
    samples,
    targetAccept,
    maxDepth,
    initialRadius,
    initialPosition,
    initialMetric: initialMetric?.slice() ?? new Float64Array(dimension).fill(1),
    initialStepSize: initialStepSize ?? 1,
    searchStepSize: warmup > 0 || initialStepSize === undefined,
  };
}

function expect(good: boolean, name: string, got: unknown, expected: string, remedy: string): void {
  if (!good) throw new RangeError(`runChain: option ${name} is ${String(got)}, expected ${expected}. ${remedy}`);
}

function requireVector(
  name: string,
  vector: Float64Array,
  dimension: number,
  good: (value: number) => boolean,
  each: string,
): void {
  const remedy = "Pass one number for each unconstrained coordinate, or leave it out.";
  expect(vector.length === dimension, name, `of length ${vector.length}`, `length ${dimension}`, remedy);
  const bad = vector.findIndex((value) => !good(value));
  expect(bad < 0, name, `${vector[bad]} at coordinate ${bad}`, `${each} at each coordinate`, remedy);
}
