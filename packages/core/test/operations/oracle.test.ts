import { expect, it } from "vitest";
import * as api from "../../src/index.js";
import { type Tensor, eigh, grad, isTensor, jit, tensor } from "../../src/index.js";
import type { DType } from "../../src/tensor/dtype.js";
import recorded from "../fixtures/numpyOperations.json" with { type: "json" };

/*
 * What NumPy, SciPy and JAX give for calls of our functions: see fixtures/numpyOperations.py. Compiled code must give the same bits
 * as eager code.
 */

interface Encoded {
  readonly d: DType;
  readonly t: readonly number[];
  readonly v: readonly (number | string)[];
}
type Call = (...args: unknown[]) => Tensor | Tensor[];

const isEncoded = (x: unknown): x is Encoded => typeof x === "object" && x !== null && "d" in x && "v" in x;
const decode = (x: Encoded): Tensor => tensor(Float64Array.from(x.v, Number), { shape: x.t, dtype: x.d });
const argument = (x: unknown): unknown =>
  isEncoded(x) ? decode(x) : Array.isArray(x) && x.length > 0 && isEncoded(x[0]) ? x.map(argument) : x;

/** The derivative of an elementwise function. */
const each =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    grad((y: Tensor) => f(y).sum())(x);
const digammaPrime = each((x) => x.digamma());

const functions: Readonly<Record<string, Call>> = {
  ...(api as unknown as Readonly<Record<string, Call>>),
  eighValues: (x) => eigh(x as Tensor).values,
  polygamma1: (x) => digammaPrime(x as Tensor),
  polygamma2: (x) => each(digammaPrime)(x as Tensor),
  polygamma3: (x) => each(each(digammaPrime))(x as Tensor),
};

/**
 * Elementary functions are accurate to 1 or 2 units in the last place, and sums and factors of matrices of condition up to some
 * hundreds lose a few digits more.
 */
const TOLERANCE: Readonly<Partial<Record<DType, number>>> = { f64: 2e-13, f32: 3e-7 };

const cases = (
  recorded.cases as unknown as readonly (readonly [string, readonly unknown[], Encoded | Encoded[]])[]
).map(([name, args, expected], i) => ({ name, args: args.map(argument), expected: [expected].flat(), i }));

it.each(cases)(`$name #$i agrees with ${recorded.source}`, ({ name, args, expected }) => {
  const f = functions[name];
  const results = [f(...args)].flat();
  expect(results.length).toBe(expected.length);
  results.forEach((y, k) => {
    const { d, t, v } = expected[k];
    expect(y.shape).toEqual(t);
    expect(y.dtype).toBe(d);
    const tolerance = TOLERANCE[d] ?? 0;
    v.forEach((text, i) => {
      const [actual, e] = [y.storage[i], Number(text)];
      if (Number.isFinite(e))
        expect(Math.abs(actual - e), `element ${i}: ${actual} against ${e}`).toBeLessThanOrEqual(
          tolerance * Math.max(1e-3, Math.abs(e)),
        );
      else expect(actual, `element ${i}`).toBe(e);
    });
  });

  const isOperand = (x: unknown): boolean => isTensor(x) || (Array.isArray(x) && isTensor(x[0]));
  const operands = args.filter(isOperand);
  const compiled = jit((...xs: unknown[]) => {
    let next = 0;
    return f(...args.map((x) => (isOperand(x) ? xs[next++] : x)));
  });
  const bits = [compiled(...operands)].flat().map((y) => y.storage);
  expect(bits).toEqual(results.map((y) => y.storage));
});
