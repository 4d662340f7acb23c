import { expect, it } from "vitest";
import { formatRows, rowsOf } from "../src/report.js";

const ours = [
  { bench: "maml", peer: "cotangent", backend: "wasm", first_ms: 70, median_ms: 0.1, check: 1 },
  { bench: "unroll_10000", peer: "cotangent", backend: "wasm", first_ms: 700, median_ms: 1 },
  { bench: "sum_all", peer: "cotangent", backend: "wasm", first_ms: 2, median_ms: 1, check: 5 },
];
const peers = [
  { bench: "maml", peer: "jax-js", backend: "wasm", median_ms: 4.6, check: 1.01 },
  { bench: "maml", peer: "tfjs", backend: "wasm", error: "unsupported" },
  { bench: "sum_all", peer: "tfjs", backend: "wasm", median_ms: 2, check: 6 },
];

it("targets are shares of a peer's time in the same run; a failed peer is no peer", () => {
  const [maml, unroll, sum] = rowsOf(ours, peers);
  expect(maml.target).toBeCloseTo(4.6 * (0.4 / 9.2));
  expect(maml).toMatchObject({ ours: 0.1, met: true, peers: { "jax-js wasm": 4.6 }, digestAgrees: true });
  expect(unroll).toMatchObject({ ours: 700, target: 500, met: false, peers: {}, digestAgrees: null });
  expect(sum).toMatchObject({ target: null, met: null, digestAgrees: false });
  expect(formatRows([maml, unroll, sum]).split("\n")).toHaveLength(4);
  expect(formatRows([sum])).toContain("DIFFERS");
});
