import { describe, expect, it } from "vitest";
import { type Tensor, grad, jit, countCalls, tensor, zeros } from "../../src/index.js";
import { traceCount } from "../../src/control/jitFunction.js";

describe("a call that is like the last one", () => {
  const f = (p: { a?: Tensor | null; b: Tensor[] }, n: number): Tensor => p.b.reduce((s, x) => s.add(x)).mul(n);
  const [x, y] = [tensor([1, 2]), tensor([3, 4])];

  it("is found by structure and types, whatever objects hold them", () => {
    const compiled = jit(f);
    expect(compiled({ b: [x, y] }, 2).toArray()).toEqual([8, 12]);
    expect(compiled({ b: [y, y], a: null }, 3).toArray()).toEqual([18, 24]);
    expect(compiled({ a: undefined as never, b: [x, x] }, 1).toArray()).toEqual([2, 4]);
  });

  it.each<[string, () => unknown]>([
    ["another length", () => jit(f)({ b: [x] }, 2)],
    ["a leaf where nothing was", () => jit(f)({ a: x, b: [x, y] }, 2)],
    ["another shape", () => jit(f)({ b: [zeros([3]), zeros([3])] }, 2)],
    ["another dtype", () => jit(f)({ b: [x.astype("f64"), y] }, 2)],
    ["a strong scalar where a number was", () => jit(f)({ b: [x, y] }, tensor(2) as never)],
  ])("is another trace with %s", (_, call) => {
    jit(f)({ b: [x, y] }, 2);
    const before = traceCount(f);
    call();
    expect(traceCount(f)).toBe(before + 1);
  });

  it("checks a tree as the first call did", () => {
    const compiled = jit((p: { b: Tensor }) => p.b.add(1));
    compiled({ b: x });
    class Params {
      b = x;
    }
    expect(() => compiled(new Params())).toThrow("an instance of Params");
    expect(() => compiled({ b: "x" as never })).toThrow("leaf [0].b is string x");
    expect(() => compiled({ b: { b: x } as never })).toThrow();
  });

  it("compares static arguments by identity", () => {
    const compiled = jit((a: Tensor, mode: unknown) => (mode === "twice" ? a.mul(2) : a), { staticArgnums: [1] });
    expect(compiled(x, "twice").toArray()).toEqual([2, 4]);
    expect(compiled(x, "once").toArray()).toEqual([1, 2]);
    expect(compiled(x, "twice").toArray()).toEqual([2, 4]);
  });

  it("does not keep what belonged to an outer trace", () => {
    const inner = (c: Tensor): ((a: Tensor) => Tensor) => jit((a: Tensor) => a.mul(c).sum());
    const square = grad((c: Tensor) => inner(c)(c));
    expect(square(x).toArray()).toEqual([2, 4]);
    expect(square(y).toArray()).toEqual([6, 8]);
  });
});

describe("eager operations", () => {
  it("copy the lists they are found by", () => {
    const shape = [2, 3];
    const t = zeros([6]);
    expect(t.reshape(shape).shape).toEqual([2, 3]);
    shape.reverse();
    expect(t.reshape(shape).shape).toEqual([3, 2]);
  });

  it("keep -0 and 0, and NaN, apart in parameters", () => {
    const t = tensor([1, 2]);
    for (const value of [0, -0, NaN, 0]) expect(t.pad([[0, 1]], { value }).toArray()).toEqual([1, 2, value]);
  });

  it("give the same bits when they are called so often that they are compiled", () => {
    const t = tensor([0.1, 0.7, -3]);
    const first = t.tanh().toArray();
    for (let i = 0; i < 300; i++) t.tanh();
    expect(countCalls(() => t.tanh())).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
    expect(t.tanh().toArray()).toEqual(first);
  });
});
