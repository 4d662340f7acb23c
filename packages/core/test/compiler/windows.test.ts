import { describe, expect, test } from "vitest";
import { type Tensor, conv, grad, jit, makeGraph, random } from "../../src/index.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { schedule } from "../../src/compiler/schedule.js";
import { windows } from "../../src/primitives/windows.js";

/*
 * Eager operations write the windows and multiply them; a compiled convolution multiplies overlapping strides of its input, to the same
 * bits. That convolutions are right is the matter of test/operations/spatial and of the oracle's samples.
 */
const normal = (seed: number, shape: readonly number[], dtype: "f32" | "f64"): Tensor =>
  random.normal(random.key(seed), shape, { dtype });
const bits = (x: Tensor): Uint8Array => new Uint8Array(x.storage.slice().buffer);

const cases: [name: string, x: readonly number[], w: readonly number[], options: Parameters<typeof conv>[2]][] = [
  ["rows of a whole number of vectors", [2, 3, 16, 16], [8, 3, 3, 3], { padding: "same" }],
  ["rows that panels straddle", [3, 5, 11, 7], [6, 5, 3, 2], { padding: [1, [0, 1]] }],
  ["rows shorter than a vector", [4, 7, 5, 3], [9, 7, 3, 1], {}],
  ["strides and dilation", [2, 4, 21, 19], [5, 4, 3, 3], { stride: [2, 3], dilation: [3, 2] }],
  ["a long contraction, in blocks", [2, 33, 9, 10], [4, 33, 3, 3], { padding: 1 }],
  ["windows of one element", [3, 16, 6, 6], [8, 16, 1, 1], {}],
  ["one axis", [2, 8, 70], [5, 8, 5], { padding: 2 }],
  ["three axes", [2, 3, 6, 7, 8], [4, 3, 2, 3, 2], {}],
  ["groups", [2, 8, 12, 12], [8, 4, 3, 3], { groups: 2 }],
];

describe.each(["f32", "f64"] as const)("convolutions of %s have the bits of windows that are written", (dtype) => {
  test.each(cases)("%s", (_, sizeX, sizeW, options) => {
    const [x, w] = [normal(1, sizeX, dtype), normal(2, sizeW, dtype)];
    const f = (a: Tensor, b: Tensor): Tensor => conv(a, b, options);
    const gradient = grad((a: Tensor, b: Tensor) => f(a, b).square().mean(), { argnums: [0, 1] });
    expect(bits(jit(f)(x, w))).toEqual(bits(f(x, w)));
    const [eager, compiled] = [gradient(x, w), jit(gradient)(x, w)];
    compiled.forEach((g, i) => expect(bits(g)).toEqual(bits(eager[i])));
  });
});

describe("a gradient of a convolution", () => {
  const [x, w] = [normal(3, [2, 4, 13, 11], "f32"), normal(4, [6, 4, 3, 3], "f32")];
  const loss = (a: Tensor, b: Tensor): Tensor => conv(a, b, { padding: "same" }).square().sum();
  const program = schedule(makeGraph(grad(loss, { argnums: [0, 1] }))(x, w));

  test("writes no windows", () => {
    const names = program.steps.map((s) => (s.kind === "kernel" ? s.kernel.name : s.kind));
    expect(names.filter((n) => n === "dot")).toHaveLength(3);
    expect(names).not.toContain("windows");
  });
  test("has the same bits in the interpreter", () => {
    const inputs = [x.storage, w.storage];
    const [a, b] = [interpretedProgram(program, 2), compileToWasm(program, 2)].map((p) => p.run(inputs));
    expect(a).toEqual(b);
  });
});

test("windows that are also asked for themselves are written", () => {
  const x = normal(5, [1, 9, 40], "f64");
  const w = normal(6, [20, 9, 3], "f64");
  const f = (a: Tensor, b: Tensor): Tensor[] => [
    conv(a, b),
    windows(a, [3], { axes: [2], stride: [1], dilation: [1] }).sum(0),
  ];
  const [eager, compiled] = [f(x, w), jit(f)(x, w)];
  compiled.forEach((y, i) => expect(bits(y)).toEqual(bits(eager[i])));
});
