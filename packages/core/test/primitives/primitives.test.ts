import { describe, expect, it } from "vitest";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { schedule } from "../../src/compiler/schedule.js";
import { primitives } from "../../src/control/registry.js";
import type { Primitive } from "../../src/graph/primitive.js";
import { bind } from "../../src/graph/trace.js";
import { type Tensor, eye, jit, jvp, makeGraph, countCalls, stack, tensor, vjp, vmap } from "../../src/index.js";
import type { Dense } from "../reference/dense.js";
import { reference } from "../reference/evaluate.js";
import { generator, makeInput } from "./inputs.js";
import { satisfies, signFree } from "./linalgRows.js";
import { type Row, carryGraphs, table } from "./table.js";

const byName = new Map(primitives.map((p) => [p.name, p]));
const apply = (row: Row, inputs: readonly Tensor[]): Tensor[] =>
  bind(byName.get(row.primitive) as Primitive, inputs, row.params ?? {});
const dense = (x: Tensor): Dense => ({ shape: x.shape, values: Array.from(x.storage) });
const numbers = (x: Tensor): number[] => Array.from(x.storage);
const titled = table.map((row, i) => ({
  row,
  seed: i + 1,
  title: `${row.primitive} ${JSON.stringify(row.params ?? {})} #${i}`,
}));

