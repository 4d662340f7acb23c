import { describe, expect, it } from "vitest";
import * as api from "../../src/index.js";
import { type Tensor, checkGrads, jit, countCalls, tensor, vmap } from "../../src/index.js";
import { isFloat } from "../../src/tensor/dtype.js";
import { all, operand, operandsOf, resultOf } from "./sweepOperands.js";
import { elsewhere, table } from "./sweepTable.js";

function expectNear(actual: Tensor, expected: Tensor, tolerance: number, what: string): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const scale = Math.max(1, ...Array.from(expected.storage, (e) => (Number.isFinite(e) ? Math.abs(e) : 0)));
  actual.storage.forEach((a, i) => {
    const e = expected.storage[i];
    if (!Object.is(a, e) && a !== e)
      expect(Math.abs(a - e), `${what}: element ${i} is ${a}, expected ${e}`).toBeLessThanOrEqual(tolerance * scale);
  });
}

const cases = table.map((row, i) => [`${row.name} #${i}`, row] as const);

it("every public operation has a row, or is named as tested elsewhere", () => {
  const known = new Set([
    ...table.map((r) => r.name),
    ...Object.values(elsewhere).flatMap((names) => names.split(" ")),
  ]);
  const missing = Object.entries(api)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name) && !known.has(name))
    .map(([name]) => name);
  expect(missing, "add a row to sweepTable.ts").toEqual([]);
});

describe("dtypes", () => {
  it.each(cases)("%s", (_, row) => {
    const f = all(row);
    for (const dtype of ["f64", "f32", "i32", "u32", "bool"] as const) {
      if ((row.floats && !isFloat(dtype)) || (row.noBool && dtype === "bool")) continue;
      const xs = operandsOf(row, dtype, 1);
      const ys = f(...xs);
      const fixed = row.operands.every(([d]) => d === "index" || d === "mask");
      for (const y of ys) expect(y.dtype, `${row.name} of ${dtype}`).toBe(fixed ? "i32" : resultOf(row.dtype, dtype));
      if (row.wraps && dtype === "u32") continue;
      const exact = f(...xs.map((x, k) => (["index", "mask"].includes(row.operands[k][0]) ? x : x.astype("f64"))));
      ys.forEach((y, k) => expectNear(y, exact[k].astype(y.dtype), row.loose ? 1e-4 : 3e-6, `${row.name} of ${dtype}`));
    }
  });
});

describe("jit is the same, for other values too, in one call", () => {
  it.each(cases)("%s", (_, row) => {
    for (const dtype of ["f32", "f64", "i32"] as const) {
      if (row.floats && !isFloat(dtype)) continue;
      const compiled = jit(all(row));
      for (const seed of [1, 2, 3]) {
        const xs = operandsOf(row, dtype, seed);
        const { result, wasmCalls, interpretedKernels } = countCalls(() => compiled(...xs));
        expect(result.map((y) => [y.dtype, y.shape, y.storage])).toEqual(
          all(row)(...xs).map((y) => [y.dtype, y.shape, y.storage]),
        );
        expect([wasmCalls, interpretedKernels]).toEqual([1, 0]);
      }
    }
  });
});

