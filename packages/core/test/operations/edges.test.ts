import { describe, expect, it } from "vitest";
import {
  type NestedArray,
  type Tensor,
  arange,
  concat,
  cond,
  diag,
  full,
  grad,
  jit,
  jvp,
  linearize,
  logaddexp,
  linspace,
  random,
  scan,
  solvePositive,
  stack,
  tensor,
  triangularSolve,
  tree,
  vjp,
  where,
  zeros,
} from "../../src/index.js";
import { generator } from "../primitives/inputs.js";

const f64 = (x: NestedArray): Tensor => tensor(x, { dtype: "f64" });
const i32 = (x: NestedArray): Tensor => tensor(x, { dtype: "i32" });
const u32 = (x: NestedArray): Tensor => tensor(x, { dtype: "u32" });
const bool = (x: NestedArray): Tensor => tensor(x, { dtype: "bool" });
const key = random.key(0);
/** For arguments that TypeScript would refuse. */
const wrong = <T>(x: unknown): T => x as T;

describe("what is not a number stays visible, and where it is", () => {
  const cases: readonly (readonly [name: string, value: () => Tensor, expected: NestedArray])[] = [
    ["norm of NaN", () => f64([NaN, 1]).norm(), NaN],
    ["relu of NaN", () => f64([NaN, -1]).relu(), [NaN, 0]],
    [
      "diag",
      () => f64([Infinity, NaN]).diag(),
      [
        [Infinity, 0],
        [0, NaN],
      ],
    ],
    [
      "diagonal",
      () =>
        f64([
          [1, NaN],
          [Infinity, 2],
        ]).diagonal(),
      [1, 2],
    ],
    [
      "tril",
      () =>
        f64([
          [1, NaN],
          [Infinity, 2],
        ]).tril(),
      [
        [1, 0],
        [Infinity, 2],
      ],
    ],
    [
      "triu",
      () =>
        f64([
          [1, NaN],
          [Infinity, 2],
        ]).triu(),
      [
        [1, NaN],
        [0, 2],
      ],
    ],
    [
      "eigenvalues",
      () =>
        f64([
          [NaN, 1],
          [1, 2],
        ])
          .eigh()
          .values.isNaN()
          .any(),
      true,
    ],
    ["logsumexp of nothing", () => zeros([2, 0]).logsumexp(1), [-Infinity, -Infinity]],
    ["softmax of nothing", () => zeros([0]).softmax(), []],
    ["a sample variance of too few", () => f64([1, 2]).variance(undefined, { ddof: 3 }), Infinity],
  ];
  it.each(cases)("%s", (_, value, expected) => {
    expect(value().toArray()).toEqual(expected);
  });
});

