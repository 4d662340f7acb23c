import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import {
  type Tensor,
  arange,
  atan2,
  cholesky,
  concat,
  eigh,
  eye,
  full,
  linspace,
  logaddexp,
  ones,
  onesLike,
  ravelTree,
  scatterAdd,
  solvePositive,
  stack,
  tensor,
  triangularSolve,
  where,
  zeros,
  zerosLike,
} from "../../src/index.js";
import elementwise from "../fixtures/numpyElementwise.json" with { type: "json" };
import linalg from "../fixtures/numpyLinalg.json" with { type: "json" };
import shapes from "../fixtures/numpyShapes.json" with { type: "json" };

/*
 * One row a public function: an expression and what NumPy gives for it. Values are exact or given to the digits that NumPy 2 prints.
 */

const f64 = (x: api.NestedArray): Tensor => tensor(x, { dtype: "f64" });
const u32 = (x: api.NestedArray): Tensor => tensor(x, { dtype: "u32" });
const i32 = (x: api.NestedArray): Tensor => tensor(x, { dtype: "i32" });
const m = f64([
  [1, 2, 3],
  [4, 5, 6],
]);
const v = f64([3, -1, 2]);
const nan = f64([1, NaN, 3]);

type Row = readonly [name: string, value: () => Tensor, expected: api.NestedArray];
const rows: readonly Row[] = [
  [
    "add",
    () => v.add(f64([[1], [2]])),
    [
      [4, 0, 3],
      [5, 1, 4],
    ],
  ],
  ["sub", () => v.sub(1), [2, -2, 1]],
  ["mul", () => v.mul(v), [9, 1, 4]],
  ["div", () => i32([7, -7]).div(2), [3.5, -3.5]],
  ["floorDivide", () => i32([7, -7, 7, -7]).floorDivide(i32([2, 2, -2, -2])), [3, -4, -4, 3]],
  ["floorDivide", () => f64([7.5, -7.5]).floorDivide(2), [3, -4]],
  ["rem", () => i32([7, -7]).rem(3), [1, -1]],
  ["neg", () => v.neg(), [-3, 1, -2]],
  ["pow", () => v.pow(3), [27, -1, 8]],
  ["pow", () => f64([4, 9]).pow(0.5), [2, 3]],
  ["pow", () => f64([2, 4]).pow(-1), [0.5, 0.25]],
  ["square", () => v.square(), [9, 1, 4]],
  ["reciprocal", () => f64([4]).reciprocal(), [0.25]],
  ["maximum", () => nan.maximum(2), [2, NaN, 3]],
  ["minimum", () => v.minimum(0), [0, -1, 0]],
  ["clip", () => v.clip(0, 2), [2, 0, 2]],
  ["clip", () => v.clip(null, 2), [2, -1, 2]],
  ["equal", () => nan.equal(nan), [true, false, true]],
  ["notEqual", () => nan.notEqual(nan), [false, true, false]],
  ["less", () => v.less(2), [false, true, false]],
  ["lessEqual", () => v.lessEqual(2), [false, true, true]],
  ["greater", () => v.greater(2), [true, false, false]],
  ["greaterEqual", () => v.greaterEqual(2), [true, false, true]],
  ["logicalAnd", () => tensor([true, true]).logicalAnd(tensor([true, false])), [true, false]],
  ["logicalOr", () => tensor([false, true]).logicalOr(tensor([false, false])), [false, true]],
  ["logicalNot", () => i32([0, 2]).logicalNot(), [true, false]],
  ["isNaN", () => nan.isNaN(), [false, true, false]],
  ["isFinite", () => f64([1, Infinity, NaN]).isFinite(), [true, false, false]],
  ["where", () => where(v.greater(0), v, 0), [3, 0, 2]],
  ["exp", () => f64([0, 1]).exp(), [1, Math.E]],
  ["expm1", () => f64([0]).expm1(), [0]],
  ["log", () => f64([1, 0, -1]).log(), [0, -Infinity, NaN]],
  ["log1p", () => f64([0]).log1p(), [0]],
  ["sqrt", () => f64([4, -1]).sqrt(), [2, NaN]],
  ["sin", () => f64([0, Math.PI / 2]).sin(), [0, 1]],
  ["cos", () => f64([0]).cos(), [1]],
  ["tan", () => f64([0]).tan(), [0]],
  ["asin", () => f64([0, 2]).asin(), [0, NaN]],
  ["acos", () => f64([1]).acos(), [0]],
  ["atan", () => f64([Infinity]).atan(), [Math.PI / 2]],
  ["atan2", () => atan2(f64([1, -1]), f64([0, 0])), [Math.PI / 2, -Math.PI / 2]],
  ["sinh", () => f64([0]).sinh(), [0]],
  ["cosh", () => f64([0]).cosh(), [1]],
  ["tanh", () => f64([0, 100]).tanh(), [0, 1]],
  ["erf", () => f64([0, 10]).erf(), [0, 1]],
  ["erfc", () => f64([0, 40]).erfc(), [1, 0]],
  ["erfinv", () => f64([0, 1]).erfinv(), [0, Infinity]],
  ["lgamma", () => f64([1, 2, 5]).lgamma(), [0, 0, Math.log(24)]],
  ["digamma", () => f64([1]).digamma(), [-0.5772156649015329]],
  ["sigmoid", () => f64([0, 1000, -1000]).sigmoid(), [0.5, 1, 0]],
  ["softplus", () => f64([0, 1000, -1000]).softplus(), [Math.LN2, 1000, 0]],
  ["logSigmoid", () => f64([-1000]).logSigmoid(), [-1000]],
  ["relu", () => v.relu(), [3, 0, 2]],
  ["silu", () => f64([0]).silu(), [0]],
  ["gelu", () => f64([0, 10]).gelu(), [0, 10]],
  ["logaddexp", () => logaddexp(f64([1000, -Infinity]), f64([1000, -Infinity])), [1000 + Math.LN2, -Infinity]],
  ["abs", () => i32([-3, 3]).abs(), [3, 3]],
  ["sign", () => v.sign(), [1, -1, 1]],
  ["floor", () => f64([-1.5]).floor(), [-2]],
  ["ceil", () => f64([-1.5]).ceil(), [-1]],
  ["trunc", () => f64([-1.5]).trunc(), [-1]],
  ["round", () => f64([0.5, 1.5, 2.5]).round(), [0, 2, 2]],
  ["astype", () => f64([1.9, -1.9, NaN, 1e20]).astype("i32"), [1, -1, 0, 2147483647]],
  // The difference of unsigned integers is no distance, and f32 has no 16777217.
  ["isClose", () => u32([100, 7]).isClose(u32([101, 9]), { atol: 1.5, rtol: 0 }), [true, false]],
  ["isClose", () => i32([16777217]).isClose(i32([16777216]), { atol: 0, rtol: 0 }), [false]],
  ["average", () => api.average(f64([Infinity, 1]), 0, { weights: f64([1, 1]) }), Infinity],
  // As NumPy: dots that stand for no axis part the tensors around them, whose axes come first then.
  ["at", () => m.reshape([1, 2, 3]).at(null, 1, "...", i32([[0, 2]])), [[[4], [6]]]],
  ["median", () => f64([Infinity, 0.1]).median(), Infinity],
  ["median", () => f64([-Infinity]).median(), -Infinity],
  ["quantile", () => f64([0, 1, Infinity]).quantile([0.25, 0.5, 0.6, 1]), [0.5, 1, Infinity, Infinity]],
  // Edges as NumPy rounds them: 0.2 lies before the fourth, which is 0.20000000000000018.
  ["histogram", () => api.histogram(f64([-1, 0.6, -0.2, 0, 0.2]), 5, { range: [-1, 1] }).counts, [1, 1, 2, 1, 0]],
  ["sum", () => m.sum(0), [5, 7, 9]],
  ["sum", () => m.sum(1, { keepDims: true }), [[6], [15]]],
  ["sum", () => tensor([true, true, false]).sum(), 2],
  ["sum", () => zeros([0, 3]).sum(0), [0, 0, 0]],
  ["mean", () => i32([1, 2]).mean(), 1.5],
  ["variance", () => v.variance(), 26 / 9],
  ["std", () => v.std(undefined, { ddof: 1 }), Math.sqrt(13 / 3)],
  ["max", () => m.max(-1), [3, 6]],
  ["max", () => nan.max(), NaN],
  ["min", () => m.min([0, 1]), 1],
  ["any", () => m.greater(5).any(1), [false, true]],
  ["all", () => m.greater(0).all(), true],
  ["argmax", () => i32([1, 3, 3]).argmax(), 1],
  ["argmax", () => nan.argmax(), 1],
  ["argmin", () => m.argmin(0), [0, 0, 0]],
  [
    "cumsum",
    () => m.cumsum(1),
    [
      [1, 3, 6],
      [4, 9, 15],
    ],
  ],
  ["logsumexp", () => f64([1000, 1000]).logsumexp(), 1000 + Math.LN2],
  ["logsumexp", () => f64([-Infinity, -Infinity]).logsumexp(), -Infinity],
  ["softmax", () => f64([1000, 1000]).softmax(), [0.5, 0.5]],
  ["logSoftmax", () => f64([0, 0]).logSoftmax(), [-Math.LN2, -Math.LN2]],
  ["norm", () => f64([3, 4]).norm(), 5],
  ["norm", () => f64([3, -4]).norm({ ord: 1 }), 7],
  ["norm", () => f64([3, -4]).norm({ ord: Infinity }), 4],
  [
    "reshape",
    () => m.reshape([3, -1]),
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  ["flatten", () => m.flatten(), [1, 2, 3, 4, 5, 6]],
  [
    "transpose",
    () => m.transpose(),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  [
    "moveAxis",
    () => m.moveAxis(0, -1),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  [
    "swapAxes",
    () => m.swapAxes(0, 1),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  ["squeeze", () => f64([[[1], [2]]]).squeeze(), [1, 2]],
  ["expandDims", () => v.expandDims(-1), [[3], [-1], [2]]],
  [
    "broadcastTo",
    () => v.broadcastTo([2, 3]),
    [
      [3, -1, 2],
      [3, -1, 2],
    ],
  ],
  [
    "flip",
    () => m.flip(1),
    [
      [3, 2, 1],
      [6, 5, 4],
    ],
  ],
  ["split", () => m.split(3, 1)[1], [[2], [5]]],
  ["split", () => v.split([1])[1], [-1, 2]],
  ["pad", () => v.pad([[1, 2]], 9), [9, 3, -1, 2, 9, 9]],
  [
    "tril",
    () => ones([3, 3]).tril(-1),
    [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
    ],
  ],
  [
    "tril",
    () => ones([2, 3]).tril(1),
    [
      [1, 1, 0],
      [1, 1, 1],
    ],
  ],
  [
    "triu",
    () => ones([3, 3]).triu(1),
    [
      [0, 1, 1],
      [0, 0, 1],
      [0, 0, 0],
    ],
  ],
  ["diagonal", () => m.diagonal(), [1, 5]],
  [
    "diag",
    () => v.diag(),
    [
      [3, 0, 0],
      [0, -1, 0],
      [0, 0, 2],
    ],
  ],
  [
    "concat",
    () => concat([m, m.at([0, 1])]),
    [
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3],
    ],
  ],
  [
    "stack",
    () => stack([v, v], 1),
    [
      [3, 3],
      [-1, -1],
      [2, 2],
    ],
  ],
  ["at", () => m.at(-1, [0, null, 2]), [4, 6]],
  ["at", () => m.at(null, 1), [2, 5]],
  [
    "take",
    () => m.take(i32([2, -1, 0]), 1),
    [
      [3, 3, 1],
      [6, 6, 4],
    ],
  ],
  ["take", () => v.take(i32([[0], [1]])), [[3], [-1]]],
  ["takeAlongAxis", () => m.takeAlongAxis(i32([[2], [0]])), [[3], [4]]],
  ["scatterAdd", () => scatterAdd(zeros([3]), i32([0, 2, 0]), ones([3])), [2, 0, 1]],
  [
    "oneHot",
    () => i32([1, 5]).oneHot(3),
    [
      [0, 1, 0],
      [0, 0, 0],
    ],
  ],
  ["argsort", () => nan.argsort(), [0, 2, 1]],
  ["argsort", () => i32([2, 1, 2, 1]).argsort(), [1, 3, 0, 2]],
  ["sort", () => v.sort(), [-1, 2, 3]],
  ["sort", () => v.sort(-1, { descending: true }), [3, 2, -1]],
  ["matmul", () => m.matmul(v), [7, 19]],
  ["matmul", () => v.at([0, 2]).matmul(m), [-1, 1, 3]],
  [
    "matmul",
    () => stack([m, m]).matmul(m.T).at(1),
    [
      [14, 32],
      [32, 77],
    ],
  ],
  ["dot", () => v.dot(v), 14],
  [
    "outer",
    () => f64([1, 2]).outer(f64([3, 4])),
    [
      [3, 4],
      [6, 8],
    ],
  ],
  [
    "matrixTranspose",
    () => m.matrixTranspose(),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  [
    "cholesky",
    () =>
      cholesky(
        f64([
          [4, 2],
          [2, 5],
        ]),
      ),
    [
      [2, 0],
      [1, 2],
    ],
  ],
  ["cholesky", () => cholesky(f64([[-1]])), [[NaN]]],
  [
    "triangularSolve",
    () =>
      triangularSolve(
        f64([
          [2, 9],
          [1, 4],
        ]),
        f64([2, 9]),
      ),
    [1, 2],
  ],
  [
    "solvePositive",
    () =>
      solvePositive(
        f64([
          [4, 2],
          [2, 5],
        ]),
        f64([8, 12]),
      ),
    [1, 2],
  ],
  [
    "eigh",
    () =>
      eigh(
        f64([
          [2, 1],
          [1, 2],
        ]),
      ).values,
    [1, 3],
  ],
  [
    "tensor",
    () => tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2] }),
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["zeros", () => zeros([2], "i32"), [0, 0]],
  ["ones", () => ones([2]), [1, 1]],
  ["full", () => full([2], 7), [7, 7]],
  ["zerosLike", () => zerosLike(v), [0, 0, 0]],
  ["onesLike", () => onesLike(v), [1, 1, 1]],
  ["arange", () => arange(4), [0, 1, 2, 3]],
  ["arange", () => arange(1, 2, 0.25), [1, 1.25, 1.5, 1.75]],
  ["arange", () => arange(3, 0, -2), [3, 1]],
  ["linspace", () => linspace(0, 1, 5, "f64"), [0, 0.25, 0.5, 0.75, 1]],
  [
    "eye",
    () => eye(2, 3),
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  ],
  ["ravelTree", () => ravelTree({ b: v, a: f64(9) })[0], [9, 3, -1, 2]],
  ["stopGradient", () => api.stopGradient(v), [3, -1, 2]],
];

const flat = (x: api.NestedArray): number[] => (Array.isArray(x) ? x.flatMap(flat) : [Number(x)]);
const shapeOf = (x: api.NestedArray): number[] =>
  Array.isArray(x) ? [x.length, ...(x.length > 0 ? shapeOf(x[0] as api.NestedArray) : [])] : [];

describe("operations", () => {
  it.each(rows.map((row, i) => [row[0], i, row] as const))("%s #%i", (_, _i, [, value, expected]) => {
    const y = value();
    expect(y.shape).toEqual(shapeOf(expected));
    const actual = Array.from(y.storage);
    flat(expected).forEach((e, i) => {
      if (Number.isFinite(e))
        expect(Math.abs(actual[i] - e), `element ${i}: ${actual[i]}`).toBeLessThanOrEqual(
          1e-13 * Math.max(1, Math.abs(e)),
        );
      else expect(actual[i]).toBe(e);
    });
  });

  it("every public function has a row here or is called by another test", () => {
    const folder = fileURLToPath(new URL("..", import.meta.url));
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".test.ts") || /mapping.*\.ts$/.test(path))
      .map((path) => readFileSync(join(folder, path), "utf8"));
    // Called, or named in a table; an import alone does not count.
    const called = (name: string): boolean => {
      const use = new RegExp(`\\b${name}\\(|"${name}"|\\.${name}\\b`);
      return sources.some((text) => use.test(text));
    };
    const listed = new Set(
      [...rows, ...shapes.cases, ...elementwise.cases, ...linalg.cases].map(([name]) => name as string),
    );
    const functions = Object.entries(api).filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name));
    expect(functions.map(([name]) => name).filter((name) => !listed.has(name) && !called(name))).toEqual([]);
  });
});

