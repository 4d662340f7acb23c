import { writeFileSync } from "node:fs";
import { Peers } from "./peers.js";
import { type Measurement, formatRows, rowsOf } from "./report.js";
import { targets } from "./targets.js";

/** What the suites that have peers are asked for. */
export interface Options {
  readonly filter: string;
  readonly budgetMs: number;
  readonly json: string | undefined;
  readonly peers: readonly string[];
}

/** npm run bench -- --suite cpu: our peer file beside the peers of shared/bench, one process after the other on this machine. */
export function runCpu({ filter, budgetMs, json, peers }: Options): void {
  const place = new Peers();
  const measured = (peer: string): Measurement[] => {
    console.log(`Running ${peer} ...`);
    const args = ["run.mjs", peer, "wasm", `--filter=${filter}`, `--budget=${budgetMs}`];
    const lines = place.run(process.execPath, args, "pipe").split("\n");
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Measurement);
  };
  const ours = measured("cotangent");
  const rows = rowsOf(ours, peers.flatMap(measured), targets);
  for (const { bench, error } of ours) if (error !== undefined) console.log(`${bench}: ${error}`);
  console.log(formatRows(rows));
  console.log(
    "Medians of this run on this machine, one thread. Where a peer has the case, a target is a share of its time in the same run (shared/targets.md).",
  );
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ cases: rows }, undefined, 2)}\n`);
  if (ours.some((m) => m.error !== undefined) || rows.some((r) => r.digestAgrees === false)) process.exitCode = 1;
}
