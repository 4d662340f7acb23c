import { type Variable, variable } from "../graph/graph.js";
import { traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { convert } from "../primitives/conversion.js";
import { describe } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, structureKey, unflatten } from "../tensor/tree.js";
import { condPrimitive } from "./cond.js";
import { isTrue } from "./whileLoop.js";

/**
 * cond : (bool, a -> b, a -> b, a) -> b. Runs one of two functions, chosen by the value of a scalar, under every transform.
 *
 * @param predicate a bool or integer scalar tensor.
 * @throws when the branches return different structures, shapes or dtypes.
 * @example cond(x.greater(0), (v: Tensor) => v.log(), (v: Tensor) => v.neg(), x)
 */
export function cond<A extends unknown[], B>(
  predicate: Tensor,
  onTrue: (...args: A) => B,
  onFalse: (...args: A) => B,
  ...args: A
): B {
  if (!(predicate instanceof Tensor) || predicate.ndim !== 0)
    throw new TypeError(
      `cond: the predicate is ${predicate instanceof Tensor ? describe(predicate) : typeof predicate}, expected a scalar tensor. Use where for elementwise choices.`,
    );
  if (typeof onTrue !== "function" || typeof onFalse !== "function")
    throw new TypeError(
      `cond: the branches are ${typeof onTrue} and ${typeof onFalse}, expected two functions. Use where to choose between values.`,
    );
  // Branch 0 is taken for false.
  return choose("cond", isTrue(predicate), [onFalse, onTrue], ["false", "true"], args);
}

/**
 * switchCase : (i32, [a -> b], a) -> b. Runs one of several functions, chosen by position, under every transform.
 *
 * @param index an integer scalar tensor; below 0 means the first branch, beyond the end the last.
 * @throws when there are no branches, or they return different structures, shapes or dtypes.
 * @example switchCase(i, [(v: Tensor) => v.sin(), (v) => v.cos(), (v) => v.neg()], x)
 */
export function switchCase<A extends unknown[], B>(
  index: Tensor,
  branches: readonly ((...args: A) => B)[],
  ...args: A
): B {
  if (!(index instanceof Tensor) || index.ndim !== 0 || !["i32", "u32"].includes(index.dtype))
    throw new TypeError(
      `switchCase: the index is ${index instanceof Tensor ? describe(index) : typeof index}, expected an integer scalar tensor. Use cond for a bool.`,
    );
  if (!Array.isArray(branches) || branches.length === 0 || branches.some((f) => typeof f !== "function"))
    throw new TypeError("switchCase: the branches must be an array of at least one function.");
  if (branches.length === 1) return (branches[0] as (...args: A) => B)(...args);
  return choose(
    "switchCase",
    convert(index, "i32"),
    branches,
    branches.map((_, i) => String(i)),
    args,
  );
}

function choose<A extends unknown[], B>(
  name: string,
  choice: Tensor,
  functions: readonly ((...args: A) => B)[],
  labels: readonly string[],
  args: A,
): B {
  const { leaves, structure } = flatten(args, `${name}: arguments`);
  const branches = functions.map((f, k) => {
    let output: Structure | undefined;
    const traced = traceGraph(`${name} (${labels[k]})`, leaves, (...inputs) => {
      const out = flatten(f(...unflatten<A>(structure, inputs)), `${name}: the ${labels[k]} branch`);
      output = out.structure;
      return out.leaves;
    });
    return { ...traced, output: output as Structure };
  });
  const [first] = branches;
  const signature = (b: typeof first): string =>
    `${structureKey(b.output)} ${b.graph.outputs.map(describe).join(", ")}`;
  const differs = branches.findIndex((b) => signature(b) !== signature(first));
  if (differs >= 0)
    throw new TypeError(
      `${name}: the branches differ: ${labels[differs]} returns ${signature(branches[differs])}, ${labels[0]} returns ${signature(first)}. Make structures, shapes and dtypes equal.`,
    );
  // Each branch gets the captures of all, so that they have one signature.
  const captures = [...new Set(branches.flatMap((b) => b.captures))];
  const graphs = branches.map(({ graph, captures: own }) => ({
    ...graph,
    inputs: [
      ...captures.map((x): Variable => {
        const at = own.indexOf(x);
        return at < 0 ? variable(x) : graph.inputs[at];
      }),
      ...graph.inputs.slice(own.length),
    ],
  }));
  return unflatten<B>(first.output, bind(condPrimitive, [choice, ...captures, ...leaves], { branches: graphs }));
}
