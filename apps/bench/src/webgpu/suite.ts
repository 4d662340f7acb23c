import { writeFileSync } from "node:fs";
import type { Options } from "../cpu.js";
import { Peers } from "../peers.js";
import { formatRows, rowsOf, textTable } from "../report.js";
import { Browser, type LibraryPage } from "./browser.js";
import type { GpuMeasurement } from "./page.js";
import { targets } from "./targets.js";

/** In f64, of what a CPU's memory can do, or of how programs for CPUs are planned: nothing to ask of a GPU. */
const CPU_ONLY = /f64|bandwidth|_memory$/;
const OURS = "cotangent";

/**
 * npm run bench -- --suite webgpu: Cotangent and the peers on WebGPU, each in a page of the same headless Chromium, case by case in turn. For all of
 * them a repetition is one call, or as many as the case has `inner` ones, and the wait until the GPU has done it.
 */
export async function runWebgpu({ filter, budgetMs, json, peers }: Options): Promise<void> {
  const browser = await Browser.start(new Peers().folder);
  const measurements: GpuMeasurement[] = [];
  const complaints: string[] = [];
  let adapter = "";
  try {
    const pages = new Map<LibraryPage, readonly string[]>();
    for (const library of [OURS, ...peers]) {
      const page = await browser.open(library, "webgpu");
      const cases = await page.call("start").catch((cause: Error) => {
        throw new Error(`${library} does not start on WebGPU: ${cause.message.split("\n")[0]}`, { cause });
      });
      pages.set(page, cases);
    }
    const [first] = pages.keys();
    adapter = await first.call("adapter");
    // Whose outputs ours are compared with where no peer has the case.
    const cpu = await browser.open(OURS, "wasm");
    const names = await cpu.call("start");
    for (const name of names.filter((n) => new RegExp(filter).test(n) && !CPU_ONLY.test(n))) {
      console.log(`Running ${name} ...`);
      for (const [page, cases] of pages)
        if (cases.includes(name)) measurements.push(await page.call("measure", name, budgetMs));
      measurements.push(outputOf(await cpu.call("measure", name, 1)));
    }
    for (const page of pages.keys()) complaints.push(...page.complaints);
  } finally {
    await browser.close();
  }
  const ours = measurements.filter((m) => m.peer === OURS && m.backend === "webgpu");
  const rows = rowsOf(
    ours,
    measurements.filter((m) => !ours.includes(m)),
    targets,
  );
  for (const { bench, peer, error, gpuErrors } of measurements)
    for (const text of [...(error === undefined ? [] : [error]), ...gpuErrors])
      console.log(`${bench}, ${peer}: ${text}`);
  for (const text of new Set(complaints)) console.log(`console: ${text}`);
  console.log(`${formatRows(rows)}\n\n${formatWork(ours, measurements)}`);
  console.log(
    `Medians of this run, Chromium ${browser.version}, ${adapter}. A software adapter ranks overhead, fusion and numbers of dispatches, not kernels.`,
  );
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ adapter, cases: rows, measurements }, undefined, 2)}\n`);
  const wrong = ours.some((m) => m.error !== undefined || m.gpuErrors.length > 0);
  if (wrong || rows.some((r) => r.digestAgrees === false)) process.exitCode = 1;
}

/** The output alone: how fast the CPU is, is the other suite's question. */
const outputOf = ({ bench, peer, backend, check, error, gpuErrors }: GpuMeasurement): GpuMeasurement => ({
  bench,
  peer,
  backend,
  gpuErrors,
  ...(check !== undefined && { check }),
  ...(error !== undefined && { error }),
});

/** What one call asks of the GPU, and what the first one cost: ours, and the peers' in the same order. */
function formatWork(ours: readonly GpuMeasurement[], all: readonly GpuMeasurement[]): string {
  const libraries = [...new Set(all.filter((m) => m.backend === "webgpu").map((m) => m.peer))];
  const quantities: readonly [string, (m: GpuMeasurement) => number | undefined][] = [
    ["dispatches", (m) => m.work?.dispatches],
    ["submits", (m) => m.work?.submits],
    ["MB bound", (m) => m.work && m.work.boundBytes / 1e6],
    ["pipelines", (m) => m.pipelines],
    ["first call, ms", (m) => m.first_ms],
  ];
  const text = (x: number | undefined): string =>
    x === undefined ? "-" : Number.isInteger(x) || x >= 100 ? x.toFixed(0) : x.toPrecision(2);
  const cell = (bench: string, of: (m: GpuMeasurement) => number | undefined): string =>
    libraries
      .map((peer) => all.find((m) => m.bench === bench && m.peer === peer && m.backend === "webgpu"))
      .map((m) => text(m && of(m)))
      .join(" / ");
  return textTable([
    [`a call: ${libraries.join(" / ")}`, ...quantities.map(([name]) => name)],
    ...ours.map(({ bench }) => [bench, ...quantities.map(([, of]) => cell(bench, of))]),
  ]);
}
