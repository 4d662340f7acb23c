import { afterEach, expect } from "vitest";
import { takeErrors } from "./adapter.js";

// What the GPU complains of, and nobody expected, fails the test at hand.
afterEach(async () => {
  expect(await takeErrors(), "uncaptured errors of the GPU").toEqual([]);
});
