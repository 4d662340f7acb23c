import { expect, it } from "vitest";
import { type Tensor, jit, tensor } from "../../src/index.js";
import { all } from "../operations/sweepOperands.js";
import { table } from "../operations/sweepTable.js";
import { differences } from "./differences.js";
import { testsRunOnGpu } from "./onGpu.js";

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

testsRunOnGpu();