describe("whole numbers", () => {
  it("floorDivide takes the floor of the exact quotient, as Python does", () => {
    // Python: 1 // 0.1 == 9.0, since 0.1 is a little more than a tenth.
    const quotient = f64([1, -1, 6, 1, -1, 1, -1, 0]).floorDivide(f64([0.1, 0.1, 0.1, Infinity, Infinity, 0, 0, 0]));
    expect(quotient.toArray()).toEqual([9, -10, 59, 0, -1, Infinity, -Infinity, NaN]);
    expect(
      i32([7, -7, 3, -(2 ** 31)])
        .floorDivide(i32([2, 2, 0, -1]))
        .toArray(),
    ).toEqual([3, -4, 0, -(2 ** 31)]);
    expect(
      i32([5, -(2 ** 31)])
        .rem(i32([0, -1]))
        .toArray(),
    ).toEqual([5, 0]);
  });
  it("rem is exact, with the sign of the dividend", () => {
    const random = generator(5);
    for (const dtype of ["f32", "f64"] as const) {
      const round = dtype === "f32" ? Math.fround : Number;
      const [a, b] = [0, 1].map(() =>
        Array.from({ length: 3000 }, () => round((random() - 0.5) * 2 ** Math.floor(20 * random() - 10))),
      );
      a.push(6, -6, 1, 5, -5, 1, Infinity, NaN);
      b.push(3, 3, 0.1, Infinity, -Infinity, 0, 1, 1);
      const options = { dtype };
      const r = tensor(a, options).rem(tensor(b, options)).storage;
      // JavaScript's % is the C remainder, exact.
      a.forEach((x, i) => expect(r[i], `${x} % ${b[i]} in ${dtype}`).toBe(round(x) % round(b[i])));
    }
  });
  it("bools count as integers in arithmetic and stay bools where they only move", () => {
    const t = bool([true, false]);
    for (const y of [t.neg(), t.abs(), t.square(), t.pow(2), t.rem(bool([true, true])), t.floorDivide(1), t.matmul(t)])
      expect(y.dtype).toBe("i32");
    expect(
      bool([[true, true]])
        .matmul(bool([[true], [true]]))
        .toArray(),
    ).toEqual([[2]]);
    const square = bool([
      [true, true],
      [true, true],
    ]);
    for (const y of [square.tril(), square.triu(), square.diagonal(), diag(t)]) expect(y.dtype).toBe("bool");
  });
  it("a number that the dtype cannot hold is an error, not another number", () => {
    expect(() => u32([1]).less(-1)).toThrow("less: the number -1 does not fit the u32 of the tensor it meets");
    expect(() => i32([1]).add(3e9)).toThrow("add: the number 3000000000 does not fit the i32");
    expect(() => i32([0, NaN])).toThrow("element 1 is NaN, which does not fit i32");
    expect(() => tensor(Float64Array.of(3e9), { dtype: "i32" })).toThrow("element 0 is 3000000000");
    expect(() => full([2], NaN, "i32")).toThrow("full: the value NaN does not fit i32");
    expect(() => arange(3e9, 3e9 + 2)).toThrow("do not give values of i32");
    expect(() => arange(0, 2, 0.5, "i32")).toThrow("do not give values of i32");
    expect(() => i32([1]).pad([[1, 1]], 0.5)).toThrow("pad: the value 0.5 does not fit i32[1]");
    expect(arange(3e9, 3e9 + 2, 1, "u32").toArray()).toEqual([3e9, 3e9 + 1]);
  });
});

describe("order", () => {
  it("keeps ties in their order, in both directions, and takes NaN for the largest", () => {
    const x = f64([2, NaN, 1, 2, 1]);
    expect(x.argsort().toArray()).toEqual([2, 4, 0, 3, 1]);
    expect(x.argsort(-1, { descending: true }).toArray()).toEqual([1, 0, 3, 2, 4]);
    expect(
      f64([
        [3, 1],
        [1, 2],
      ])
        .sort(0, { descending: true })
        .toArray(),
    ).toEqual([
      [3, 2],
      [1, 1],
    ]);
  });
});

describe("derivatives where an operation has an edge", () => {
  it("diagonal and diag pass cotangents to the diagonal alone", () => {
    expect(
      grad((x: Tensor) =>
        x
          .diagonal()
          .mul(f64([2, 3]))
          .sum(),
      )(
        f64([
          [1, 9],
          [9, 1],
        ]),
      ).toArray(),
    ).toEqual([
      [2, 0],
      [0, 3],
    ]);
    expect(
      grad((x: Tensor) =>
        x
          .diag()
          .mul(
            f64([
              [2, 9],
              [9, 3],
            ]),
          )
          .sum(),
      )(f64([1, 1])).toArray(),
    ).toEqual([2, 3]);
  });
  it("logaddexp has all its derivatives where both are equal, or infinite", () => {
    const f = (x: Tensor): Tensor => logaddexp(x, f64(2));
    expect([f, grad(f), grad(grad(f))].map((g) => g(f64(2)).item())).toEqual([2 + Math.LN2, 0.5, 0.25]);
    expect(grad((x: Tensor) => logaddexp(x, f64(-Infinity)))(f64(-Infinity)).item()).not.toBeNaN();
  });
  it("relu has none at 0, and floorDivide none at all", () => {
    expect(grad((x: Tensor) => x.relu().sum())(f64([0, 1, -1])).toArray()).toEqual([0, 1, 0]);
    expect(grad((x: Tensor) => x.floorDivide(0.3).sum())(f64([1])).toArray()).toEqual([0]);
  });
});

