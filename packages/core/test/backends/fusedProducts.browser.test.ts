import { afterAll } from "vitest";
import { init } from "../../src/threads.js";
import rows from "../fixtures/glibcFma.json" with { type: "json" };
import { type Rows, testFusedProducts } from "./fusedProducts.js";

// The pages of the tests have relaxed SIMD, and the machines that run them fuse: no test is skipped.
testFusedProducts(rows as Rows);
afterAll(() => init({ fma: false }));