describe("promotion", () => {
  const dtypes = ["bool", "i32", "u32", "f32", "f64"] as const;
  const expected: Record<string, string> = {
    "bool i32": "i32",
    "bool u32": "u32",
    "bool f32": "f32",
    "bool f64": "f64",
    "i32 f32": "f32",
    "i32 f64": "f64",
    "u32 f32": "f32",
    "u32 f64": "f64",
    "f32 f64": "f64",
  };
  it("widens, floats over integers over bools", () => {
    for (const a of dtypes)
      for (const b of dtypes) {
        const sum = (): Tensor => zeros([1], a).add(zeros([1], b));
        if ([a, b].includes("i32") && [a, b].includes("u32"))
          expect(sum).toThrow("no common integer type. Cast one with astype");
        else
          expect(sum().dtype, `${a} + ${b}`).toBe(
            a === b ? (a === "bool" ? "i32" : a) : (expected[`${a} ${b}`] ?? expected[`${b} ${a}`]),
          );
      }
  });
  it("lets numbers take the dtype of the tensor, unless they are fractions and it holds integers", () => {
    expect(ones([1], "f64").mul(0.1).storage[0]).toBe(0.1);
    expect(ones([1], "i32").add(2).dtype).toBe("i32");
    expect(ones([1], "i32").add(0.5).dtype).toBe("f32");
    expect(ones([1], "bool").add(1).dtype).toBe("i32");
  });
});

