import { LinearInput } from "../graph/primitive.js";
import { evaluateGraph } from "../graph/record.js";
import { currentTrace } from "../graph/trace.js";
import { add, broadcastAxis, full, moveAxis, reshape, zeros } from "../primitives/basis.js";
import { eq } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { iota } from "../primitives/iota.js";
import { slice } from "../primitives/shape.js";
import { isFloat } from "../tensor/dtype.js";
import { type TensorType, describe, sizeOf, type } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, unflatten } from "../tensor/tree.js";
import type { TreeArgument } from "../tensor/treeTypes.js";
import { batchFlat } from "./batchTrace.js";
import { type Chosen, type GradOptions, argumentParts, grad, jvp } from "./derivatives.js";
import { type Linearized, linearizeFlat, tangentType } from "./linearTrace.js";
import { transposeEvaluate } from "./transpose.js";

/** A tree of the structure of `B` that has at each leaf a tree of the structure of `A`. */
export type Jacobian<B, A> = B extends Tensor ? A : { [K in keyof B]: Jacobian<B[K], A> };

type Arguments<P, R extends unknown[]> = [P, ...R];
type Options = GradOptions<number | readonly number[]> & { hasAux?: boolean };

/**
 * jacfwd : (a -> b) -> (a -> b x a). The Jacobian with respect to the first argument, column by column in forward mode: one
 * linearization, mapped over the standard basis of the argument. The better choice where outputs outnumber inputs.
 *
 * @param f from trees of tensors to a tree of float tensors; with `hasAux` to [tree, auxiliary tree].
 * @returns a function of the same arguments. Its result has the output's structure, with at each leaf a tree of the argument's
 *   structure, whose leaves have shape [...output leaf, ...argument leaf].
 * @throws TypeError when a differentiated leaf or an output leaf is no float, naming it.
 * @example jacfwd((x: Tensor) => x.square())(tensor([1, 2]))   // [[2, 0], [0, 4]]
 */
export function jacfwd<P, R extends unknown[], B>(
  f: ((params: P, ...rest: R) => B) & TreeArgument<P>,
): (params: P, ...rest: R) => Jacobian<B, P>;
export function jacfwd<P, R extends unknown[], B, A>(
  f: (params: P, ...rest: R) => readonly [B, A],
  options: GradOptions & { readonly hasAux: true },
): (params: P, ...rest: R) => [Jacobian<B, P>, A];
export function jacfwd<P, R extends unknown[], B, const N extends number | readonly number[]>(
  f: (params: P, ...rest: R) => B,
  options: GradOptions<N>,
): (params: P, ...rest: R) => Jacobian<B, Chosen<Arguments<P, R>, N>>;
export function jacfwd(f: (...args: never[]) => unknown, options: Options = {}): (...args: unknown[]) => unknown {
  return jacobian("jacfwd", f, options, (leaves, { linear, residuals, primals, nonzero }) => {
    const total = totalSize(leaves);
    const tangents = basis(leaves);
    const { outputs, axes } = batchFlat(
      "jacfwd",
      currentTrace(),
      total,
      (...xs) => evaluateGraph(linear, [...residuals, ...xs]),
      tangents,
      tangents.map(() => 0),
    );
    let next = 0;
    return primals.map((y, i) => {
      if (!nonzero[i]) return leaves.map((x) => zeros(blockType(y, x)));
      const axis = axes[next];
      const column = outputs[next++];
      const columns = axis === null ? broadcastAxis(column, y.ndim, total) : moveAxis(column, axis, y.ndim);
      return split(columns, y.ndim, leaves).map((part, k) => reshape(part, blockType(y, leaves[k]).shape));
    });
  });
}

/**
 * jacrev : (a -> b) -> (a -> b x a). The Jacobian as `jacfwd` gives it, row by row in reverse mode: one linearization, whose
 * transpose is mapped over the standard basis of the output. The better choice where inputs outnumber outputs.
 *
 * @example jacrev((x: Tensor) => x.square())(tensor([1, 2]))   // [[2, 0], [0, 4]]
 */
