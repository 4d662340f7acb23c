import { afterEach, expect } from "vitest";
import { takeErrors } from "./adapter.js";

// What the GPU complains of, and nobody expected, fails the test at hand.
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(takeErrors(), "uncaptured errors of the GPU").toEqual([]);
});
