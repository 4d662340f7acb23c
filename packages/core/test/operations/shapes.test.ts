import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import {
  type Tensor,
  broadcastShapes,
  concat,
  dynamicSlice,
  dynamicUpdateSlice,
  einsum,
  grad,
  jit,
  jvp,
  kron,
  segmentMax,
  segmentMean,
  segmentProd,
  segmentSum,
  searchsorted,
  stack,
  tensor,
  tensordot,
  vander,
  vjp,
  vmap,
} from "../../src/index.js";
import { generator } from "../primitives/inputs.js";
import { expectClose } from "../support.js";

const f64 = (data: api.TensorData, shape?: readonly number[]): Tensor =>
  tensor(shape === undefined ? data : Float64Array.from(data as number[]), { dtype: "f64", ...(shape && { shape }) });
const i32 = (data: api.TensorData): Tensor => tensor(data, { dtype: "i32" });
const sample = (shape: readonly number[], seed: number): Tensor => {
  const random = generator(seed);
  return f64(
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => 3 * random() - 1.5),
    shape,
  );
};

/** Each as a function of one tensor of [3, 4], whose rows 0 and 2 share an index somewhere. */
const twice = i32([2, 0, 2, 1]);
const rows = sample([4, 4], 5);
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "pad edge": (x) => x.pad(2, { mode: "edge" }),
  "pad reflect": (x) => x.pad([1, 5], { mode: "reflect" }),
  "pad wrap": (x) =>
    x.pad(
      [
        [4, 1],
        [0, 0],
      ],
      { mode: "wrap" },
    ),
  "pad constant, cutting": (x) =>
    x.pad(
      [
        [-1, 2],
        [3, -2],
      ],
      2,
    ),
  roll: (x) => x.roll([1, -2], [0, 1]),
  rot90: (x) => x.rot90(3),
  tile: (x) => x.tile([2, 1, 2]),
  repeat: (x) => x.repeat([0, 2, 3], { axis: 0 }),
  diagonal: (x) => x.diagonal({ offset: 1 }),
  diagEmbed: (x) => x.diagEmbed({ offset: -1, axis1: 0, axis2: 2 }),
  arraySplit: (x) =>
    concat(
      x.arraySplit(3, 1).map((y, i) => y.mul(i + 1)),
      1,
    ),
  kron: (x) => kron(x, x.at(1)),
  vander: (x) => vander(x.at(0), 4),
  tensordot: (x) => tensordot(x, x, [[1], [1]]),
  "einsum, three operands": (x) => einsum("ij,kj,kl->il", x, x, rows.at([0, 3])),
  "einsum, diagonal": (x) => einsum("iji->ij", einsum("ij,kl->ijk", x, x.at([0, 3]))),
  "einsum, broadcast": (x) => einsum("...j,j...->...", x, x.transpose()),
  "at, backwards": (x) => x.at([null, null, -2], [3, 0, -1]),
  "at, lookups": (x) => x.at(i32([[0, -1]]), i32([[3], [3]])),
  "at, mask": (x) => x.at(tensor([true, false, true]), 1),
  "take wrap": (x) => x.take(i32([-7, 5]), 1, { mode: "wrap" }),
  "take fill": (x) => x.take(i32([1, 9, -1]), 0, { mode: "fill", fillValue: 0 }),
  "updateAt, set": (x) => rows.mul(x.at(0)).updateAt([twice], rows.mul(x.at(1))),
  "updateAt, add": (x) => x.updateAt([twice], rows.mul(x.at(2)), { mode: "add" }),
  "updateAt, multiply": (x) => x.updateAt([twice], rows.mul(x.at(2)), { mode: "multiply" }),
  "updateAt, multiply by zeros": (x) =>
    x.updateAt([twice], rows.mul(tensor([[0], [1], [0], [1]], { dtype: "f64" })).mul(x.at(2)), { mode: "multiply" }),
  "updateAt, max": (x) => x.updateAt([twice], rows.mul(x.at(2)), { mode: "max" }),
  "updateAt, range": (x) =>
    x.updateAt(
      [
        [null, null, -2],
        [1, 3],
      ],
      x.at([0, 2], [2, null]).mul(2),
    ),
  "updateAt, range multiply": (x) => x.updateAt([1, [null, null, 2]], x.at(0, [0, 2]), { mode: "multiply" }),
  "updateAt, mixed": (x) => x.updateAt([[1, null], i32([0, 3, 0])], x.at([0, 2], [0, 3])),
  putAlongAxis: (x) =>
    x.putAlongAxis(
      i32([
        [0, 0],
        [1, 2],
        [3, 3],
      ]),
      x.at(null, [1, 3]).sin(),
      1,
    ),
  dynamicSlice: (x) => dynamicSlice(x, [i32(2), 1], [2, 2]),
  dynamicUpdateSlice: (x) => dynamicUpdateSlice(x, x.at([0, 2], [0, 2]).square(), i32([1, 7])),
  sort: (x) => x.sort(0, { descending: true }),
  topK: (x) => x.topK(2).values,
  kthValue: (x) => x.kthValue(2, { axis: 0 }).values,
  unique: (x) => api.unique(x, { size: 9 }).values,
  segmentSum: (x) => segmentSum(x, i32([1, 1, 0]), { numSegments: 3 }),
  segmentProd: (x) => segmentProd(x, i32([1, 1, 0]), { numSegments: 3 }),
  segmentMean: (x) => segmentMean(x, i32([1, 1, 0]), { numSegments: 2 }),
  segmentMax: (x) => segmentMax(x, i32([1, 1, 0]), { numSegments: 2 }),
};
const table = Object.entries(functions).map(([name, f], i) => ({ name, f, x: sample([3, 4], 100 + i) }));

