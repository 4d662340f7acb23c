import { describe, expect, it } from "vitest";
import { primitives } from "../../src/control/registry.js";
import type { Primitive } from "../../src/graph/primitive.js";
import { bind } from "../../src/graph/trace.js";
import { type Tensor, grad, jit, jvp, stack, tensor, vmap } from "../../src/index.js";
import { generator, makeInput } from "../primitives/inputs.js";
import { signFree } from "../primitives/linalgRows.js";
import { type Row, table } from "../primitives/table.js";
import { type Expected, expectOnGpu, expectedOf, moved, testsRunOnGpu, titleWith } from "./onGpu.js";

/*
 * Every primitive in f32 on the GPU, as on the CPU, whose results have tests of their own: alone, inside jit, mapped, and its first and
 * second derivatives.
 */

/** Sums of the table's few terms differ in their last bits; derivatives take products of such. */
const TOLERANCE = 2e-5;
const DERIVATIVE_TOLERANCE = 2e-4;

/** Rows that WebGPU cannot run, by what they say of themselves. */
const absent = (row: Row): string | undefined =>
  (row.params as { dtype?: string } | undefined)?.dtype === "f64" ? "f64 is none of WGSL's types" : undefined;

/** Checks that fail for a reason that is nobody's fault here: one that passes all the same fails. By row and check. */
const known: Readonly<Record<string, string>> = {};

const byName = new Map(primitives.map((p) => [p.name, p]));
const apply = (row: Row, inputs: readonly Tensor[]): Tensor[] =>
  bind(byName.get(row.primitive) as Primitive, inputs, row.params ?? {});
const inputsOf = (row: Row, seed: number): Tensor[] =>
  row.inputs.map((x, i) => makeInput(x, generator(seed * 31 + i), "f32"));

/** One list of operands for each call of the check. */
interface Check {
  readonly name: string;
  readonly f: (...xs: Tensor[]) => Tensor[];
  readonly inputs: readonly Tensor[];
  readonly tolerance: number;
}

function checksOf(row: Row, seed: number): Check[] {
  const inputs = inputsOf(row, seed);
  // A vector whose sign is free is compared by its square.
  const free = signFree[row.primitive] ?? [];
  const f = (...xs: Tensor[]): Tensor[] => apply(row, xs).map((y, k) => (free.includes(k) ? y.square() : y));
  const checks: Check[] = [
    { name: "alone", f, inputs, tolerance: TOLERANCE },
    { name: "inside jit", f: jit(f), inputs, tolerance: TOLERANCE },
  ];
  if (row.inputs.length > 0) {
    const copies = [0, 1, 2].map((c) => inputsOf(row, seed + 1000 * c));
    const last = row.inputs.length - 1;
    // All mapped; and all but the last, over the axis behind the first.
    const axes = row.inputs.map((x, i) => (i === last && last > 0 ? null : Math.min(1, x.shape.length)));
    const stacked = (i: number, axis: number): Tensor =>
      stack(
        copies.map((c) => c[i]),
        axis,
      );
    checks.push(
      { name: "mapped", f: jit(vmap(f)), inputs: inputs.map((_, i) => stacked(i, 0)), tolerance: TOLERANCE },
      {
        name: "mapped in part",
        f: jit(vmap(f, { inAxes: axes })),
        inputs: axes.map((axis, i) => (axis === null ? inputs[i] : stacked(i, axis))),
        tolerance: TOLERANCE,
      },
    );
  }
  const varies = row.varies ?? [];
  if (varies.length > 0) {
    const scalar = (...xs: Tensor[]): Tensor => {
      const given = [...inputs];
      varies.forEach((i, k) => (given[i] = xs[k]));
      return f(...given)
        .filter((y) => y.dtype === "f32")
        .map((y, k) => y.mul(weights(y, seed + k)).sum())
        .reduce((a, b) => a.add(b));
    };
    const at = varies.map((i) => inputs[i]);
    const argnums = at.map((_, k) => k);
    const directions = at.map((x, k) => weights(x, 100 * seed + k));
    const gradient = grad(scalar, { argnums }) as (...xs: Tensor[]) => Tensor[];
    const slope = (...xs: Tensor[]): Tensor => jvp(scalar, xs, directions)[1];
    checks.push({ name: "gradient", f: gradient, inputs: at, tolerance: DERIVATIVE_TOLERANCE });
    checks.push({ name: "gradient inside jit", f: jit(gradient), inputs: at, tolerance: DERIVATIVE_TOLERANCE });
    if ((row.orders ?? 3) > 1)
      checks.push({
        name: "gradient of the forward derivative",
        f: jit(grad(slope, { argnums }) as (...xs: Tensor[]) => Tensor[]),
        inputs: at,
        tolerance: 10 * DERIVATIVE_TOLERANCE,
      });
  }
  return checks;
}

function weights(x: Tensor, seed: number): Tensor {
  const random = generator(seed + 500);
  return tensor(
    Float32Array.from({ length: x.size }, () => random() + 0.5),
    { shape: x.shape },
  );
}

describe.each(
  table.map((row, i) => ({ row, seed: i + 1, title: `${row.primitive} ${JSON.stringify(row.params ?? {})} #${i}` })),
)("$title", ({ row, seed, title }) => {
  const reason = absent(row);
  if (reason !== undefined) {
    it(`is refused: ${reason}`, () => {
      expect(() => apply(row, moved(inputsOf(row, seed)))).toThrow(/f64/);
    });
    return;
  }
  for (const { name, f, inputs, tolerance } of checksOf(row, seed)) {
    const expected: Expected[] = expectedOf(f(...inputs));
    const why = known[`${title}: ${name}`];
    (why === undefined ? it : it.fails)(titleWith(name, why), () =>
      expectOnGpu(f(...moved(inputs)), expected, tolerance),
    );
  }
});

testsRunOnGpu();
