import { normal } from "../operations/random/continuous.js";
import { foldIn, key } from "../operations/random/keys.js";
import { isFloat } from "../tensor/dtype.js";
import { type Tensor, fromStorage } from "../tensor/tensor.js";
import { flatten, leafPaths, unflatten } from "../tensor/tree.js";
import { jvp, vjp } from "../transforms/derivatives.js";

export type GradMode = "forward" | "reverse";
export interface CheckGradsOptions {
  /** Highest order of derivative to check. Default 2. */
  readonly order?: number;
  /** Modes that are mixed in every order. Default both. */
  readonly modes?: readonly GradMode[];
  /** Largest deviation in units of 1 + |derivative|. Default 1e-5 in f64, 2e-2 in f32. */
  readonly tolerance?: number;
  /** Step of the differences. Default 1e-3 in f64, 3e-2 in f32. */
  readonly step?: number;
}

type Flat = (...xs: Tensor[]) => Tensor[];

/**
 * Checks derivatives against central differences (of fourth order, in a random direction), in every mix of modes up to `order`, as JAX's
 * `check_grads`.
 *
 * @param f any function of trees; leaves that are no floats are held fixed.
 * @param args its arguments, at a point where f is smooth.
 * @throws Error that names the modes, the leaf, and both numbers.
 * @example checkGrads((x: Tensor) => x.sin().mul(x), [tensor([1, 2], { dtype: "f64" })])
 */
export function checkGrads<A extends unknown[]>(
  f: (...args: A) => unknown,
  args: readonly [...A],
  options: CheckGradsOptions = {},
): void {
  if (typeof f !== "function") throw new TypeError(`checkGrads: got ${typeof f}, expected a function.`);
  const { order = 2, modes = ["forward", "reverse"] } = options;
  if (!Number.isInteger(order) || order < 1)
    throw new RangeError(`checkGrads: order is ${order}, expected a positive integer.`);
  const { leaves, structure } = flatten(args, "checkGrads: arguments");
  const varies = leaves.map((x) => isFloat(x.dtype));
  const points = leaves.filter((_, i) => varies[i]);
  if (points.length === 0) throw new TypeError("checkGrads: the arguments have no float leaf to differentiate.");
  const double = points.every((x) => x.dtype === "f64");
  const { tolerance = double ? 1e-5 : 2e-2, step = double ? 1e-3 : 3e-2 } = options;

  let paths: readonly string[] = [];
  const flat: Flat = (...xs) => {
    let next = 0;
    const whole = unflatten<A>(
      structure,
      leaves.map((x, i) => (varies[i] ? xs[next++] : x)),
    );
    const out = flatten(f(...whole), "checkGrads: the output");
    paths = leafPaths(out.structure);
    return out.leaves.filter((y) => isFloat(y.dtype));
  };

  let draws = 0;
  const direction = (like: readonly Tensor[]): Tensor[] =>
    like.map((x) => normal(foldIn(key("checkGrads"), draws++), x.shape, { dtype: x.dtype === "f64" ? "f64" : "f32" }));

  const visit = (g: Flat, xs: readonly Tensor[], depth: number, trail: string): void => {
    const vs = direction(xs);
    const numeric = difference(g, xs, vs, step);
    const compare = (mode: GradMode, got: readonly number[], expected: readonly number[], where: string): void =>
      got.forEach((a, i) => {
        const b = expected[i];
        if (!(Math.abs(a - b) <= tolerance * (1 + Math.abs(b))))
          throw new Error(
            `checkGrads: ${mode}${trail}${where}, element ${i}: the derivative is ${a}, the difference quotient ${b}.`,
          );
      });
    for (const mode of modes) {
      const deeper = `${trail} over ${mode}`;
      if (mode === "forward") {
        const push: Flat = (...ps) => jvp(g, ps.slice(0, xs.length), ps.slice(xs.length))[1];
        const tangents = push(...xs, ...vs);
        tangents.forEach((t, k) =>
          compare(
            mode,
            Array.from(t.storage, Number),
            numeric[k],
            depth === 1 && trail === "" ? ` of output ${paths[k] || k}` : ` of output ${k}`,
          ),
        );
        if (depth < order) visit(push, [...xs, ...vs], depth + 1, deeper);
      } else {
        const ws = direction(g(...xs));
        const pull: Flat = (...ps) => vjp(g, ...ps.slice(0, xs.length))[1](ps.slice(xs.length));
        const cotangents = pull(...xs, ...ws);
        const inner = (a: readonly (readonly number[])[], b: readonly Tensor[]): number =>
          a.reduce((s, row, k) => s + row.reduce((t, v, i) => t + v * Number(b[k].storage[i]), 0), 0);
        const values = cotangents.map((c) => Array.from(c.storage, Number));
        compare(mode, [inner(values, vs)], [inner(numeric, ws)], "");
        if (depth < order) visit(pull, [...xs, ...ws], depth + 1, deeper);
      }
    }
  };
  visit(flat, points, 1, "");
}

/** (8 (f(x + h v) - f(x - h v)) - (f(x + 2 h v) - f(x - 2 h v))) / 12 h. */
function difference(g: Flat, xs: readonly Tensor[], vs: readonly Tensor[], h: number): number[][] {
  const at = (scale: number): number[][] =>
    g(...xs.map((x, i) => moved(x, vs[i], scale))).map((y) => Array.from(y.storage, Number));
  const [a, b, c, d] = [at(h), at(-h), at(2 * h), at(-2 * h)];
  return a.map((row, k) => row.map((_, i) => (8 * (a[k][i] - b[k][i]) - (c[k][i] - d[k][i])) / (12 * h)));
}
function moved(x: Tensor, v: Tensor, scale: number): Tensor {
  const storage = x.storage.slice();
  for (let i = 0; i < storage.length; i++) storage[i] += scale * Number(v.storage[i]);
  return fromStorage({ shape: x.shape, dtype: x.dtype }, storage);
}