describe.each(table)("$name", ({ f, x }) => {
  type Scalar = (x: Tensor) => Tensor;
  const loss: Scalar = (y) => {
    const z = f(y).sin();
    return z.mul(sample(z.shape, 9)).sum();
  };
  const directions = [1, 2, 3].map((seed) => sample(x.shape, seed));
  const forward =
    (g: Scalar, v: Tensor): Scalar =>
    (y) =>
      jvp(g, [y], [v])[1];
  const reverse =
    (g: Scalar, v: Tensor): Scalar =>
    (y) =>
      vjp(g, y)[1](tensor(1, { dtype: "f64" }))[0]
        .mul(v)
        .sum();

  it("has the derivatives of finite differences, to third order in every mix of modes", () => {
    const h = 1e-4;
    const numeric = (g: Scalar, v: Tensor): number => {
      const at = (k: number): number => g(x.add(v.mul(k * h))).item();
      return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
    };
    let chains: Scalar[] = [loss];
    directions.forEach((v, order) => {
      const expected = numeric(chains[0], v);
      chains = chains.flatMap((g) => [forward(g, v), reverse(g, v)]);
      for (const g of chains)
        expect(Math.abs(g(x).item() - expected)).toBeLessThanOrEqual(1e-7 * 10 ** order * (1 + Math.abs(expected)));
    });
  });

  it("maps as a loop does, and compiles to the same bits", () => {
    const copies = [x, x.mul(0.5), x.add(0.25)];
    const looped = stack(copies.map(f));
    expectClose(vmap(f)(stack(copies)), looped, 1e-12);
    expectClose(vmap(f, { inAxes: 1 })(stack(copies, 1)), looped, 1e-12);
    expect(jit(f)(x).storage).toEqual(f(x).storage);
  });
});

