import { random, type Tensor } from "@cotangent/core";
import type { AskTell } from "./cmaes.js";

export interface MinimizeOptions<S> {
  /** The search, such as `cmaes({ sigma: 0.5 })`. */
  readonly method: AskTell<S>;
  /** Stops as soon as a value is at or below this one. Default -Infinity: never. */
  readonly target?: number;
  /** Stops when the values of the last generations differ by no more than this, in the units of f. Default 1e-12. */
  readonly tolerance?: number;
  /** Stops before f would be called more often than this. Default 1000 (n + 3)^2. */
  readonly maxEvaluations?: number;
  /** A seed or a key: the same one gives the same run. Default 0. */
  readonly key?: number | string | Tensor;
  /** Told after each generation. */
  readonly onProgress?: (progress: { readonly value: number; readonly evaluations: number }) => void;
}

export interface Minimum {
  /** The best point that was evaluated, [n], and f there. */
  readonly x: Float64Array;
  readonly value: number;
  readonly evaluations: number;
  /** Why it stopped, in words. */
  readonly reason: string;
}

/**
 * Minimises a function of n numbers that need not be differentiable, smooth or synchronous.
 *
 * ```ts
 * const { x, value } = await minimize(([a, b]) => (a - 1) ** 2 + 100 * (b - a * a) ** 2, [0, 0], {
 *   method: cmaes({ sigma: 0.5 }),
 *   tolerance: 1e-10,
 * });
 * ```
 *
 * @param f from a Float64Array [n], not to be kept, to a number or a promise of one; Infinity where f is undefined
 * @param x0 where to start, [n]
 * @throws RangeError when f gives NaN (naming the point), or an option makes no sense
 */
export async function minimize<S>(
  f: (x: Float64Array) => number | Promise<number>,
  x0: ArrayLike<number>,
  options: MinimizeOptions<S>,
): Promise<Minimum> {
  const { method, target = -Infinity, tolerance = 1e-12, key = 0, onProgress } = options;
  const maxEvaluations = options.maxEvaluations ?? 1000 * (x0.length + 3) ** 2;
  check(typeof f === "function", "f", typeof f, "a function of a Float64Array", "Pass the objective.");
  check(!Number.isNaN(target), "target", target, "a number", "Leave it out to search until nothing changes.");
  check(tolerance >= 0, "tolerance", tolerance, "a number of at least 0", "Use 1e-12 if in doubt.");
  check(
    maxEvaluations >= 1,
    "maxEvaluations",
    maxEvaluations,
    "a number of at least 1",
    "Leave it out for 1000 (n + 3)^2.",
  );
  let state = method.init(x0, typeof key === "object" ? key : random.key(key));
  for (;;) {
    const asked = method.ask(state);
    const { evaluations } = method.result(state);
    if (evaluations + asked.points.length > maxEvaluations) {
      if (evaluations === 0)
        throw new RangeError(
          `minimize: maxEvaluations is ${maxEvaluations}, expected at least ${asked.points.length}, one generation of ${method.name}. Raise it.`,
        );
      return { ...method.result(state), reason: `the next generation would exceed ${maxEvaluations} evaluations` };
    }
    const values: number[] = [];
    for (const point of asked.points) {
      const value = f(point.slice());
      values.push(typeof value === "number" ? value : await value);
      if (typeof values[values.length - 1] !== "number" || Number.isNaN(values[values.length - 1]))
        throw new RangeError(
          `minimize: f is ${String(values[values.length - 1])} at [${point.join(", ")}], expected a number. Return Infinity where f is undefined.`,
        );
      if (values[values.length - 1] <= target)
        // The rest of the generation is not needed: what was called is what is counted.
        return {
          x: point,
          value: values[values.length - 1],
          evaluations: evaluations + values.length,
          reason: `reached the target ${target}`,
        };
    }
    state = method.tell(asked.state, values);
    const now = method.result(state);
    onProgress?.(now);
    const reason = method.stopped(state, tolerance);
    if (reason !== undefined) return { ...now, reason };
  }
}

function check(good: boolean, name: string, got: unknown, expected: string, remedy: string): void {
  if (!good) throw new RangeError(`minimize: ${name} is ${String(got)}, expected ${expected}. ${remedy}`);
}