describe("tensors", () => {
  it("print readably", () => {
    expect(String(tensor(2.5))).toBe("f32[] 2.5");
    expect(String(i32([1, 20]))).toBe("i32[2] [1, 20]");
    expect(String(tensor([true, false]))).toBe("bool[2] [true, false]");
    expect(String(m)).toBe("f64[2, 3]\n[[1, 2, 3],\n [4, 5, 6]]");
    expect(String(zeros([0]))).toBe("f32[0] []");
    expect(String(arange(2000))).toBe("i32[2000] [0, 1, 2, ..., 1997, 1998, 1999]");
  });
  it("copy what goes in and what comes out", async () => {
    const source = new Float32Array([1, 2]);
    const x = tensor(source);
    source[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    const out = await x.data();
    out[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    expect(await tensor([true, false]).data()).toEqual(Uint8Array.of(1, 0));
  });
  it("iterate over rows", () => {
    const [a, b] = m;
    expect([a.toArray(), b.toArray()]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(() => [...f64(1)]).toThrow("expected a tensor with an axis to iterate over");
  });
});

/** Paths and values, for comparing trees. */
const readable = (x: unknown): unknown => api.tree.entries(x).map(([path, leaf]) => [path, String(leaf)]);

describe("trees", () => {
  const params = { w: [v, f64([[1]])], b: undefined, a: f64(0) };
  it("know their paths and keep their structure", () => {
    expect(api.tree.paths(params)).toEqual(["a", "w[0]", "w[1]"]);
    const doubled = api.tree.map((x) => x.mul(2), params);
    expect(doubled.w[0].toArray()).toEqual([6, -2, 4]);
    const [flatParams, unravel] = ravelTree(params);
    expect(readable(unravel(flatParams))).toEqual(readable(params));
    const g = api.grad((p: typeof params) => unravel(ravelTree(p)[0]).w[0].square().sum())(params);
    expect(g.w[0].toArray()).toEqual([6, -2, 4]);
  });
  it("refuse what is no tree, naming the path", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const [value, message] of [
      [{ a: [1] }, "leaf a[0] is number 1, expected a Tensor. Wrap it with tensor(...)"],
      [{ a: new Map() }, "leaf a is an instance of Map"],
      [cycle, "the tree contains itself at self"],
      [JSON.parse('{"__proto__": 1}'), 'has a key "__proto__"'],
    ] as const)
      expect(() => api.tree.leaves(value)).toThrow(message);
    expect(() => api.tree.map((x, y) => x.add(y), { a: v }, { b: v } as unknown as { a: Tensor })).toThrow(
      "tree 1 has leaves {b}, expected the structure of the first, {a}",
    );
  });
});

it.each([
  ["ragged rows", () => tensor([[1, 2], [3]]), "data[1] has 1 entries, expected 2"],
  ["text", () => tensor(["a"] as unknown as number[]), "data[0] is string a"],
  ["an unknown dtype", () => zeros([1], "f16" as "f32"), "dtype is f16, expected one of f32, f64, i32, u32, bool"],
  ["a negative size", () => zeros([-1]), "expected an array of non-negative integers"],
  ["a huge size", () => zeros([2 ** 20, 2 ** 20]), "more than the 2^29 a tensor can hold"],
  ["shapes that do not broadcast", () => m.add(f64([1, 2])), "add: shapes [2, 3] and [2] do not broadcast"],
  [
    "inner sizes that differ",
    () => m.matmul(m),
    "matmul: inner dimensions differ, [2, 3] x [2, 3]. Transpose one argument",
  ],
  ["a shape that does not fit", () => m.reshape([4]), "reshape: cannot give 6 elements of shape [2, 3] the shape [4]"],
  [
    "an axis out of range",
    () => m.sum(2),
    "sum: axis 2 is out of range for a tensor of 2 dimensions. Use an integer from -2 to 1",
  ],
  ["an axis twice", () => m.sum([0, -2]), "sum: axis 0 is given twice"],
  ["an index out of range", () => m.at(5), "at: index 5 is out of range for axis 0"],
  ["a gather out of range", () => v.take(i32([3])), "take: index 3 is out of range for an axis of 3 entries"],
  ["float indices", () => v.take(f64([0])), "indices are f64[1], expected i32"],
  ["nothing to compare", () => zeros([0]).max(), "hold no elements"],
  ["concat of nothing", () => concat([]), "concat: got no tensors"],
  ["item of many", () => v.item(), "item: the tensor has shape [3], expected one element"],
  [
    "an operand that is no number",
    () => v.add([1] as unknown as number),
    "add: an operand is an array, expected a Tensor or a number. Wrap it",
  ],
  ["a matrix that is not square", () => cholesky(m), "cholesky: got f64[2, 3], expected square matrices"],
])("refuses %s", (_, f, message) => {
  expect(f).toThrow(message);
});

it("clamps gathers and drops scatters inside compiled code, where nothing can throw", () => {
  expect(
    api
      .jit((i: Tensor) => v.take(i))(i32([7, -9]))
      .toArray(),
  ).toEqual([2, 3]);
  expect(
    api
      .jit((i: Tensor) => scatterAdd(zeros([2]), i, ones([2])))(i32([1, 7]))
      .toArray(),
  ).toEqual([0, 1]);
});
