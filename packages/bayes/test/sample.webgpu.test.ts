import { init, memory } from "@cotangent/core";
import { afterEach, expect, test } from "vitest";
import { gpu } from "../../core/test/webgpu/adapter.js";
import { sample } from "../src/index.js";
import { data, schools } from "./eightSchools.js";

afterEach(() => init("cpu"));

test("samples in f64 on the CPU where other programs run on a GPU: the same draws", async () => {
  const run = async (): Promise<unknown> => {
    const posterior = await sample(schools, { data, key: 1, chains: 2, warmup: 100, samples: 200 });
    const { mean } = posterior.expectation((draw) => draw.mu.square());
    return { mean, mu: posterior.draws.mu.toArray(), table: String(posterior.summary()) };
  };
  const expected = await run();
  await init("webgpu", { gpu });
  const { dispatches } = memory();
  expect(await run()).toEqual(expected);
  expect(memory().dispatches).toBe(dispatches);
});
