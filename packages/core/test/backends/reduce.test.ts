import { describe, expect, test } from "vitest";
import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  constant,
  convert,
  int,
  load,
  mul,
  read,
  select,
} from "../../src/kernel/expression.js";
import { type Accumulator, type Kernel, type Statement, assign, forLoop, store } from "../../src/kernel/kernel.js";
import { type DType, dtypes } from "../../src/tensor/dtype.js";
import { runBoth } from "./bothBackends.js";
import { randomBits } from "./randomKernel.js";

const local = (name: string, dtype: DType): Local => ({ name, dtype });
const i = local("i", "i32");
const j = local("j", "i32");

function accumulator(
  dtype: DType,
  init: number,
  step: (acc: Expression) => Expression,
  merge: (l: Expression, r: Expression) => Expression,
): Accumulator {
  const [acc, left, right] = [local("acc", dtype), local("left", dtype), local("right", dtype)];
  return {
    local: acc,
    init: constant(dtype, init),
    step: step(read(acc)),
    left,
    right,
    merge: merge(read(left), read(right)),
  };
}

function numbers(dtype: DType, n: number, seed = 1): ReturnType<(typeof dtypes)["f32"]["allocate"]> {
  const storage = dtypes[dtype].allocate(n);
  const next = randomBits(seed);
  for (let k = 0; k < n; k++)
    storage[k] = dtype === "bool" ? next() % 2 : (next() % 2000) / (dtype[0] === "f" ? 7 : 1) - 140;
  return storage;
}

const ops = [
  ["add", 0],
  ["max", -Infinity],
  ["min", Infinity],
  ["mul", 1],
] as const;

describe.each(["f32", "f64", "i32", "u32"] as const)("reduce %s", (dtype) => {
  test.each(ops)("%s over all lengths, all widths", (op, init) => {
    const start =
      dtype[0] === "f" || Number.isFinite(init)
        ? init
        : (dtype === "u32") === (op === "max")
          ? 0
          : init < 0
            ? -2147483648
            : 2147483647;
    for (const width of [1, 2, 4, 8, 16, 64])
      for (let n = 0; n <= 70; n += width === 16 || width === 8 ? 1 : 7) {
        const x = numbers(dtype, n);
        const a = accumulator(
          dtype,
          start,
          (acc) => binary(op, acc, load(dtype, 0, read(j))),
          (l, r) => binary(op, l, r),
        );
        const statement: Statement = { kind: "reduce", index: j, extent: int(n), width, body: [], accumulators: [a] };
        const kernel = (extent: Expression): Kernel => ({
          name: "reduce",
          buffers: [
            { dtype, length: n, access: "in" },
            { dtype, length: 1, access: "out" },
            { dtype: "i32", length: 1, access: "in" },
          ],
          body: [{ ...statement, extent }, store(1, int(0), read(a.local))],
        });
        const [known] = runBoth(kernel(int(n)), [x, Int32Array.of(n)]);
        const [dynamic] = runBoth(kernel(load("i32", 2, int(0))), [x, Int32Array.of(n)]);
        expect(dynamic).toEqual(known);
      }
  });

  test("argmax: a tuple of accumulators, the first of equal values wins", () => {
    for (const width of [1, 8, 16])
      for (let n = 1; n <= 70; n += 3) {
        const x = numbers(dtype, n).map((v) => Math.round(v / 30)) as Float32Array;
        const [best, at] = [local("best", dtype), local("at", "i32")];
        const [bl, br, al, ar] = [local("bl", dtype), local("br", dtype), local("al", "i32"), local("ar", "i32")];
        const value = local("value", dtype);
        const better = compare("gt", read(value), read(best));
        const mergeRight = binary(
          "or",
          compare("gt", read(br), read(bl)),
          binary("and", compare("eq", read(br), read(bl)), compare("lt", read(ar), read(al))),
        );
        const lowest = { f32: -Infinity, f64: -Infinity, i32: -2147483648, u32: 0 }[dtype];
        const statement: Statement = {
          kind: "reduce",
          index: j,
          extent: int(n),
          width,
          body: [assign(value, load(dtype, 0, read(j)))],
          accumulators: [
            {
              local: best,
              init: constant(dtype, lowest),
              step: select(better, read(value), read(best)),
              left: bl,
              right: br,
              merge: select(mergeRight, read(br), read(bl)),
            },
            {
              local: at,
              init: int(2147483647),
              step: select(binary("or", better, compare("eq", read(at), int(2147483647))), read(j), read(at)),
              left: al,
              right: ar,
              merge: select(mergeRight, read(ar), read(al)),
            },
          ],
        };
        const [out] = runBoth(
          {
            name: "argmax",
            buffers: [
              { dtype, length: n, access: "in" },
              { dtype: "i32", length: 1, access: "out" },
            ],
            body: [statement, store(1, int(0), read(at))],
          },
          [x],
        );
        expect(out[0]).toBe(x.indexOf(Math.max(...x)));
      }
  });

  test("rows and columns of a matrix", () => {
    for (const [rows, columns] of [
      [1, 1],
      [3, 5],
      [5, 33],
      [33, 7],
      [16, 16],
      [20, 21],
    ])
      for (const width of [1, 8, 16]) {
        const x = numbers(dtype, rows * columns);
        const scale = numbers(dtype, columns, 2);
        const sum = (index: Expression): Accumulator =>
          accumulator(dtype, 0, (acc) => add(acc, load(dtype, 0, index)), add);
        const byRow = sum(add(mul(read(i), int(columns)), read(j)));
        const byColumn = sum(add(mul(read(j), int(columns)), read(i)));
        const kernel = (outer: number, inner: number, a: Accumulator, factor: Expression): Kernel => ({
          name: "sums",
          buffers: [
            { dtype, length: rows * columns, access: "in" },
            { dtype, length: columns, access: "in" },
            { dtype, length: outer, access: "out" },
          ],
          body: [
            forLoop(
              i,
              outer,
              [
                { kind: "reduce", index: j, extent: int(inner), width, body: [], accumulators: [a] },
                store(2, read(i), mul(read(a.local), factor)),
              ],
              "lanes",
            ),
          ],
        });
        runBoth(kernel(rows, columns, byRow, constant(dtype, 2)), [x, scale]);
        runBoth(kernel(columns, rows, byColumn, load(dtype, 1, read(i))), [x, scale]);
      }
  });
});

