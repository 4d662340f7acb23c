import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import { type Tensor, isTensor, jit, tensor, vjp, vmap } from "../../src/index.js";
import type { DType } from "../../src/tensor/dtype.js";
import recorded from "../fixtures/torchSpatial.json" with { type: "json" };

/* Convolution, pooling and resampling against PyTorch: values, gradients, and that jit and vmap agree with plain calls. */

interface Encoded {
  readonly d: DType;
  readonly t: readonly number[];
  readonly v: readonly (number | string)[];
}
type Call = (...args: unknown[]) => Tensor | { values: Tensor; indices: Tensor };

const isEncoded = (x: unknown): x is Encoded => typeof x === "object" && x !== null && "d" in x && "v" in x;
const decode = (x: Encoded): Tensor => tensor(Float64Array.from(x.v, Number), { shape: x.t, dtype: x.d });
const cotangent = (t: Encoded): Tensor =>
  tensor(
    Float64Array.from(t.v, (_, i) => (((7 * i) % 11) - 5) / 4),
    { shape: t.t },
  );

/** Sums of at most some tens of products, and PyTorch's scales in the same precision. */
const TOLERANCE = 1e-12;

function close(actual: Tensor, expected: Encoded): void {
  expect(actual.shape).toEqual(expected.t);
  expect(actual.dtype).toBe(expected.d);
  expected.v.forEach((y, i) => {
    const [a, b] = [actual.storage[i], Number(y)];
    expect(Math.abs(a - b), `element ${i}: ${a} against ${b}`).toBeLessThanOrEqual(TOLERANCE * (1 + Math.abs(b)));
  });
}

const cases = (
  recorded.cases as unknown as readonly (readonly [string, readonly unknown[], Encoded[], Encoded[]])[]
).map(([name, args, outputs, gradients], i) => ({ name, args, outputs, gradients, i }));

describe.each(cases)(`$name #$i`, ({ name, args, outputs, gradients }) => {
  const given = args.map((a) => (isEncoded(a) ? decode(a) : a));
  const operands = given.filter(isTensor);
  const f = (...tensors: Tensor[]): Tensor[] => {
    let next = 0;
    const out = (api as unknown as Record<string, Call>)[name](
      ...given.map((a) => (isTensor(a) ? tensors[next++] : a)),
    );
    return isTensor(out) ? [out] : [out.values, out.indices];
  };

  it(`agrees with ${recorded.source}, eager and compiled`, () => {
    const eager = f(...operands);
    expect(eager.length).toBe(outputs.length);
    eager.forEach((y, k) => close(y, outputs[k]));
    expect(jit(f)(...operands).map((y) => y.storage)).toEqual(eager.map((y) => y.storage));
  });

  it("has PyTorch's gradients", () => {
    const floats = operands.filter((x) => x.dtype === "f64");
    const rest = operands.slice(floats.length);
    const [, pullback] = vjp((...xs: Tensor[]) => f(...xs, ...rest)[0], ...floats);
    pullback(cotangent(outputs[0])).forEach((g, k) => close(g, gradients[k]));
  });

  it("maps as a loop does", () => {
    const second = operands.map((x) => (x.dtype === "f64" ? x.mul(0.5).add(0.25) : x));
    const together = vmap(f)(...operands.map((x, k) => api.stack([x, second[k]])));
    const single = [f(...operands), f(...second)];
    together.forEach((y, k) => {
      const expected = api.stack(single.map((s) => s[k]));
      expect(y.shape).toEqual(expected.shape);
      expect(y.sub(expected).abs().astype("f64").sum().item()).toBeLessThanOrEqual(TOLERANCE * 100);
    });
  });
});
