import { sub } from "../primitives/arithmetic.js";
import { add, mul, neg, sum } from "../primitives/basis.js";
import { choose } from "../primitives/comparison.js";
import { convert, stopGradient } from "../primitives/conversion.js";
import { evaluateGraph, scalar, traceGraph } from "../graph/record.js";
import { isFloat } from "../tensor/dtype.js";
import { describe, range, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { jvp, linearize } from "../transforms/derivatives.js";
import { tangentType } from "../transforms/linearTrace.js";
import { customJvp } from "./customJvp.js";
import { type LinearSolver, linearSolve } from "./linearSolve.js";
import { gmres } from "./solvers.js";
import { whileLoop } from "./whileLoop.js";

/**
 * customRoot : (a -> a, a, solve, solver) -> a. A root x of f(x) = 0, found by `solve` and differentiated by the implicit function
 * theorem, dx = -(df/dx)^-1 df: with respect to everything that f captures, in both modes and to any order. Nothing is kept of the
 * iterations, and `solve` need not be differentiable.
 *
 * @param f from a tree of floats to one of the same structure, shapes and dtypes.
 * @param init where to start; the root does not depend on it, so neither does a derivative.
 * @param solve from f and init to a root.
 * @param solver for the linear systems of the derivative. Default `gmres()`.
 * @throws TypeError when f or solve change the structure or a type (naming the leaf).
 * @example const squareRoot = (a: Tensor) => customRoot((x) => x.square().sub(a), a, newton)
 */
export function customRoot<T>(
  f: (x: T) => T,
  init: T,
  solve: (f: (x: T) => T, init: T) => T,
  solver: LinearSolver<T> = gmres(),
): T {
  if (typeof f !== "function" || typeof solve !== "function")
    throw new TypeError(`customRoot: got ${typeof f} and ${typeof solve}, expected a function and its solver.`);
  const { leaves, structure } = flatten(init, "customRoot: init");
  const types = leaves.map(tangentType);
  const checked = (which: string, tree: T): Tensor[] => {
    const out = flattenLike("customRoot", structure, tree, `the result of ${which}`);
    out.forEach((y, i) => {
      if (y.dtype !== types[i].dtype || !sameShape(y.shape, types[i].shape) || !isFloat(y.dtype))
        throw new TypeError(
          `customRoot: ${which} returns ${describe(y)} at ${leafPaths(structure)[i] || "the root"}, expected a float of the type of init, ${describe(types[i])}.`,
        );
    });
    return out;
  };
  // What f captures becomes an argument, so that it may vary.
  const { graph, captures } = traceGraph("customRoot", types, (...xs) => checked("f", f(unflatten<T>(structure, xs))));
  const given = captures.length;
  const at =
    (values: readonly Tensor[]) =>
    (x: T): T =>
      unflatten<T>(structure, evaluateGraph(graph, [...values, ...flatten(x, "customRoot").leaves]));
  const root: (values: Tensor[]) => T = customJvp(
    (values: Tensor[]): T => {
      const start = unflatten<T>(structure, values.slice(given));
      return unflatten<T>(structure, checked("solve", solve(at(values.slice(0, given)), start)));
    },
    ([values], [tangents]) => {
      const x = root(values);
      const theta = values.slice(0, given);
      const floats = range(given).filter((i) => isFloat(theta[i].dtype));
      const pick = (from: readonly Tensor[]): Tensor[] => floats.map((i) => from[i]);
      const residual = (...varying: Tensor[]): T => {
        const all = [...theta];
        floats.forEach((i, k) => (all[i] = varying[k]));
        return at(all)(x);
      };
      const change = jvp(residual, pick(theta), pick(tangents))[1];
      const rhs = unflatten<T>(structure, flatten(change, "customRoot").leaves.map(neg));
      const [, push] = linearize(at(theta), x);
      return [x, linearSolve((v: T) => push(v), rhs, solver)];
    },
  );
  return root([...captures, ...leaves.map((x) => stopGradient(x.weak ? convert(x, "f32") : x))]);
}

export interface FixedPointOptions<T> {
  /** Stops when no entry changes by more than this times 1 + its size, in the root mean square. Default 1e-6 in f32, 1e-12 in f64. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
  /** For the linear systems of the derivative. Default `gmres()`. */
  readonly solver?: LinearSolver<T>;
}

/**
 * fixedPoint : ((a, theta) -> a, theta, a) -> a. The x with x = f(x, theta), by iterating f, differentiated by the implicit function
 * theorem: with respect to theta and everything else that f captures, in both modes and to any order, whatever the number of iterations.
 *
 * @param f a contraction in x, from trees of floats to a tree like x.
 * @param theta parameters, any tree.
 * @param init the first x; it has no influence on derivatives.
 * @throws TypeError when f changes the structure or a type of x (naming the leaf).
 * @example fixedPoint((x: Tensor, a: Tensor) => x.add(a.div(x)).mul(0.5), a, a)   // the square root
 */
export function fixedPoint<T, P>(f: (x: T, theta: P) => T, theta: P, init: T, options: FixedPointOptions<T> = {}): T {
  if (typeof f !== "function") throw new TypeError(`fixedPoint: got ${typeof f}, expected a function of x and theta.`);
  const { maxIterations = 1000, solver = gmres<T>() } = options;
  const { leaves, structure } = flatten(init, "fixedPoint: init");
  const difference = (x: T, y: T): Tensor[] => {
    const from = flatten(x, "fixedPoint").leaves;
    const to = flattenLike("fixedPoint", structure, y, "the result of f");
    return from.map((a, i) => (sameShape(a.shape, to[i].shape) && a.dtype === to[i].dtype ? sub(a, to[i]) : to[i]));
  };
  const wide = leaves.some((x) => x.dtype === "f64") ? "f64" : "f32";
  const { tolerance = wide === "f64" ? 1e-12 : 1e-6 } = options;
  const squares = (xs: readonly Tensor[]): Tensor =>
    xs.map((x) => convert(sum(mul(x, x), range(x.ndim)), wide)).reduce((a, b) => add(a, b), scalar(0, wide));
  return customRoot<T>(
    (x) => unflatten<T>(structure, difference(x, f(x, theta))),
    init,
    (residual, start) =>
      whileLoop(
        ({ x, change, n }: { x: T; change: Tensor; n: Tensor }) => {
          const scale = add(scalar(1, wide), squares(flatten(x, "fixedPoint").leaves));
          const moved = choose("gt", change, mul(scale, scalar(tolerance * tolerance, wide)));
          return choose("and", moved, choose("lt", n, scalar(maxIterations, "i32")));
        },
        ({ x, n }) => {
          const r = residual(x);
          return {
            x: unflatten<T>(structure, difference(x, r)),
            change: squares(flatten(r, "fixedPoint").leaves),
            n: add(n, scalar(1, "i32")),
          };
        },
        { x: start, change: scalar(Infinity, wide), n: scalar(0, "i32") },
      ).x,
    solver,
  );
}
