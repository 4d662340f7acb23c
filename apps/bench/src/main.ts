import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runPosteriors } from "./posteriors/suite.js";
import { type Measurement, formatRows, rowsOf } from "./report.js";

/*
 * npm run bench -- --suite cpu [--filter REGEX] [--json FILE]: our peer file beside the peers of shared/bench, one process after
 * the other on this machine. The peers are installed into a cache of this folder, by this command alone.
 * npm run bench -- --suite posteriors: posteriors/suite.ts.
 */
const { values } = parseArgs({
  options: {
    suite: { type: "string", default: "cpu" },
    filter: { type: "string", default: "" },
    json: { type: "string" },
    budget: { type: "string", default: "1500" },
    peers: { type: "string", default: "jax,tfjs" },
  },
});
if (values.suite === "posteriors") {
  runPosteriors({ filter: values.filter, budgetMs: Number(values.budget), json: values.json });
  process.exit();
}
if (values.suite !== "cpu") fail(`unknown suite ${values.suite}. Known: cpu, posteriors.`);

const app = fileURLToPath(new URL("..", import.meta.url));
const source = fileURLToPath(new URL("../../../../shared/bench", import.meta.url));
const work = `${app}.peers`;
if (!existsSync(source))
  fail("the peers' scripts (shared/bench) are not beside this checkout, so there is nothing to compare with.");

mkdirSync(work, { recursive: true });
for (const name of readdirSync(source))
  cpSync(`${source}/${name}`, `${work}/${name}`, { force: true, recursive: true });
if (!existsSync(`${work}/node_modules`)) {
  console.log("Installing the peers (once) ...");
  run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], "inherit");
}
const peerModule = new URL("peer.js", import.meta.url).href;
writeFileSync(
  `${work}/cotangent_peer.mjs`,
  `import * as lib from "./lib.mjs";\nimport { makePeer } from ${JSON.stringify(peerModule)};\nexport const make = () => makePeer(lib, "this checkout");\n`,
);

const measured = (peer: string): Measurement[] => {
  console.log(`Running ${peer} ...`);
  const args = ["run.mjs", peer, "wasm", `--filter=${values.filter}`, `--budget=${values.budget}`];
  const lines = run(process.execPath, args, "pipe").split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Measurement);
};
const ours = measured("cotangent");
const rows = rowsOf(ours, values.peers.split(",").filter(Boolean).flatMap(measured));
for (const { bench, error } of ours) if (error !== undefined) console.log(`${bench}: ${error}`);
console.log(formatRows(rows));
console.log(
  "Medians of this run on this machine, one thread. Where a peer has the case, a target is a share of its time in the same run (shared/targets.md).",
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ cases: rows }, undefined, 2)}\n`);
if (ours.some((m) => m.error !== undefined) || rows.some((r) => r.digestAgrees === false)) process.exitCode = 1;

function run(command: string, args: readonly string[], out: "inherit" | "pipe"): string {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: work,
    stdio: ["ignore", out, "inherit"],
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined) fail(`${command} did not start: ${error.message}`);
  if (status !== 0) fail(`${command} ${args.join(" ")} ended with status ${status}.`);
  return stdout ?? "";
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(1);
}
