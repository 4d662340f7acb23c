import { expect, it } from "vitest";
import { type Row, formatRows, rowsOf } from "../src/report.js";
import { targets } from "../src/targets.js";

const ours = [
  { bench: "maml", peer: "cotangent", backend: "wasm", first_ms: 70, median_ms: 0.1, check: 1 },
  { bench: "unroll_10000", peer: "cotangent", backend: "wasm", first_ms: 700, median_ms: 1 },
  { bench: "bandwidth_add", peer: "cotangent", backend: "wasm", first_ms: 900, median_ms: 0, check: 0.65 },
  { bench: "unroll_400_sqrt_memory", peer: "cotangent", backend: "wasm", first_ms: 900, median_ms: 0, check: 15 },
  { bench: "softmax_resident", peer: "cotangent", backend: "wasm", first_ms: 3, median_ms: 1.5, check: 1 },
  { bench: "unroll_400_full", peer: "cotangent", backend: "wasm", first_ms: 500, median_ms: 400 },
  { bench: "unroll_400_sqrt", peer: "cotangent", backend: "wasm", first_ms: 500, median_ms: 500 },
  { bench: "sum_all", peer: "cotangent", backend: "wasm", first_ms: 2, median_ms: 1, check: 5 },
];
const peers = [
  { bench: "maml", peer: "jax-js", backend: "wasm", median_ms: 4.6, check: 1.01 },
  { bench: "maml", peer: "tfjs", backend: "wasm", error: "unsupported" },
  { bench: "sum_all", peer: "tfjs", backend: "wasm", median_ms: 2, check: 6 },
  { bench: "softmax", peer: "tfjs", backend: "wasm", median_ms: 1.3, check: 1 },
];

it("targets are shares of a peer's time in the same run; a failed peer is no peer", () => {
  const rows = rowsOf(ours, peers, targets);
  const row = (name: string): Row => rows.find((r) => r.name === name) as Row;
  const [maml, sum] = [row("maml"), row("sum_all")];
  expect(maml.target).toBeCloseTo(4.6 * (0.4 / 9.2));
  expect(maml).toMatchObject({ ours: 0.1, met: true, peers: { "jax-js wasm": 4.6 }, digestAgrees: true });
  expect(sum).toMatchObject({ target: null, met: null, digestAgrees: false });
  expect(formatRows(rows).split("\n")).toHaveLength(1 + rows.length);
  expect(formatRows([sum])).toContain("DIFFERS");
});

it("first calls are rows of their own; other units compare in their own direction; a target may be another case's", () => {
  const rows = rowsOf(ours, peers, targets);
  const row = (name: string): Row => rows.find((r) => r.name === name) as Row;
  expect(row("unroll_10000")).toMatchObject({ ours: 1, target: 5, met: true });
  expect(row("unroll_10000, first call")).toMatchObject({ ours: 700, target: 500, met: false, peers: {} });
  expect(row("bandwidth_add")).toMatchObject({ ours: 0.65, unit: "of copy", target: 0.7, least: true, met: false });
  expect(row("unroll_400_sqrt_memory")).toMatchObject({ ours: 15, unit: "MB", target: 20, met: true });
  expect(row("unroll_400_sqrt")).toMatchObject({ target: 600, met: true, digestAgrees: null });
  const softmax = row("softmax_resident");
  expect(softmax.target).toBeCloseTo(1.8);
  expect(softmax).toMatchObject({ met: true, peers: { "tfjs wasm": 1.3 }, digestAgrees: true });
  expect(formatRows(rows)).toMatch(/bandwidth_add +0.65 +of copy .*>= 0.70 +NO/);
});