describe("vmap is a loop", () => {
  it.each(cases)("%s", (_, row) => {
    const f = all(row);
    const sets = [1, 2, 3].map((seed) => operandsOf(row, "f64", seed));
    const expected = sets.map((xs) => f(...xs));
    const stacked = row.operands.map((_o, k) => api.stack(sets.map((xs) => xs[k])));
    const whole = expected[0].map((_y, k) => api.stack(expected.map((ys) => ys[k])));
    const compare = (ys: Tensor[], what: string): void => {
      ys.forEach((y, k) => {
        expect(y.dtype).toBe(whole[k].dtype);
        expectNear(y, whole[k], 1e-12, what);
      });
    };
    compare(vmap(f)(...stacked), "leading axis");
    // The axis behind all others, and out again in the same place.
    const behind = stacked.map((x) => x.moveAxis(0, -1));
    compare(vmap(f, { inAxes: row.operands.map(() => -1) })(...behind), "last axis");
    // Each operand alone, the others shared.
    if (row.operands.length > 1)
      row.operands.forEach((_o, k) => {
        const ys = vmap(f, { inAxes: row.operands.map((_p, j) => (j === k ? 0 : null)) })(
          ...sets[0].map((x, j) => (j === k ? stacked[k] : x)),
        );
        const loop = sets.map((xs) => f(...sets[0].map((x, j) => (j === k ? xs[k] : x))));
        ys.forEach((y, o) => expectNear(y, api.stack(loop.map((l) => l[o])), 1e-12, `operand ${k} alone`));
      });
    // Two levels, the inner one over the last axis.
    const twice = stacked.map((x) => api.stack([x, x.flip(0)]).moveAxis(1, -1));
    const nested = vmap(vmap(f, { inAxes: row.operands.map(() => -1) }))(...twice);
    nested.forEach((y, k) => {
      expectNear(y.at(0), whole[k], 1e-12, "nested");
      expectNear(y.at(1), whole[k].flip(0), 1e-12, "nested");
    });
    // Over no examples.
    const none = vmap(f)(...stacked.map((x) => x.at([0, 0])));
    none.forEach((y, k) => {
      expect([y.dtype, y.shape]).toEqual([whole[k].dtype, [0, ...whole[k].shape.slice(1)]]);
    });
  });
});

describe("elementwise operations take scalars, empty tensors and numbers", () => {
  it.each(cases.filter(([, row]) => row.elementwise))("%s", (_, row) => {
    const f = all(row);
    for (const shape of [[], [0], [2, 0, 3]]) {
      const xs = row.operands.map(([d], k) => operand(d, shape, "f32", k));
      for (const y of f(...xs)) expect(y.shape).toEqual(shape);
      for (const y of jit(f)(...xs)) expect(y.shape).toEqual(shape);
    }
    const xs = operandsOf(row, "f32", 1);
    const [x, y] = xs;
    if (row.operands.length !== 2) return;
    for (const given of [x, x.astype("f64")])
      for (const [eager, compiled] of [
        [f(given, 2 as never), jit((a: Tensor, n: number) => f(a, n as never))(given, 2)],
        [
          f(2 as never, y.astype(given.dtype)),
          jit((n: number, b: Tensor) => f(n as never, b))(2, y.astype(given.dtype)),
        ],
      ])
        eager.forEach((e, k) => {
          expect(e.dtype).toBe(row.dtype === "bool" ? "bool" : given.dtype);
          expect(compiled[k].dtype).toBe(e.dtype);
          expectNear(compiled[k], e, given.dtype === "f64" ? 1e-14 : 1e-6, "number");
        });
  });
});

describe("special values are the same in f32, compiled, and in larger tensors", () => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 2, -2.5, 1e30, -1e30, 1e-30];
  it.each(cases.filter(([, row]) => row.elementwise))("%s", (_, row) => {
    const f = all(row);
    const n = row.operands.length;
    const grid = special.flatMap((a) => (n === 1 ? [[a]] : special.map((b) => [a, b, 0.3])));
    const xs = row.operands.map((_o, k) => tensor(grid.map((g) => g[k])));
    const eager = f(...xs);
    expect(jit(f)(...xs).map((y) => y.storage)).toEqual(eager.map((y) => y.storage));
    const single = (i: number): Tensor[] => f(...grid[i].slice(0, n).map((g) => tensor(g)));
    for (let i = 0; i < grid.length; i += n === 1 ? 1 : 5)
      single(i).forEach((y, k) => expect(y.item(), `at ${grid[i].join(", ")}`).toBe(eager[k].storage[i]));
  });
});

describe("derivatives of second order", () => {
  it.each(cases.filter(([, row]) => !row.flat))("%s", (_, row) => {
    checkGrads((...xs: Tensor[]) => all(row)(...xs), operandsOf(row, "f64", 1), {
      order: 2,
      step: 1e-4,
      tolerance: 1e-4,
    });
    if (!row.coarse) checkGrads((...xs: Tensor[]) => all(row)(...xs), operandsOf(row, "f32", 1), { order: 1 });
  });
});