function close(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    const y = expected[i];
    if (Number.isNaN(y) || !Number.isFinite(y)) expect(x, `element ${i}`).toBe(y);
    else expect(Math.abs(x - y), `element ${i}: ${x} against ${y}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(y)));
  });
}

it("every primitive has a row, and every row a primitive", () => {
  const rows = new Set([...table.map((r) => r.primitive), ...carryGraphs]);
  expect([...rows].sort()).toEqual(primitives.map((p) => p.name).sort());
  expect(new Set(primitives.map((p) => p.name)).size).toBe(primitives.length);
});

describe.each(titled)("$title", ({ row, seed }) => {
  const f64 = row.inputs.map((x, i) => makeInput(x, generator(seed * 31 + i)));
  const f32 = row.inputs.map((x, i) => makeInput(x, generator(seed * 31 + i), "f32"));

  const satisfied = satisfies[row.primitive];
  if (satisfied === undefined)
    it("agrees with the reference", () => {
      const evaluate = reference[row.primitive];
      for (const [inputs, tolerance] of [
        [f64, 1e-12],
        [f32, 2e-5],
      ] as const) {
        const expected = evaluate(inputs.map(dense), row.params ?? {});
        apply(row, inputs).forEach((y, k) => {
          expect(y.shape).toEqual(expected[k].shape);
          // Integer results compare as the dtype's own bits.
          const wanted = y.dtype === "u32" ? expected[k].values.map((v) => v >>> 0) : expected[k].values;
          close(numbers(y), wanted, tolerance);
        });
      }
    });
  else
    it("reconstructs the matrix", () => {
      const { product, orthonormal, ascending } = satisfied(apply(row, f64));
      close(numbers(product), numbers(f64[0]), 1e-12);
      for (const v of orthonormal) {
        const gram = v.matrixTranspose().matmul(v);
        close(numbers(gram), numbers(eye(gram.shape[gram.ndim - 1], undefined, "f64").add(gram.mul(0))), 1e-12);
      }
      expect(numbers(ascending)).toEqual(numbers(ascending.sort()));
    });

  it("gives the same bits interpreted, compiled and inside jit, in one call", () => {
    for (const inputs of [f64, f32]) {
      const f = (...xs: Tensor[]): Tensor[] => apply(row, xs);
      const graph = makeGraph(f)(...inputs);
      const procedure = schedule(graph);
      const storages = inputs.map((x) => x.storage);
      const eager = apply(row, inputs).map((x) => x.storage);
      expect(interpretedProgram(procedure, inputs.length).run(storages)).toEqual(eager);
      expect(compileToWasm(procedure, inputs.length).run(storages)).toEqual(eager);
      const compiled = jit(f);
      compiled(...inputs);
      const { result, wasmCalls, interpretedKernels } = countCalls(() => compiled(...inputs));
      expect(result.map((x) => x.storage)).toEqual(eager);
      expect([wasmCalls, interpretedKernels]).toEqual([1, 0]);
    }
  });

  if (row.inputs.length > 0)
    it("maps as a loop does", () => {
      const copies = [0, 1, 2].map((c) => row.inputs.map((x, i) => makeInput(x, generator(seed * 31 + i + 1000 * c))));
      for (const axis of [0, 1]) {
        for (let which = 0; which <= row.inputs.length; which++) {
          // All inputs mapped, or all but one.
          const mapped = row.inputs.map((_, i) => i !== which);
          if (!mapped.includes(true)) continue;
          const inAxes = mapped.map((m, i) => (m ? Math.min(axis, row.inputs[i].shape.length) : null));
          const args = row.inputs.map((_, i) =>
            mapped[i]
              ? stack(
                  copies.map((c) => c[i]),
                  inAxes[i] as number,
                )
              : copies[0][i],
          );
          const together = vmap((...xs: Tensor[]) => apply(row, xs), { inAxes })(...args);
          const single = copies.map((c) =>
            apply(
              row,
              c.map((x, i) => (mapped[i] ? x : copies[0][i])),
            ),
          );
          together.forEach((y, k) => close(numbers(y), numbers(stack(single.map((s) => s[k]))), 1e-12));
        }
      }
    });

  const varies = row.varies ?? [];
  if (varies.length > 0) derivatives(row, f64, varies, seed);
  // An empty list says that the derivative is zero; no list, that there is nothing to differentiate.
  else if (row.varies !== undefined)
    it("has the derivative zero", () => {
      const ones = f64.map((x) => tensor(new Float64Array(x.size).fill(1), { shape: x.shape }));
      const [, tangents] = jvp((...xs: Tensor[]) => apply(row, xs), f64, ones);
      for (const t of tangents) expect(numbers(t)).toEqual(new Array(t.size).fill(0));
    });
});

/**
 * First order: jvp against central differences, and vjp against jvp through <ct, J v> = <J^T ct, v>. Higher orders: the same two
 * checks on the derivative itself, taken in every mix of forward and reverse.
 */
function derivatives(row: Row, inputs: readonly Tensor[], varies: readonly number[], seed: number): void {
  const at = varies.map((i) => inputs[i]);
  type Flat = (...xs: Tensor[]) => Tensor;
  // A fixed weighting of all float outputs, so that one scalar sees every entry. Vectors with a free sign enter squared.
  const f: Flat = (...xs) => {
    const all = [...inputs];
    varies.forEach((i, k) => (all[i] = xs[k]));
    return apply(row, all)
      .map((y, k) => {
        const free = signFree[row.primitive]?.includes(k) === true ? y.square() : y;
        return free.mul(weights(free, seed + k)).sum();
      })
      .reduce((a, b) => a.add(b));
  };
  const directions = [0, 1, 2].map((order) => at.map((x, i) => weights(x, 100 * seed + 10 * order + i)));
  const forward =
    (g: Flat, order: number): Flat =>
    (...xs) =>
      jvp(g, xs, directions[order])[1];
  const reverse =
    (g: Flat, order: number): Flat =>
    (...xs) => {
      const [y, pullback] = vjp(g, ...xs);
      return pullback(tensor(Float64Array.of(1), { shape: y.shape }))
        .map((ct, i) => ct.mul(directions[order][i]).sum())
        .reduce((a, b) => a.add(b));
    };
  const numeric = (g: Flat, order: number): number => {
    const h = 1e-4;
    const moved = (step: number): number => g(...at.map((x, i) => x.add(directions[order][i].mul(step)))).item();
    // Richardson: two central differences, error O(h^4).
    return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
  };
  const orders = Math.min(3, row.orders ?? 3);
  const modes = ["forward", "reverse"] as const;
  let chains: { name: string; g: Flat }[] = [{ name: "f", g: f }];
  for (let order = 0; order < orders; order++) {
    const next: typeof chains = [];
    for (const { name, g } of chains)
      for (const mode of modes)
        next.push({ name: `${mode}(${name})`, g: (mode === "forward" ? forward : reverse)(g, order) });
    it(`differentiates to order ${order + 1} in every mix of modes`, () => {
      const expected = numeric(chainsBefore[order].g, order);
      for (const { name, g } of next) {
        const actual = g(...at).item();
        expect(Math.abs(actual - expected), `${name}: ${actual} against ${expected}`).toBeLessThanOrEqual(
          2e-7 * (1 + Math.abs(expected)) * 10 ** order,
        );
      }
    });
    const chainsBefore = { [order]: chains[0] };
    chains = next;
  }
}

function weights(x: Tensor, seed: number): Tensor {
  const random = generator(seed + 500);
  return tensor(
    Float64Array.from({ length: x.size }, () => random() + 0.5),
    { shape: x.shape },
  );
}
