import { type Graph, variable } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear } from "../graph/primitive.js";
import { hasEffects } from "../graph/prune.js";
import { type Traced, evaluateGraph, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { broadcastAxis, moveAxis, neg, zeros } from "../primitives/basis.js";
import { sub } from "../primitives/arithmetic.js";
import { isFloat } from "../tensor/dtype.js";
import { type TensorType, describe, sameShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { batchGraph, jvpGraph, transposeGraph } from "../transforms/graphs.js";
import { tangentType } from "../transforms/linearTrace.js";

/** A way of solving A x = b, where A is known by what it does to x. */
export interface LinearSolver<T> {
  /** Whether it presupposes A = A^T, so that the transposed system is the system itself. */
  readonly symmetric: boolean;
  solve(matvec: (x: T) => T, b: T): T;
}

/** Inputs of every graph: what they captured (`hidden` many), then x (of `matvec`) or b (of the others). */
export interface LinearSolveParams {
  readonly matvec: Graph;
  readonly solve: Graph;
  readonly transposeSolve: Graph;
  readonly hidden: number;
}

/** The solution x of A x = b. Its derivatives solve other systems with the same A, however x was found. */
export const linearSolvePrimitive: Primitive<LinearSolveParams> = definePrimitive({
  name: "linearSolve",
  infer: (_, { solve }) => solve.outputs.map(tangentType),

  // A dx = db - dA x
  jvp: (primals, tangents, params) => {
    const { matvec, hidden } = params;
    const given = primals.slice(0, hidden);
    const x = bind(linearSolvePrimitive, primals, params);
    const varies = tangents.slice(0, hidden).map((t) => t !== null);
    let rhs = tangents.slice(hidden);
    if (varies.includes(true)) {
      const { graph, nonzero } = jvpGraph(matvec, [...varies, ...x.map(() => false)]);
      const results = evaluateGraph(graph, [...given, ...x, ...tangents.slice(0, hidden).filter((t) => t !== null)]);
      let next = x.length;
      rhs = rhs.map((db, i): Tangent => {
        if (!nonzero[i]) return db;
        const dAx = results[next++];
        return db === null ? neg(dAx) : sub(db, dAx);
      });
    }
    if (rhs.every((t) => t === null)) return { primals: x, tangents: rhs };
    const filled = rhs.map((t, i) => t ?? zeros(tangentType(x[i])));
    return { primals: x, tangents: bind(linearSolvePrimitive, [...given, ...filled], params) };
  },

  // Linear in b: the cotangent of b solves the transposed system.
  transpose: (cotangents, inputs, params) => {
    const { matvec, solve, transposeSolve, hidden } = params;
    const given = inputs.slice(0, hidden) as Tensor[];
    const b = solve.inputs.slice(hidden);
    const linear = matvec.inputs.map((_, i) => i >= hidden);
    const cts = cotangents.map((ct, i) => ct ?? zeros(tangentType(b[i])));
    const results = bind(linearSolvePrimitive, [...given, ...cts], {
      matvec: solve === transposeSolve ? matvec : transposeGraph(matvec, linear),
      solve: transposeSolve,
      transposeSolve: solve,
      hidden,
    });
    return inputs.map((x, i): Tangent => (isLinear(x) ? results[i - hidden] : null));
  },

  batch: (inputs, axes, size, { matvec, solve, transposeSolve, hidden }) => {
    const b = inputs.slice(hidden);
    const mask = axes.map((a, i) => a !== null || i >= hidden);
    const aligned = inputs.map((x, i) =>
      axes[i] !== null ? moveAxis(x, axes[i], 0) : i >= hidden ? broadcastAxis(x, 0, size) : x,
    );
    const whole = (g: Graph): Graph => batchGraph(g, [...mask, ...b.map(() => true)], size).graph;
    const outputs = bind(linearSolvePrimitive, aligned, {
      matvec: whole(matvec),
      solve: whole(solve),
      transposeSolve: whole(transposeSolve),
      hidden,
    });
    return { outputs, axes: b.map(() => 0) };
  },
  lower: (_in, _out, { solve }) => ({ kind: "graph", graph: solve }),
  effects: ({ solve }) => hasEffects(solve),
});

/**
 * linearSolve : (a -o a, a, solver) -> a. The x with matvec(x) = b, differentiable in b and in everything that `matvec` captures,
 * in both modes and to any order: derivatives solve systems with the same operator (or its transpose), however x was found.
 *
 * @param matvec a linear function of trees like b, of the same structure, shapes and dtypes.
 * @param b the right-hand side, a tree of floats.
 * @param solver `cg(...)` for symmetric positive definite operators, `gmres(...)`, `bicgstab(...)` or `dense()` for others.
 * @throws TypeError when matvec changes the structure or a type (naming the leaf).
 * @example linearSolve((x: Tensor) => a.matmul(x), b, cg({ tolerance: 1e-8 }))
 */
export function linearSolve<T>(matvec: (x: T) => T, b: T, solver: LinearSolver<T>): T {
  if (typeof matvec !== "function")
    throw new TypeError(
      `linearSolve: matvec is ${typeof matvec}, expected a function. For a matrix: (x) => matrix.matmul(x).`,
    );
  if (typeof solver?.solve !== "function")
    throw new TypeError("linearSolve: the solver is missing, expected cg(), gmres(), bicgstab() or dense().");
  const { leaves, structure } = flatten(b, "linearSolve: b");
  const types = leaves.map(tangentType);
  leaves.forEach((x, i) => {
    if (!isFloat(x.dtype))
      throw new TypeError(`linearSolve: b${at(structure, i)} is ${describe(x)}, expected a float.`);
  });
  const traced = (which: string, f: (x: T) => unknown): Traced =>
    traceGraph(`linearSolve (${which})`, types, (...xs) => {
      const out = flattenLike("linearSolve", structure, f(unflatten<T>(structure, xs)), `the result of ${which}`);
      return sameTypes(which, structure, types, out);
    });
  const operator = traced("matvec", matvec);
  const apply =
    (graph: Graph) =>
    (x: T): T =>
      unflatten<T>(structure, evaluateGraph(graph, [...operator.captures, ...flatten(x, "linearSolve: x").leaves]));
  const solve = traced("solve", (rhs) => solver.solve(apply(operator.graph), rhs));
  const linear = operator.graph.inputs.map((_, i) => i >= operator.captures.length);
  const transposed = solver.symmetric
    ? solve
    : traced("solve", (rhs) => solver.solve(apply(transposeGraph(operator.graph, linear)), rhs));

  const hidden = [...new Set([operator, solve, transposed].flatMap((t) => t.captures))];
  const close = ({ graph, captures }: Traced): Graph => ({
    ...graph,
    inputs: [
      ...hidden.map((x) => {
        const k = captures.indexOf(x);
        return k < 0 ? variable(x) : graph.inputs[k];
      }),
      ...graph.inputs.slice(captures.length),
    ],
  });
  const solveGraph = close(solve);
  const results = bind(linearSolvePrimitive, [...hidden, ...leaves], {
    matvec: close(operator),
    solve: solveGraph,
    transposeSolve: solver.symmetric ? solveGraph : close(transposed),
    hidden: hidden.length,
  });
  return unflatten<T>(structure, results);
}

const at = (structure: Structure, i: number): string => {
  const path = leafPaths(structure)[i];
  return path === "" ? "" : ` at ${path}`;
};

function sameTypes(
  which: string,
  structure: Structure,
  types: readonly TensorType[],
  got: readonly Tensor[],
): readonly Tensor[] {
  types.forEach((t, i) => {
    if (t.dtype !== got[i].dtype || !sameShape(t.shape, got[i].shape))
      throw new TypeError(
        `linearSolve: ${which} returns ${describe(got[i])}${at(structure, i)}, expected ${describe(t)}, the type of b there.`,
      );
  });
  return got;
}
