import { evaluateGraph } from "../graph/record.js";
import { currentTrace } from "../graph/trace.js";
import { LinearInput, type Tangent } from "../graph/primitive.js";
import { like, zeros } from "../primitives/basis.js";
import { isFloat } from "../tensor/dtype.js";
import { describe, describeShape, sameShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { TreeArgument } from "../tensor/treeTypes.js";
import { type Flattened, type Structure, flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { jvpFlat } from "./jvpTrace.js";
import { linearizeFlat, tangentType } from "./linearTrace.js";
import { transposeEvaluate } from "./transpose.js";

export interface GradOptions<N extends number | readonly number[] = number> {
  /** Which argument to differentiate, or several of them. Default 0. */
  readonly argnums?: N;
}

type Arguments<P, R extends unknown[]> = [P, ...R];
/** The derivative's type: that of the chosen argument, or a tuple of them. */
export type Chosen<A extends readonly unknown[], N> = N extends readonly number[]
  ? { -readonly [K in keyof N]: N[K] extends keyof A ? A[N[K]] : A[number] }
  : N extends keyof A
    ? A[N]
    : A[number];

/**
 * grad : (a -> scalar) -> (a -> a). The derivative of a scalar function with respect to its first argument.
 *
 * @param f from trees of tensors to a float scalar. Leaves that are differentiated must be floats.
 * @returns a function of the same arguments; its result has the type, structure, shapes and dtypes of the chosen argument.
 * @throws TypeError when the output is no float scalar, or a differentiated leaf is an integer (naming its path).
 * @example grad((x: Tensor) => x.sin().sum())(tensor([0, 1]))   // cos of [0, 1]
 */
export function grad<P, R extends unknown[]>(
  f: ((params: P, ...rest: R) => Tensor) & TreeArgument<P>,
): (params: P, ...rest: R) => P;
export function grad<P, R extends unknown[], A>(
  f: (params: P, ...rest: R) => readonly [Tensor, A],
  options: GradOptions & { readonly hasAux: true },
): (params: P, ...rest: R) => [P, A];
export function grad<P, R extends unknown[], const N extends number | readonly number[]>(
  f: (params: P, ...rest: R) => Tensor,
  options: GradOptions<N>,
): (params: P, ...rest: R) => Chosen<Arguments<P, R>, N>;
export function grad(
  f: (...args: never[]) => unknown,
  options: GradOptions<number | readonly number[]> & { hasAux?: boolean } = {},
): (...args: unknown[]) => unknown {
  const whole = differentiate("grad", f as (...args: unknown[]) => unknown, options);
  return (...args) => {
    const { gradient, aux } = whole(args);
    return options.hasAux === true ? [gradient, aux] : gradient;
  };
}

/**
 * valueAndGrad : (a -> scalar) -> (a -> (scalar, a)). As `grad`, with the value of the function in front.
 *
 * @example const [loss, gradient] = valueAndGrad(lossOf)(params, batch)
 */
export function valueAndGrad<P, R extends unknown[]>(
  f: ((params: P, ...rest: R) => Tensor) & TreeArgument<P>,
): (params: P, ...rest: R) => [Tensor, P];
export function valueAndGrad<P, R extends unknown[], A>(
  f: (params: P, ...rest: R) => readonly [Tensor, A],
  options: GradOptions & { readonly hasAux: true },
): (params: P, ...rest: R) => [[Tensor, A], P];
export function valueAndGrad<P, R extends unknown[], const N extends number | readonly number[]>(
  f: (params: P, ...rest: R) => Tensor,
  options: GradOptions<N>,
): (params: P, ...rest: R) => [Tensor, Chosen<Arguments<P, R>, N>];
export function valueAndGrad(
  f: (...args: never[]) => unknown,
  options: GradOptions<number | readonly number[]> & { hasAux?: boolean } = {},
): (...args: unknown[]) => unknown {
  const whole = differentiate("valueAndGrad", f as (...args: unknown[]) => unknown, options);
  return (...args) => {
    const { value, gradient, aux } = whole(args);
    return options.hasAux === true ? [[value, aux], gradient] : [value, gradient];
  };
}

function checkFunction(name: string, f: unknown): void {
  if (typeof f !== "function") throw new TypeError(`${name}: got ${typeof f}, expected a function to differentiate.`);
}

function differentiate(
  name: string,
  f: (...args: unknown[]) => unknown,
  { argnums = 0, hasAux = false }: GradOptions<number | readonly number[]> & { hasAux?: boolean },
): (args: readonly unknown[]) => { value: Tensor; gradient: unknown; aux: unknown } {
  checkFunction(name, f);
  const label = `${name}(${f.name || "anonymous"})`;
  return (args) => {
    const { leaves, parts, replaced } = argumentParts(name, args, argnums);
    let auxStructure: Structure | undefined;
    // The output, then the leaves of the auxiliary value, so that those lose their tracers with it.
    const flat = (...xs: Tensor[]): Tensor[] => {
      const out = f(...replaced(xs));
      if (!hasAux) return [checkScalar(name, out)];
      if (!Array.isArray(out) || out.length !== 2)
        throw new TypeError(`${name}: hasAux is set, so the function must return [scalar, auxiliary tree].`);
      const aux = flatten(out[1], `${name}: the auxiliary output`);
      auxStructure = aux.structure;
      return [checkScalar(name, out[0]), ...aux.leaves];
    };
    const { primals, linear, residuals, nonzero } = linearizeFlat(
      label,
      currentTrace(),
      flat,
      leaves,
      leaves.map(() => true),
    );
    const aux = auxStructure === undefined ? undefined : unflatten(auxStructure, primals.slice(1));
    const cotangents: Tangent[] = [];
    nonzero.forEach((nz, i) => nz && cotangents.push(i === 0 ? like(primals[0], 1) : null));
    const inputs = [...residuals, ...leaves.map((x) => new LinearInput(tangentType(x)))];
    const results = transposeEvaluate(linear, inputs, cotangents).slice(residuals.length);
    const gradients = leaves.map((x, i) => results[i] ?? zeros(tangentType(x)));
    let next = 0;
    const trees = parts.map((part) => unflatten(part.structure, gradients.slice(next, (next += part.leaves.length))));
    return { value: primals[0], gradient: typeof argnums === "number" ? trees[0] : trees, aux };
  };
}

/** The float leaves of the chosen arguments, and the arguments with other leaves in their place. */
export function argumentParts(
  name: string,
  args: readonly unknown[],
  argnums: number | readonly number[],
): {
  readonly leaves: Tensor[];
  readonly parts: readonly Flattened[];
  readonly replaced: (leaves: readonly Tensor[]) => unknown[];
} {
  const given = typeof argnums === "number" ? [argnums] : argnums;
  const chosen = given.map((n) => (n < 0 ? n + args.length : n));
  chosen.forEach((n, k) => {
    if (!Number.isInteger(n) || n < 0 || n >= args.length)
      throw new RangeError(
        `${name}: argnums has ${given[k]}, expected an integer from ${-args.length} to ${args.length - 1}, as the arguments of the call.`,
      );
    if (chosen.indexOf(n) < k) throw new RangeError(`${name}: argnums has argument ${n} twice. Name it once.`);
  });
  const parts = chosen.map((n) => flatten(args[n], `${name}: argument ${n}`));
  parts.forEach((part, k) => checkFloats(name, chosen[k], part.leaves, part.structure));
  const replaced = (leaves: readonly Tensor[]): unknown[] => {
    let next = 0;
    const rebuilt = [...args];
    chosen.forEach((n, k) => {
      rebuilt[n] = unflatten(parts[k].structure, leaves.slice(next, (next += parts[k].leaves.length)));
    });
    return rebuilt;
  };
  return { leaves: parts.flatMap((p) => p.leaves), parts, replaced };
}

/**
 * jvp : (a -> b) -> (a, T a) -> (b, T b). The value and its directional derivative.
 *
 * @param primals the arguments, in an array.
 * @param tangents for each argument a tree of the same structure and shapes.
 * @returns [outputs, tangents of the outputs].
 */
export function jvp<A extends unknown[], B>(
  f: (...args: A) => B,
  primals: readonly [...A],
  tangents: readonly [...A],
): [B, B] {
  checkFunction("jvp", f);
  const { leaves, structure } = flatten(primals, "jvp: primals");
  const directions = flattenLike("jvp", structure, tangents, "tangents");
  checkFloats("jvp", undefined, leaves, structure);
  checkShapes("jvp", "tangent", leaves, directions, leafPaths(structure));
  let outputStructure: Structure | undefined;
  const flat = (...xs: Tensor[]): Tensor[] => {
    const out = flatten(f(...unflatten<A>(structure, xs)), "jvp: the output");
    outputStructure = out.structure;
    return out.leaves;
  };
  const result = jvpFlat(`jvp(${f.name || "anonymous"})`, currentTrace(), flat, leaves, directions);
  const s = outputStructure as Structure;
  return [
    unflatten<B>(s, result.primals),
    unflatten<B>(
      s,
      result.tangents.map((t, i) => t ?? zeros(tangentType(result.primals[i]))),
    ),
  ];
}

/**
 * vjp : (a -> b) -> a -> (b, CT b -> CT a). The value, and a function from cotangents of the output to those of the arguments.
 *
 * @returns [outputs, pullback]; the pullback may be called many times and gives one tree an argument.
 */
export function vjp<A extends unknown[], B>(f: (...args: A) => B, ...args: A): [B, (cotangent: B) => A] {
  checkFunction("vjp", f);
  const { leaves, structure } = flatten(args, "vjp: arguments");
  const varies = leaves.map((x) => isFloat(x.dtype));
  let outputStructure: Structure | undefined;
  const flat = (...xs: Tensor[]): Tensor[] => {
    const out = flatten(f(...unflatten<A>(structure, xs)), "vjp: the output");
    outputStructure = out.structure;
    return out.leaves;
  };
  const label = `vjp(${f.name || "anonymous"})`;
  const { primals, linear, residuals, nonzero } = linearizeFlat(label, currentTrace(), flat, leaves, varies);
  const s = outputStructure as Structure;
  const pullback = (cotangent: B): A => {
    const cts = flattenLike("vjp", s, cotangent, "the cotangent");
    checkShapes("vjp", "cotangent", primals, cts, leafPaths(s));
    const inputs = [...residuals, ...leaves.filter((_, i) => varies[i]).map((x) => new LinearInput(tangentType(x)))];
    const results = transposeEvaluate(
      linear,
      inputs,
      cts.filter((_, i) => nonzero[i]),
    ).slice(residuals.length);
    let next = 0;
    return unflatten<A>(
      structure,
      leaves.map((x, i) => (varies[i] ? results[next++] : null) ?? zeros(tangentType(x))),
    );
  };
  return [unflatten<B>(s, primals), pullback];
}

/**
 * linearize : (a -> b) -> a -> (b, T a -o T b). The value, and its derivative at that point as a linear function of the
 * tangents, which may be called many times without running `f` again.
 */
export function linearize<A extends unknown[], B>(f: (...args: A) => B, ...args: A): [B, (...tangents: A) => B] {
  checkFunction("linearize", f);
  const { leaves, structure } = flatten(args, "linearize: arguments");
  checkFloats("linearize", undefined, leaves, structure);
  let outputStructure: Structure | undefined;
  const flat = (...xs: Tensor[]): Tensor[] => {
    const out = flatten(f(...unflatten<A>(structure, xs)), "linearize: the output");
    outputStructure = out.structure;
    return out.leaves;
  };
  const label = `linearize(${f.name || "anonymous"})`;
  const { primals, linear, residuals, nonzero } = linearizeFlat(
    label,
    currentTrace(),
    flat,
    leaves,
    leaves.map(() => true),
  );
  const s = outputStructure as Structure;
  const push = (...tangents: A): B => {
    const directions = flattenLike("linearize", structure, tangents, "tangents");
    checkShapes("linearize", "tangent", leaves, directions, leafPaths(structure));
    const results = evaluateGraph(linear, [...residuals, ...directions]);
    let next = 0;
    return unflatten<B>(
      s,
      primals.map((y, i) => (nonzero[i] ? results[next++] : zeros(tangentType(y)))),
    );
  };
  return [unflatten<B>(s, primals), push];
}

function checkScalar(name: string, out: unknown): Tensor {
  if (out instanceof Promise)
    throw new TypeError(
      `${name}: the function returned a Promise. Transforms take synchronous functions: await outside.`,
    );
  if (!(out instanceof Tensor))
    throw new TypeError(`${name}: the function returned ${typeof out}, expected a scalar Tensor.`);
  if (out.shape.length !== 0 || !isFloat(out.dtype))
    throw new TypeError(
      `${name}: the function returned ${describe(out)}, expected a float scalar. ` +
        (isFloat(out.dtype)
          ? "Reduce it with sum() or mean(), or use vjp."
          : "Integers have no derivative: cast to f32."),
    );
  return out;
}

function checkFloats(
  name: string,
  argument: number | undefined,
  leaves: readonly Tensor[],
  structure: Structure,
): void {
  leaves.forEach((x, i) => {
    if (isFloat(x.dtype)) return;
    const path = leafPaths(structure)[i];
    const where = argument === undefined ? path : `argument ${argument}${path === "" ? "" : ` leaf ${path}`}`;
    throw new TypeError(
      `${name}: ${where} is ${describe(x)}, expected a float. Integers have no derivative: cast them, or pass them as another argument.`,
    );
  });
}

function checkShapes(
  name: string,
  what: string,
  expected: readonly Tensor[],
  got: readonly Tensor[],
  paths: readonly string[],
): void {
  expected.forEach((x, i) => {
    if (!sameShape(x.shape, got[i].shape) || x.dtype !== got[i].dtype)
      throw new TypeError(
        `${name}: the ${what} at ${paths[i] || "the root"} is ${describe(got[i])}, expected ${x.dtype}${describeShape(x.shape)}.`,
      );
  });
}