export function jacrev<P, R extends unknown[], B>(
  f: ((params: P, ...rest: R) => B) & TreeArgument<P>,
): (params: P, ...rest: R) => Jacobian<B, P>;
export function jacrev<P, R extends unknown[], B, A>(
  f: (params: P, ...rest: R) => readonly [B, A],
  options: GradOptions & { readonly hasAux: true },
): (params: P, ...rest: R) => [Jacobian<B, P>, A];
export function jacrev<P, R extends unknown[], B, const N extends number | readonly number[]>(
  f: (params: P, ...rest: R) => B,
  options: GradOptions<N>,
): (params: P, ...rest: R) => Jacobian<B, Chosen<Arguments<P, R>, N>>;
export function jacrev(f: (...args: never[]) => unknown, options: Options = {}): (...args: unknown[]) => unknown {
  return jacobian("jacrev", f, options, (leaves, { linear, residuals, primals, nonzero }) => {
    const varying = primals.filter((_, i) => nonzero[i]);
    const total = totalSize(varying);
    const inputs = [...residuals, ...leaves.map((x) => new LinearInput(tangentType(x)))];
    const cotangents = basis(varying);
    const { outputs, axes } = batchFlat(
      "jacrev",
      currentTrace(),
      total,
      (...cts) =>
        transposeEvaluate(linear, inputs, cts)
          .slice(residuals.length)
          .map((ct, k) => ct ?? zeros(tangentType(leaves[k]))),
      cotangents,
      cotangents.map(() => 0),
    );
    // For each argument leaf, the rows of all output leaves; then for each output leaf its own.
    const rows = outputs.map((row, k) => {
      const axis = axes[k];
      return split(axis === null ? broadcastAxis(row, 0, total) : moveAxis(row, axis, 0), 0, varying);
    });
    let next = 0;
    return primals.map((y, i) => {
      const at = nonzero[i] ? next++ : undefined;
      return leaves.map((x, k) =>
        at === undefined ? zeros(blockType(y, x)) : reshape(rows[k][at], blockType(y, x).shape),
      );
    });
  });
}

/**
 * hessian : (a -> b) -> (a -> b x a x a). Second derivatives, forward over reverse: `jacfwd(jacrev(f))`.
 *
 * @example hessian((x: Tensor) => x.square().sum())(tensor([1, 2]))   // [[2, 0], [0, 2]]
 */
export function hessian<P, R extends unknown[], B>(
  f: ((params: P, ...rest: R) => B) & TreeArgument<P>,
): (params: P, ...rest: R) => Jacobian<Jacobian<B, P>, P>;
export function hessian<P, R extends unknown[], B, A>(
  f: (params: P, ...rest: R) => readonly [B, A],
  options: GradOptions & { readonly hasAux: true },
): (params: P, ...rest: R) => [Jacobian<Jacobian<B, P>, P>, A];
export function hessian<P, R extends unknown[], B, const N extends number | readonly number[]>(
  f: (params: P, ...rest: R) => B,
  options: GradOptions<N>,
): (params: P, ...rest: R) => Jacobian<Jacobian<B, Chosen<Arguments<P, R>, N>>, Chosen<Arguments<P, R>, N>>;
export function hessian(f: (...args: never[]) => unknown, options: Options = {}): (...args: unknown[]) => unknown {
  type Any = (params: unknown, ...rest: unknown[]) => unknown;
  return (jacfwd as (f: Any, options: Options) => Any)(
    (jacrev as unknown as (f: unknown, options: Options) => Any)(f, options),
    options,
  );
}

/**
 * hvp : (a -> scalar, a, T a) -> a. The Hessian of a scalar function times a vector, without the Hessian: forward over reverse,
 * at about twice the cost of a gradient.
 *
 * @param primals the arguments, in an array, as for `jvp`.
 * @param tangents for each argument a tree of the same structure and shapes.
 * @returns one tree an argument, all arguments being differentiated.
 * @example const [product] = hvp((x: Tensor) => x.sin().sum(), [x], [v])   // -sin(x) v
 */
export function hvp<A extends unknown[]>(
  f: (...args: A) => Tensor,
  primals: readonly [...A],
  tangents: readonly [...A],
): A {
  const argnums = primals.map((_, i) => i);
  const gradient = (grad as unknown as (f: unknown, options: Options) => (...args: A) => A)(f, { argnums });
  return jvp(gradient, primals, tangents)[1];
}

