import { expect, it } from "vitest";
import * as api from "../../src/index.js";
import { type Tensor, eigh, grad, isTensor, jit, tensor } from "../../src/index.js";
import type { DType } from "../../src/tensor/dtype.js";
import elementwise from "../fixtures/numpyElementwise.json" with { type: "json" };
import linalg from "../fixtures/numpyLinalg.json" with { type: "json" };
import operations from "../fixtures/numpyOperations.json" with { type: "json" };
import shapes from "../fixtures/numpyShapes.json" with { type: "json" };

/*
 * What NumPy, SciPy and JAX give for calls of our functions: see the scripts in fixtures/. Compiled code must give the same bits
 * as eager code.
 */

interface Encoded {
  readonly d: DType;
  readonly t: readonly number[];
  readonly v: readonly (number | string)[];
}
type Call = (...args: unknown[]) => Tensor | Tensor[] | Record<string, Tensor>;

const isEncoded = (x: unknown): x is Encoded => typeof x === "object" && x !== null && "d" in x && "v" in x;
const decode = (x: Encoded): Tensor => tensor(Float64Array.from(x.v, Number), { shape: x.t, dtype: x.d });
const argument = (x: unknown): unknown => {
  if (isEncoded(x)) return decode(x);
  if (Array.isArray(x)) return x.map(argument);
  if (x === "Infinity" || x === "-Infinity") return Number(x);
  return typeof x === "object" && x !== null
    ? Object.fromEntries(Object.entries(x).map(([key, value]) => [key, argument(value)]))
    : x;
};
const outputs = (y: Tensor | Tensor[] | Record<string, Tensor>): Tensor[] => (isTensor(y) ? [y] : Object.values(y));

/** The derivative of an elementwise function. */
const each =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    grad((y: Tensor) => f(y).sum())(x);
const digammaPrime = each((x) => x.digamma());

/** The derivative by the first argument of the sum of all outputs. */
const gradientOf =
  (f: Call): Call =>
  (x, ...rest) =>
    grad((y: Tensor) => (f(y, ...rest) as Tensor).sum())(x as Tensor);

const functions: Readonly<Record<string, Call>> = {
  ...(api as unknown as Readonly<Record<string, Call>>),
  atSpec: (x, spec) => (x as Tensor).at(...(spec as api.IndexSpec[])),
  eighValues: (x) => eigh(x as Tensor).values,
  singularProduct: (x) => {
    const { u, s, vt } = api.svd(x as Tensor);
    return u.mul(s.expandDims(-2)).matmul(vt);
  },
  lstsqSolution: (a, b) => api.lstsq(a as Tensor, b as Tensor).x,
  polygamma1: (x) => digammaPrime(x as Tensor),
  polygamma2: (x) => each(digammaPrime)(x as Tensor),
  polygamma3: (x) => each(each(digammaPrime))(x as Tensor),
};

/**
 * Elementary functions are accurate to 1 or 2 units in the last place, and sums and factors of matrices of condition up to some
 * hundreds lose a few digits more.
 */
const TOLERANCE: Readonly<Partial<Record<DType, number>>> = { f64: 2e-13, f32: 3e-7 };

type Case = readonly [string, readonly unknown[], Encoded | Encoded[]];
const cases = [operations, shapes, elementwise, linalg].flatMap((file) =>
  (file.cases as unknown as readonly Case[]).map(([name, args, expected], i) => {
    return {
      name,
      args: args.map(argument),
      expected: [expected].flat(),
      i,
      source: file.source,
      whole: file === linalg,
    };
  }),
);

it.each(cases)(`$name #$i agrees with $source`, ({ name, args, expected, whole }) => {
  const f = name.startsWith("grad ") ? gradientOf(functions[name.slice(5)]) : functions[name];
  const result = f(...args);
  const results = outputs(result);
  expect(results.length).toBe(expected.length);
  results.forEach((y, k) => {
    const { d, t, v } = expected[k];
    expect(y.shape).toEqual(t);
    expect(y.dtype).toBe(d);
    const tolerance = TOLERANCE[d] ?? 0;
    // Errors of inverses and exponentials belong to the whole matrix, and carry its condition.
    const floor = whole ? 10 * v.reduce<number>((m, e) => Math.max(m, Math.abs(Number(e)) || 0), 1e-3) : 1e-3;
    v.forEach((text, i) => {
      const [actual, e] = [y.storage[i], Number(text)];
      if (Number.isFinite(e))
        expect(Math.abs(actual - e), `element ${i}: ${actual} against ${e}`).toBeLessThanOrEqual(
          tolerance * Math.max(floor, Math.abs(e)),
        );
      else expect(actual, `element ${i}`).toBe(e);
    });
  });

  // A mask inside an index must be known, so it stays outside.
  const isTraced = (x: unknown): boolean => isTensor(x) && x.dtype !== "bool";
  const isOperand = (x: unknown): boolean => isTensor(x) || (Array.isArray(x) && x.length > 0 && x.every(isTraced));
  const operands = args.filter(isOperand);
  const compiled = jit((...xs: unknown[]) => {
    let next = 0;
    return f(...args.map((x) => (isOperand(x) ? xs[next++] : x)));
  });
  const again = compiled(...operands);
  // Trees come back with sorted keys.
  const bits = outputs(isTensor(again) ? again : ({ ...result, ...again } as Record<string, Tensor>)).map(
    (y) => y.storage,
  );
  expect(bits).toEqual(results.map((y) => y.storage));
});
