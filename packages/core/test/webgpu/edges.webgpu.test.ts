import { describe, expect, it } from "vitest";
import {
  type Tensor,
  argmax,
  concat,
  cumsum,
  gammainc,
  gammaincc,
  grad,
  jit,
  logsumexp,
  max,
  mean,
  ones,
  prod,
  sort,
  sum,
  tensor,
  variance,
  vmap,
  whileLoop,
  zeros,
} from "../../src/index.js";
import { all } from "../operations/sweepOperands.js";
import { table } from "../operations/sweepTable.js";
import { differences } from "./differences.js";
import { expectOnGpu, expectedOf, moved, testsRunOnGpu } from "./onGpu.js";

/*
 * Every elementwise function of the public ones at the edges of f32, against the CPU, to the sign of zero. Where the GPU gives something
 * else, differences.ts says why; a difference that it does not explain, and an explanation that nothing needs, fail.
 */

const edges = [
  [NaN, Infinity, 0, 2 ** -149, 2 ** -126, 1e-30, 1e-7, 1e-3, 0.5, 1, 2, 2.5, 3, 10, 45, 88.8, 89.5, 104],
  [200, 1e5, 2 ** 24, 2 ** 31, 1e10, 1e19, 1e30, 3.4028234663852886e38],
].flatMap((list) => list.flatMap((x) => (Number.isNaN(x) ? [x] : [x, -x])));
/** Of pairs. */
const few = [NaN, Infinity, -Infinity, 0, -0, 2 ** -149, 1e-30, 0.5, 1, -1, 2, -2.5, 3, -3, 1e10, 1e30, -1e30];

/** The rounding of a handful of operations, beside that of the same on the CPU. */
const TOLERANCE = 1e-5;

interface Point {
  readonly x: readonly number[];
  readonly cpu: number;
  readonly gpu: number;
}
const same = ({ cpu, gpu }: Point): boolean =>
  Object.is(cpu, gpu) || (gpu !== 0 && cpu !== 0 && Math.abs(gpu - cpu) <= TOLERANCE * Math.abs(cpu));

const unused = new Set<string>();
for (const { reason, functions } of differences)
  for (const name of functions === "any" ? ["any"] : functions.split(" ")) unused.add(`${name}: ${reason}`);

for (const [i, row] of table.entries()) {
  if (!row.elementwise) continue;
  const n = row.operands.length;
  const grid = n === 1 ? edges.map((x) => [x]) : few.flatMap((x) => few.map((y) => [x, y, 0.3].slice(0, n)));
  const operands = row.operands.map((_, k) => tensor(grid.map((p) => p[k])));
  const f = all(row);
  const results = (): Tensor[] => jit(f)(...operands);
  const expected = results().map((y) => Array.from(y.storage));
  it(`${row.name} #${i}`, async () => {
    const unexplained: string[] = [];
    for (const [k, y] of results().entries()) {
      const actual = Array.from(await y.data());
      for (const [at, x] of grid.entries()) {
        const point: Point = { x, cpu: expected[k][at], gpu: actual[at] };
        if (same(point)) continue;
        const why = differences.find(
          (d) => (d.functions === "any" || d.functions.split(" ").includes(row.name)) && d.holds(point),
        );
        if (why === undefined)
          unexplained.push(`${row.name}(${x.join(", ")}) is ${point.gpu}, on the CPU ${point.cpu}`);
        else unused.delete(`${why.functions === "any" ? "any" : row.name}: ${why.reason}`);
      }
    }
    expect(unexplained).toEqual([]);
  });
}

it("no difference is documented that there is not", () => {
  expect([...unused]).toEqual([]);
});

