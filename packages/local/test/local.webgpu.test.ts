import { init, random } from "@cotangent/core";
import { afterEach, expect, test } from "vitest";
import { gpu } from "../../core/test/webgpu/adapter.js";
import { sanger } from "../src/index.js";

afterEach(() => init("cpu"));

test("learns on a GPU what it learns on the CPU", async () => {
  const spread = random.normal(random.key(1), [300, 4]);
  const x = spread.mul(random.uniform(random.key(2), [4], { low: 0.3, high: 2 }));
  const rule = sanger({ components: 2, rate: 0.01 });
  const expected = await rule.run(x).data();
  await init("webgpu", { gpu });
  const weights = rule.run(x);
  expect(weights.device).toBe("webgpu");
  (await weights.data()).forEach((w, i) => expect(w).toBeCloseTo(expected[i], 4));
});