/** The blocks for each output leaf and each argument leaf, from the function linearized in the chosen arguments. */
function jacobian(
  name: string,
  f: (...args: never[]) => unknown,
  { argnums = 0, hasAux = false }: Options,
  blocksOf: (leaves: readonly Tensor[], linearized: Linearized) => readonly (readonly Tensor[])[],
): (...args: unknown[]) => unknown {
  if (typeof f !== "function") throw new TypeError(`${name}: got ${typeof f}, expected a function to differentiate.`);
  const label = `${name}(${f.name || "anonymous"})`;
  return (...args) => {
    const { leaves, parts, replaced } = argumentParts(name, args, argnums);
    let output: Structure | undefined;
    let auxiliary: Structure | undefined;
    let count = 0;
    const flat = (...xs: Tensor[]): Tensor[] => {
      const result = (f as (...args: unknown[]) => unknown)(...replaced(xs));
      if (hasAux && (!Array.isArray(result) || result.length !== 2))
        throw new TypeError(`${name}: hasAux is set, so the function must return [outputs, auxiliary tree].`);
      const [value, aux] = hasAux ? (result as [unknown, unknown]) : [result, undefined];
      const out = flatten(value, `${name}: the output`);
      const others = flatten(aux, `${name}: the auxiliary output`);
      [output, auxiliary, count] = [out.structure, others.structure, out.leaves.length];
      out.leaves.forEach((y, i) => {
        if (!isFloat(y.dtype))
          throw new TypeError(
            `${name}: the output${leafPaths(out.structure)[i] === "" ? "" : ` at ${leafPaths(out.structure)[i]}`} is ${describe(y)}, expected a float. ` +
              "Integers have no derivative: cast them, or return them with hasAux.",
          );
      });
      return [...out.leaves, ...others.leaves];
    };
    const all = linearizeFlat(
      label,
      currentTrace(),
      flat,
      leaves,
      leaves.map(() => true),
    );
    const kept = all.nonzero.slice(0, count).filter(Boolean).length;
    const blocks = blocksOf(leaves, {
      primals: all.primals.slice(0, count),
      nonzero: all.nonzero.slice(0, count),
      residuals: all.residuals,
      linear: { ...all.linear, outputs: all.linear.outputs.slice(0, kept) },
    });
    const trees = blocks.map((row) => {
      let next = 0;
      const built = parts.map((part) => unflatten(part.structure, row.slice(next, (next += part.leaves.length))));
      return typeof argnums === "number" ? built[0] : built;
    });
    const result = unflatten(output as Structure, trees);
    return hasAux ? [result, unflatten(auxiliary as Structure, all.primals.slice(count))] : result;
  };
}

const totalSize = (leaves: readonly TensorType[]): number => leaves.reduce((n, x) => n + sizeOf(x.shape), 0);
const blockType = (y: TensorType, x: TensorType): TensorType => ({ shape: [...y.shape, ...x.shape], dtype: y.dtype });

/** Row n of the basis, cut into leaves: 1 at the n-th element of all leaves together. Shapes [total, ...leaf]. */
export function basis(leaves: readonly TensorType[]): Tensor[] {
  const total = totalSize(leaves);
  let offset = 0;
  return leaves.map((x) => {
    const t = type("i32", [total, sizeOf(x.shape)]);
    const diagonal = eq(iota("i32", t.shape, 0), add(iota("i32", t.shape, 1), full(t, offset)));
    offset += sizeOf(x.shape);
    return reshape(convert(diagonal, x.dtype), [total, ...x.shape]);
  });
}

/** Cuts an axis into one part a leaf. */
function split(x: Tensor, axis: number, leaves: readonly TensorType[]): Tensor[] {
  let offset = 0;
  return leaves.map((leaf) => {
    const start = x.shape.map((_, a) => (a === axis ? offset : 0));
    offset += sizeOf(leaf.shape);
    return slice(
      x,
      start,
      x.shape.map((n, a) => (a === axis ? offset : n)),
    );
  });
}