describe("draws from a range", () => {
  it("of f64 reach both ends of it in f64", () => {
    const [low, high] = [0.1, 0.7];
    const unit = random.uniform(key, [5], { dtype: "f64" }).storage;
    const draws = random.uniform(key, [5], { low, high, dtype: "f64" }).storage;
    expect(Array.from(draws)).toEqual(Array.from(unit, (u) => u * (high - low) + low));
  });
  it("of all 32-bit integers are the bits, and a wider range is refused", () => {
    expect(random.randint(key, [4], -(2 ** 31), 2 ** 31).toArray()).toEqual(
      random.bits(key, [4]).astype("i32").toArray(),
    );
    for (const x of random.randint(key, [100], -(2 ** 31), 2 ** 31 - 1).storage) expect(x).toBeLessThan(2 ** 31 - 1);
    expect(() => random.randint(key, [1], 0, 2 ** 33)).toThrow("from -2^31 to 2^31");
  });
});

it("a shape that is changed afterwards changes no tensor", () => {
  const shape = [2, 1];
  const all = [f64([1, 2]).reshape(shape), tensor([1, 2], { shape }), zeros(shape), f64([[1], [2]]).broadcastTo(shape)];
  shape[0] = 5;
  expect(all.map((x) => x.shape)).toEqual([1, 2, 3, 4].map(() => [2, 1]));
});

