import { type Tensor, init, jit, tensor } from "@cotangent/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gpu } from "../../core/test/webgpu/adapter.js";
import { cmaes, minimize } from "../src/index.js";

beforeEach(() => init("webgpu", { gpu }));
afterEach(() => init("cpu"));

test("searches in f64 on the CPU, whatever computes the objective", async () => {
  const rosenbrock = jit((p: Tensor) => {
    const [a, b] = [p.at(0), p.at(1)];
    return a.sub(1).square().add(b.sub(a.square()).square().mul(100));
  });
  const objective = async (x: Float64Array): Promise<number> => {
    const value = rosenbrock(tensor(x, { dtype: "f32" }));
    expect(value.device).toBe("webgpu");
    return (await value.data())[0];
  };
  const { x } = await minimize(objective, [0, 0], { method: cmaes({ sigma: 0.5 }), target: 1e-6 });
  expect(x[0]).toBeCloseTo(1, 2);
  expect(x[1]).toBeCloseTo(1, 2);
});
