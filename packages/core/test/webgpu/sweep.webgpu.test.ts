import { describe, it } from "vitest";
import { jit, vmap, grad, stack, tensor, type Tensor } from "../../src/index.js";
import { type DType, isFloat } from "../../src/tensor/dtype.js";
import { all, operandsOf } from "../operations/sweepOperands.js";
import { type Row, table } from "../operations/sweepTable.js";
import { expectOnGpu, expectedOf, moved, testsRunOnGpu, titleWith } from "./onGpu.js";

/*
 * Every public operation on the GPU as on the CPU: in each dtype, compiled, mapped, and its gradient.
 */

/** Checks that fail for a reason that is nobody's fault here: one that passes all the same fails. By row and check. */
const known: Readonly<Record<string, string>> = {};

interface Check {
  readonly name: string;
  readonly f: (...xs: Tensor[]) => Tensor[];
  readonly inputs: readonly Tensor[];
  readonly tolerance: number;
}

function checksOf(row: Row): Check[] {
  const f = all(row);
  const tolerance = row.loose ? 2e-4 : 2e-5;
  const dtypes: DType[] = row.floats ? ["f32"] : row.noBool ? ["f32", "i32", "u32"] : ["f32", "i32", "u32", "bool"];
  const checks: Check[] = dtypes.map((dtype) => ({ name: dtype, f, inputs: operandsOf(row, dtype, 1), tolerance }));
  const inputs = operandsOf(row, "f32", 2);
  checks.push({ name: "inside jit", f: jit(f), inputs, tolerance });
  const sets = [1, 2, 3].map((seed) => operandsOf(row, "f32", seed));
  const stacked = row.operands.map((_, k) => stack(sets.map((xs) => xs[k])));
  checks.push({ name: "mapped", f: jit(vmap(f)), inputs: stacked, tolerance });
  if (row.flat) return checks;
  const argnums = inputs.flatMap((x, k) => (isFloat(x.dtype) ? [k] : []));
  const scalar = (...xs: Tensor[]): Tensor =>
    f(...xs)
      .map((y, k) =>
        y
          .mul(
            tensor(
              Float32Array.from({ length: y.size }, (_, i) => 0.5 + ((i * 7 + k) % 5) / 4),
              { shape: y.shape },
            ),
          )
          .sum(),
      )
      .reduce((a, b) => a.add(b));
  checks.push({
    name: "gradient",
    f: jit(grad(scalar, { argnums }) as (...xs: Tensor[]) => Tensor[]),
    inputs,
    tolerance: 10 * tolerance,
  });
  return checks;
}

describe.each(table.map((row, i) => [`${row.name} #${i}`, row] as const))("%s", (title, row) => {
  for (const { name, f, inputs, tolerance } of checksOf(row)) {
    const expected = expectedOf(f(...inputs));
    const why = known[`${title}: ${name}`];
    (why === undefined ? it : it.fails)(titleWith(name, why), () =>
      expectOnGpu(f(...moved(inputs)), expected, tolerance),
    );
  }
});

testsRunOnGpu();