/** Overflow, division by zero and of the least by -1, shifts beyond the word: as on the CPU to the bit. */
const integers = {
  i32: [0, 1, -1, 2, -7, 31, 32, 33, -(2 ** 31), 2 ** 31 - 1, 65_536],
  u32: [0, 1, 2, 7, 31, 32, 33, 2 ** 31, 2 ** 32 - 1, 65_536],
} as const;
describe.each(Object.entries(integers))("%s at its edges", (name, list) => {
  const dtype = name as keyof typeof integers;
  for (const [i, row] of table.entries()) {
    if (!row.elementwise || row.floats) continue;
    const f = all(row);
    const n = row.operands.length;
    const grid = n === 1 ? list.map((x) => [x]) : list.flatMap((x) => list.map((y) => [x, y, 1].slice(0, n)));
    const operands = row.operands.map((_, k) =>
      tensor(
        grid.map((p) => p[k]),
        { dtype },
      ),
    );
    const expected = expectedOf(jit(f)(...operands));
    // What gives floats casts first.
    if (expected[0].dtype !== "f32") it(`${row.name} #${i}`, () => expectOnGpu(jit(f)(...operands), expected, 0));
  }
});

const floats = tensor(
  [...edges, 2 ** 31 - 128, -(2 ** 31) - 256, 2 ** 32, -0.9, 255.99].filter((x) => x === 0 || Math.abs(x) > 1e-30),
);
const casts = (["i32", "u32", "bool"] as const).map((dtype) => ({
  dtype,
  expected: expectedOf([jit((x: Tensor) => x.astype(dtype))(floats)]),
}));
it.each(casts)("f32 becomes $dtype as on the CPU, out of range as well", ({ dtype, expected }) =>
  expectOnGpu([jit((x: Tensor) => x.astype(dtype))(floats)], expected, 0),
);

/** Where erfc, in f64 on the CPU, gives the tails: one to six standard deviations from the middle. */
const deviations = [-6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6];
const [shapes, points] = [0, 1].map((k) =>
  tensor([1.5e6, 1e8].flatMap((a) => deviations.map((d) => a + k * d * Math.sqrt(a)))),
);
for (const f of [gammainc, gammaincc]) {
  const g = jit((a: Tensor, x: Tensor) => f(a, x));
  const expected = expectedOf([g(shapes, points)]);
  it(`${f.name} of large shapes has its tails`, () => expectOnGpu([g(shapes, points)], expected, TOLERANCE));
}

/** Of no elements, along an axis of none, and of none along an axis of some. */
const empties = [zeros([0]), zeros([0, 3]), zeros([3, 0])];
const ofNone: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sum: (x) => sum(x, 0),
  prod: (x) => prod(x, -1),
  "mean, which is NaN": (x) => mean(x),
  "mean along an axis": (x) => mean(x, 0),
  variance: (x) => variance(x, -1),
  "a sum that meets NaN": (x) => sum(x).mul(tensor([NaN, Infinity, 0])),
  max: (x) => max(x, 0),
  argmax: (x) => argmax(x, -1),
  logsumexp: (x) => logsumexp(x, 0),
  cumsum: (x) => cumsum(x, 0),
  sort: (x) => sort(x, -1),
  concat: (x) => concat([x, x, ones([...x.shape])], 0),
  "a gradient": (x) => grad((y: Tensor) => y.square().sum())(x),
  "a product": (x) => x.reshape([3, 0]).matmul(zeros([0, 2])),
  "rows of none": (x) => vmap((r: Tensor) => r.exp().sum())(x),
  "a loop": (x) =>
    whileLoop(
      (y: Tensor) => y.sum().greater(0),
      (y: Tensor) => y.mul(2),
      x,
    ),
};
describe("nothing", () => {
  for (const [name, f] of Object.entries(ofNone))
    for (const x of empties) {
      const run = (y: Tensor): Tensor | string => {
        try {
          return jit(f)(y);
        } catch (error) {
          return (error as Error).message;
        }
      };
      const result = run(x);
      const expected = typeof result === "string" ? result : expectedOf([result]);
      it(`${name} of [${x.shape.join()}]`, async () => {
        const y = run(moved([x])[0]);
        if (typeof expected === "string" || typeof y === "string") expect(y).toBe(expected);
        else await expectOnGpu([y], expected, 0);
      });
    }
});

testsRunOnGpu();