describe("what the compiler cannot see", () => {
  const x = f64([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const read = jit((y: Tensor, i: Tensor) => y.at(null, i));
  const write = jit((y: Tensor, i: Tensor, u: Tensor) => y.updateAt([null, i], u));

  it("reads outside are clamped, writes dropped, negative indices count from the end", () => {
    expect(read(x, i32([-1, 7, -9])).toArray()).toEqual([
      [3, 3, 1],
      [6, 6, 4],
    ]);
    expect(write(x, i32([-1, 7, -9]), f64([10, 20, 30])).toArray()).toEqual([
      [1, 2, 10],
      [4, 5, 10],
    ]);
    const two = jit((y: Tensor, i: Tensor, j: Tensor) => y.at(i, j));
    // Each index on its own, not their linear position.
    expect(two(x, i32([5, 0]), i32([0, 9])).toArray()).toEqual([4, 3]);
    const put = jit((y: Tensor, i: Tensor, j: Tensor) => y.updateAt([i, j], -1, { mode: "set" }));
    expect(put(x, i32([5, 0]), i32([0, 3])).toArray()).toEqual(x.toArray());
  });

  it("an update that is dropped has no derivative, and clamped reads add theirs", () => {
    const g = jit(grad((u: Tensor) => write(x, i32([0, 9]), u).sum()));
    expect(g(f64([1, 1])).toArray()).toEqual([2, 0]);
    expect(jit(grad((y: Tensor) => read(y, i32([2, 9])).sum()))(x).toArray()).toEqual([
      [0, 0, 2],
      [0, 0, 2],
    ]);
  });

  it("starts of windows may be mapped, and x as well", () => {
    const starts = i32([
      [0, 1],
      [1, 5],
      [-3, 0],
    ]);
    const window = (y: Tensor, s: Tensor): Tensor => dynamicSlice(y, s, [1, 2]);
    const expected = [[[2, 3]], [[5, 6]], [[1, 2]]];
    expect(vmap(window, { inAxes: [null, 0] })(x, starts).toArray()).toEqual(expected);
    expect(vmap(window, { inAxes: [0, 0] })(stack([x, x, x]), starts).toArray()).toEqual(expected);
    const nested = vmap(vmap(window, { inAxes: [null, 0] }), { inAxes: [0, null] })(stack([x, x.neg()]), starts);
    expect(nested.at(1).toArray()).toEqual(expected.map((m) => m.map((r) => r.map((v) => -v))));
  });
});

describe("updates that meet", () => {
  const at = i32([1, 1, 0]);
  it("set: the last one stays, and only it has a derivative", () => {
    const f = (u: Tensor): Tensor => f64([7, 7, 7]).updateAt([at], u);
    expect(f(f64([1, 2, 3])).toArray()).toEqual([3, 2, 7]);
    expect(grad((u: Tensor) => f(u).sum())(f64([1, 2, 3])).toArray()).toEqual([0, 1, 1]);
    expect(grad((x: Tensor) => x.updateAt([at], 0).sum())(f64([1, 2, 3])).toArray()).toEqual([0, 0, 1]);
  });
  it("max: equal ones share the derivative, the old value among them", () => {
    const [gx, gu] = grad((x: Tensor, u: Tensor) => x.updateAt([at], u, { mode: "max" }).sum(), { argnums: [0, 1] })(
      f64([5, 2, 1]),
      f64([2, 2, 5]),
    );
    expectClose(
      gx,
      [0.5, 1 / 3, 1].map((v) => f64(v)),
    );
    expectClose(
      gu,
      [1 / 3, 1 / 3, 0.5].map((v) => f64(v)),
    );
  });
  it("multiply: derivatives at zeros are the products of the others", () => {
    const f = (u: Tensor): Tensor =>
      f64([2, 3])
        .updateAt([i32([1, 1, 1])], u, { mode: "multiply" })
        .sum();
    expect(grad(f)(f64([0, 5, 7])).toArray()).toEqual([105, 0, 0]);
    const [, curvature] = jvp(grad(f), [f64([0, 0, 7])], [f64([1, 0, 0])]);
    expect(curvature.toArray()).toEqual([0, 21, 0]);
  });
  it("keep bool and integers", () => {
    const b = tensor([true, false, true]);
    expect(b.updateAt([at], tensor([true, true, false]), { mode: "add" }).toArray()).toEqual([true, true, true]);
    expect(b.updateAt([at], tensor([true, true, false]), { mode: "multiply" }).toArray()).toEqual([false, false, true]);
    expect(i32([3, 4, 5]).updateAt([at], 2, { mode: "multiply" }).toArray()).toEqual([6, 16, 5]);
    expect(
      i32([3, 4, 5])
        .updateAt([at], i32([9, 4, 1]), { mode: "min" })
        .toArray(),
    ).toEqual([1, 4, 5]);
  });
});

it("empty tensors", () => {
  const none = f64([], [0, 3]);
  const no = i32([]);
  expect(none.at(no).shape).toEqual([0, 3]);
  expect(f64([1, 2]).at(no).shape).toEqual([0]);
  expect(f64([1, 2]).updateAt([no], f64([])).toArray()).toEqual([1, 2]);
  for (const mode of ["set", "add", "multiply", "max", "min"] as const)
    expect(none.updateAt([null, i32([1, 1])], 2, { mode }).shape).toEqual([0, 3]);
  expect(none.sort(0).shape).toEqual([0, 3]);
  expect(api.unique(none).counts.shape).toEqual([0]);
  expect(none.roll(1).shape).toEqual([0, 3]);
  expect(
    none
      .pad([
        [1, 0],
        [0, 0],
      ])
      .toArray(),
  ).toEqual([[0, 0, 0]]);
  expect(segmentSum(none, no, { numSegments: 2 }).toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(segmentProd(none, no, { numSegments: 1 }).toArray()).toEqual([[1, 1, 1]]);
  expect(searchsorted(f64([]), f64([1])).toArray()).toEqual([0]);
  expect(einsum("ij,ij->", none, none).item()).toBe(0);
  expect(none.tile([2, 2]).shape).toEqual([0, 6]);
  expect(api.histogram(none, 2).counts.toArray()).toEqual([0, 0]);
});

it("sizes that are not given come from known values", () => {
  const found = f64([3, 0, 5]);
  expect(found.at(...api.nonzero(found)).toArray()).toEqual([3, 5]);
  expect(api.unique(f64([3, 1, 3])).values.toArray()).toEqual([1, 3]);
  expect(api.bincount(i32([2, 0, 2])).toArray()).toEqual([1, 0, 2]);
  expect(segmentSum(f64([1, 2, 3]), i32([2, 0, 2])).toArray()).toEqual([2, 0, 4]);
  expect(
    f64([5, 6])
      .repeat(i32([2, 1]))
      .toArray(),
  ).toEqual([5, 5, 6]);
  expect(broadcastShapes([3, 1], [4], [])).toEqual([3, 4]);
});

it("a scan of window updates is one wasm call", () => {
  const f = jit(
    (x: Tensor) =>
      api.scan(
        (path: Tensor, i: Tensor) => {
          const last = dynamicSlice(path, [i], [1]);
          return [dynamicUpdateSlice(path, last.mul(2), [i.add(1)]), undefined];
        },
        x,
        api.arange(4),
      )[0],
  );
  expect(f(f64([1, 0, 0, 0, 0])).toArray()).toEqual([1, 2, 4, 8, 16]);
  expect(grad((x: Tensor) => f(x).at(4))(f64([1, 0, 0, 0, 0])).toArray()).toEqual([16, 0, 0, 0, 0]);
});

describe("errors say what is wrong and what to do", () => {
  const x = f64([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const wrong = <T>(value: unknown): T => value as T;
  const cases: readonly (readonly [name: string, f: () => unknown, message: string])[] = [
    ["a position in a tensor", () => x.at(null, i32([0, 3])), "at: index 3 is out of range for an axis of 3 entries"],
    ["a float index", () => x.at(f64([0, 1])), 'at: indices are f64[2], expected i32. Cast them with astype("i32").'],
    ["too many", () => x.at(0, 0, 0), "at: 3 indices for f64[2, 3], which has 2 axes"],
    ["two ellipses", () => x.at("...", "..."), 'and "..." once'],
    [
      "a mask of another size",
      () => x.at(tensor([true, false, true])),
      "the mask at axis 0 is bool[3], expected sizes [2]",
    ],
    ["a traced mask", () => jit((m: Tensor) => x.at(m))(tensor([true, false])), "at: the mask bool[2] is traced"],
    ["lookups that do not fit", () => x.at(i32([0, 1]), i32([0, 1, 2])), "do not broadcast"],
    ["a step of 0", () => x.at([0, 1, 0]), "at: step 0 on axis 0, expected an integer other than 0."],
    ["updating outside", () => x.updateAt([2], 1), "updateAt: index 2 is out of range for axis 0 of f64[2, 3]"],
    [
      "an update that does not fit",
      () => x.updateAt([0], f64([1, 2])),
      "updateAt: a value of shape [2] does not broadcast to [3].",
    ],
    [
      "an update of another dtype",
      () => x.updateAt([0], tensor([1, 2, 3])),
      "updateAt: the value is f32[3] and x f64[2, 3]. Cast one",
    ],
    ["a fraction into integers", () => i32([1]).updateAt([0], 0.5), "updateAt: the value 0.5 does not fit i32[1]"],
    ["an unknown mode", () => x.updateAt([0], 1, wrong({ mode: "div" })), "updateAt: mode is div, expected set, add,"],
    ["an index that is no array", () => x.updateAt(wrong(0), 1), "updateAt: the index is number, expected an array"],
    ["scatterAdd outside", () => api.scatterAdd(x, i32([2]), f64([[1, 1, 1]])), "scatterAdd: index 2 is out of range"],
    ["sort by a wrong axis", () => x.sort(2), "sort: axis 2 is out of range"],
    ["sort descending by a wrong axis", () => x.sort(-3, { descending: true }), "sort: axis -3 is out of range"],
    ["too large a k", () => x.topK(4), "topK: k is 4, expected an integer from 0 to 3, the size of axis 1."],
    [
      "a window larger than x",
      () => dynamicSlice(x, [0, 0], [3, 1]),
      "dynamicSlice: sizes are [3, 1], expected at most",
    ],
    [
      "too few starts",
      () => dynamicSlice(x, [0], [1, 1]),
      "dynamicSlice: got 1 starts for f64[2, 3], expected one for each axis.",
    ],
    [
      "unique without a size",
      () => jit((y: Tensor) => api.unique(y).values)(x),
      "unique: f64[2, 3] is traced or on a GPU, so the number",
    ],
    [
      "segments without a number",
      () => jit((i: Tensor) => segmentSum(x, i))(i32([0, 1])),
      "segmentSum: the ids are traced",
    ],
    [
      "segment ids that do not fit",
      () => segmentSum(x, i32([0, 1, 1])),
      "segmentSum: segmentIds are i32[3], expected i32 with the leading axes of f64[2, 3].",
    ],
    ["an unknown pad mode", () => x.pad(1, wrong({ mode: "mirror" })), "pad: mode is mirror, expected constant, edge,"],
    ["edges of nothing", () => f64([], [0]).pad(1, { mode: "edge" }), "pad: axis 0 of f64[0] is empty"],
    [
      "einsum, sizes",
      () => einsum("ij,jk->ik", x, x),
      'einsum: axis j of "ij,jk->ik" has sizes 3 and 2 in f64[2, 3], f64[2, 3].',
    ],
    ["einsum, a diagonal", () => einsum("ii->i", x.at([0, 1])), 'einsum: axis i of "ii->i" has sizes 1 and 3'],
    ["einsum, syntax", () => einsum("ij->->", x), 'einsum: cannot read "ij->->".'],
    ["einsum, operands", () => einsum("ij,jk", x), 'einsum: "ij,jk" names 2 operands, got 1.'],
    ["einsum, rank", () => einsum("ijk->", x), 'einsum: "ijk" names 3 axes, but operand 0 is f64[2, 3].'],
    ["einsum, result", () => einsum("ij->ik", x), 'einsum: the result of "ij->ik" has k twice, or no operand has it.'],
    ["tensordot", () => tensordot(x, x, 1), "tensordot: axes [1] of f64[2, 3] and [0] of f64[2, 3] differ"],
    [
      "diag of a batch",
      () => stack([x]).diag(),
      "diag: got f64[1, 2, 3], expected a vector or a matrix. Use diagEmbed",
    ],
    ["shapes without a common one", () => broadcastShapes([2], [3]), "broadcastShapes: [2], [3] do not broadcast."],
    ["reading an empty axis", () => jit((i: Tensor) => f64([], [0]).take(i))(i32([0])), "which is empty"],
  ];
  it.each(cases)("%s", (_, f, message) => expect(f).toThrow(message));
});

it("pads circularly under both names", () => {
  const x = tensor([1, 2, 3]);
  expect(api.pad(x, [[2, 1]], { mode: "circular" }).toArray()).toEqual([2, 3, 1, 2, 3, 1]);
  expect(api.pad(x, [[2, 1]], { mode: "wrap" }).toArray()).toEqual([2, 3, 1, 2, 3, 1]);
});