/** What was tried, with what, and what to do instead: in the words of the function that was called. */
const refusals: readonly (readonly [name: string, call: () => unknown, message: string])[] = [
  [
    "reshape to a number",
    () => f64([1, 2]).reshape(wrong(2)),
    "reshape: the shape is number, expected an array of sizes such as [2, -1]",
  ],
  [
    "transpose with numbers",
    () => zeros([2, 3]).transpose(wrong(1)),
    "transpose: axes are number, expected an array such as [1, 0]",
  ],
  ["axes as text", () => f64([1]).sum(wrong("0")), "sum: axes are string, expected an integer or an array of integers"],
  ["options in place of axes", () => f64([1]).max(wrong({ keepDims: true })), "max: axes are object"],
  [
    "split beyond the end",
    () => f64([1, 2, 3]).split([5]),
    "split: positions are [5], expected ascending integers from 0 to 3",
  ],
  ["split backwards", () => f64([1, 2, 3]).split([2, 1]), "split: positions are [2, 1]"],
  [
    "a fractional range",
    () => f64([1, 2]).at([0.5, 2]),
    "at: the range on axis 0 is [0.5, 2], expected integers or null",
  ],
  ["an index as text", () => f64([1, 2]).at(wrong("1")), "at: the index of axis 0 is string, expected an integer"],
  [
    "an array of indices",
    () => f64([1, 2]).take(wrong([0])),
    "take: indices is an array, expected a Tensor. Wrap it with tensor(...)",
  ],
  ["an array along an axis", () => zeros([2, 3]).takeAlongAxis(wrong([[0]])), "takeAlongAxis: indices is an array"],
  ["too few classes", () => i32([1]).oneHot(-1), "oneHot: classes is -1, expected a non-negative integer"],
  [
    "concat of scalars",
    () => concat([f64(1), f64(2)]),
    "concat: got scalars, which have no axis to join along. Use stack",
  ],
  ["concat of one tensor", () => concat(wrong(f64([1]))), "concat: got object, expected an array of tensors"],
  ["stack of numbers", () => stack(wrong([1, 2])), "stack: input 0 is number, expected a Tensor"],
  ["a fractional diagonal", () => zeros([2, 2]).tril(NaN), "tril: offset is NaN, expected an integer"],
  [
    "vectors of two lengths",
    () => f64([1]).dot(f64([1, 2])),
    "dot: got f64[1] and f64[2], expected two vectors of one length",
  ],
  ["an array in a product", () => f64([1]).matmul(wrong([1])), "matmul: an operand is an array, expected a Tensor"],
  [
    "a system that does not fit",
    () => solvePositive(f64([[1]]), f64([1, 2])),
    "solvePositive: a is f64[1, 1] and b f64[2], expected b of shape [..., 1, m]",
  ],
  [
    "a system that is not square",
    () => solvePositive(f64([[1, 0]]), f64([1])),
    "solvePositive: got f64[1, 2], expected square matrices",
  ],
  [
    "no right-hand side",
    () => triangularSolve(f64([[1]]), wrong(undefined)),
    "triangularSolve: an operand is undefined",
  ],
  ["integers in linspace", () => linspace(0, 1, 3, wrong("i32")), "linspace: dtype is i32, expected f32 or f64"],
  ["a size that is no shape", () => zeros(wrong(3)), "zeros: shape is 3, expected an array"],
  ["text as a value", () => full([1], wrong("a")), "full: the value is string, expected a number"],
  ["a missing operand", () => where(f64([1]), wrong(undefined), 1), "where: an operand is undefined"],
  [
    "a number as a tree",
    () => tree.map((x) => x, { a: [1] } as unknown as { a: Tensor[] }),
    "tree.map: leaf a[0] is number 1",
  ],
  [
    "no step",
    () => scan(wrong<() => [Tensor, Tensor]>(3), f64(0), zeros([2])),
    "scan: the step is number, expected a function",
  ],
  [
    "values as branches",
    () => cond(tensor(true), wrong(3), wrong(4)),
    "cond: the branches are number and number, expected two functions. Use where",
  ],
  ["nothing to pull back", () => vjp(wrong<() => Tensor>(3)), "vjp: got number, expected a function"],
  ["nothing to push forward", () => jvp(wrong<() => Tensor>(3), [], []), "jvp: got number, expected a function"],
  [
    "a tangent of another shape",
    () => linearize((x: Tensor) => x.sin(), f64([1, 2]))[1](f64([1])),
    "linearize: the tangent at [0] is f64[1], expected f64[2]",
  ],
  ["nothing to compile", () => jit(wrong<() => Tensor>(3)), "jit: got number, expected a function to compile"],
  [
    "a mode that is not static",
    () => jit((x: Tensor, mode: string) => (mode === "a" ? x : x.neg()))(f64(1), "a"),
    "leaf [1] is string a, expected a Tensor. Name its position in staticArgnums, or close over it",
  ],
  ["a fraction of a key", () => random.split(key, -1), "random.split: count is -1, expected an integer"],
  [
    "several numbers to fold in",
    () => random.foldIn(key, i32([1, 2])),
    "random.foldIn: data is i32[2], expected a number or an integer scalar",
  ],
  [
    "a reversed interval",
    () => random.uniform(key, [1], { low: 1, high: 0 }),
    "random.uniform: got low 1 and high 0, expected low <= high",
  ],
  ["NaN as a bound", () => random.uniform(key, [1], { low: NaN }), "random.uniform: got low NaN"],
  [
    "a negative deviation",
    () => random.normal(key, [1], { std: -1 }),
    "random.normal: std is -1, expected a number of at least 0",
  ],
  [
    "a probability of 2",
    () => random.bernoulli(key, 2),
    "random.bernoulli: p is 2, expected a probability from 0 to 1",
  ],
  ["NaN as a probability", () => random.bernoulli(key, NaN), "random.bernoulli: p is NaN"],
  ["no categories", () => random.categorical(key, zeros([0])), "random.categorical: logits are f32[0]"],
  [
    "draws of another shape",
    () => random.categorical(key, zeros([2, 3]), [4]),
    "random.categorical: logits are f32[2, 3] and the shape of the draws [4]",
  ],
];
it.each(refusals)("refuses %s", (_, call, message) => {
  expect(call).toThrow(message);
});
