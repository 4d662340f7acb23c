import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { textTable } from "../report.js";
import { posteriors } from "./index.js";
import { type PosteriorRow, measurePosterior } from "./measure.js";
import type { Data } from "./posterior.js";

/** npm run bench -- --suite posteriors: every posterior of shared/posteriordb whose name matches, `budgetMs` of calls each. */
export function runPosteriors(options: { filter: string; budgetMs: number; json: string | undefined }): void {
  const folder = new URL("../../../../../shared/posteriordb/", import.meta.url);
  if (!existsSync(folder)) throw new Error("the data (shared/posteriordb) are not beside this checkout.");
  const chosen = posteriors.filter((p) => new RegExp(options.filter).test(p.name));
  const rows = chosen.map((p) => {
    const data = JSON.parse(readFileSync(new URL(`${p.folder}/data.json`, folder), "utf8")) as Data;
    return measurePosterior(p, data, options.budgetMs);
  });
  console.log(formatPosteriors(rows));
  console.log(
    "Microseconds a value and gradient in f64, one thread: minimum and lowest decile of batches of this run. Stan: rstan 2.21.7, g++ -O2, recorded on the reference machine.",
  );
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ posteriors: rows }, undefined, 2)}\n`);
}

function formatPosteriors(rows: readonly PosteriorRow[]): string {
  const header = ["posterior", "min us", "decile us", "target us", "met", "Stan us", "Stan / ours"];
  return textTable([
    [...header, "kernel runs", "of > 64 elements", "passes over data"],
    ...rows.map((r) => [
      r.name,
      r.minimum.toFixed(2),
      r.decile.toFixed(2),
      String(r.target),
      r.met ? "yes" : "NO",
      String(r.stan),
      r.ratio.toFixed(1),
      String(r.kernelRuns),
      String(r.largeRuns),
      r.passes.toFixed(1),
    ]),
  ]);
}