test("mixed widths: f64 sums of f32 products, counts of comparisons, any and all", () => {
  for (let n = 0; n <= 40; n++)
    for (const width of [4, 8, 16]) {
      const x = numbers("f32", n);
      const y = numbers("f64", n, 3);
      const wide = convert("f64", load("f32", 0, read(j)));
      const positive = compare("gt", load("f64", 1, read(j)), constant("f64", 0));
      const accumulators = [
        accumulator("f64", 0, (acc) => add(acc, mul(wide, load("f64", 1, read(j)))), add),
        accumulator("i32", 0, (acc) => add(acc, convert("i32", positive)), add),
        accumulator(
          "bool",
          0,
          (acc) => binary("or", acc, positive),
          (l, r) => binary("or", l, r),
        ),
        accumulator(
          "bool",
          1,
          (acc) => binary("and", acc, compare("lt", load("f32", 0, read(j)), constant("f32", 100))),
          (l, r) => binary("and", l, r),
        ),
      ];
      const outputs: readonly DType[] = ["f64", "i32", "bool", "bool"];
      runBoth(
        {
          name: "mixed",
          buffers: [
            { dtype: "f32", length: n, access: "in" },
            { dtype: "f64", length: n, access: "in" },
            ...outputs.map((dtype) => ({ dtype, length: 1, access: "out" as const })),
          ],
          body: [
            { kind: "reduce", index: j, extent: int(n), width, body: [], accumulators },
            ...accumulators.map((a, k) => store(2 + k, int(0), read(a.local))),
          ],
        },
        [x, y],
      );
    }
});

test("bool reductions", () => {
  for (let n = 0; n <= 40; n++)
    for (const width of [1, 4, 16]) {
      const x = numbers("bool", n);
      const a = accumulator(
        "bool",
        0,
        (acc) => binary("xor", acc, load("bool", 0, read(j))),
        (l, r) => binary("xor", l, r),
      );
      const [out] = runBoth(
        {
          name: "parity",
          buffers: [
            { dtype: "bool", length: n, access: "in" },
            { dtype: "bool", length: 1, access: "out" },
          ],
          body: [
            { kind: "reduce", index: j, extent: int(n), width, body: [], accumulators: [a] },
            store(1, int(0), read(a.local)),
          ],
        },
        [x],
      );
      expect(out[0]).toBe([...x].filter((v) => v === 1).length % 2);
    }
});

test.each(["f32", "f64"] as const)("%s: the extremes of long rows keep NaN and the sign of zero", (dtype) => {
  const next = randomBits(7);
  const pools = [
    [-0, -1, -Infinity],
    [-0, -0, -0, 0],
    [0, 0, 1, Infinity, -0],
    [-0, -3, 0, 5, 1e-40],
    [2, -0, NaN, -Infinity, Infinity],
  ];
  for (const [op, init] of [
    ["max", -Infinity],
    ["min", Infinity],
    ["max", -0],
    ["min", 0],
    ["max", NaN],
  ] as const)
    for (const width of [4, 16])
      for (const n of [64, 67, 140])
        for (let trial = 0; trial < 15; trial++) {
          const pool = pools[trial % pools.length];
          const x = dtypes[dtype].allocate(n).fill(pool[0]);
          // One special value, in any lane, or a mixture of them.
          for (let k = trial < 10 ? 1 : n; k > 0; k--) x[next() % n] = pool[next() % pool.length];
          const a = accumulator(
            dtype,
            init,
            (acc) => binary(op, acc, load(dtype, 0, read(j))),
            (l, r) => binary(op, l, r),
          );
          const kernel: Kernel = {
            name: "extreme",
            buffers: [
              { dtype, length: n, access: "in" },
              { dtype, length: 1, access: "out" },
            ],
            body: [
              { kind: "reduce", index: j, extent: int(n), width, body: [], accumulators: [a] },
              store(1, int(0), read(a.local)),
            ],
          };
          const [[actual]] = runBoth(kernel, [x]);
          expect(Object.is(actual, Math[op](init, ...x)), `${op} ${n} ${width} ${trial}`).toBe(true);
        }
});
