import { mapping, skips } from "./mapping/index.js";
import { type OperationResult, runSamples } from "./run.js";
import { readSamples } from "./samples.js";

const USAGE = "usage: npm run conformance -- opinfo FILE [OPERATION...]";

/** Prints a table with one line an operation and the closing tally; returns the exit status. */
export function main(argv: readonly string[], print: (line: string) => void): number {
  const [kind, path, ...only] = argv;
  if (kind !== "opinfo" || path === undefined) {
    print(USAGE);
    return 2;
  }
  const all = readSamples(path);
  const unknown = only.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0) {
    print(`${path} has no operation ${unknown.join(", ")}`);
    return 2;
  }
  const samples = only.length === 0 ? all : Object.fromEntries(only.map((name) => [name, all[name]]));
  const results = runSamples(samples, mapping, skips);
  print(`${"operation".padEnd(48)} passed  failed  skipped  largest deviation`);
  results.forEach((r) => print(line(r)));
  const [passed, failed, skipped] = totals(results);
  const mapped = results.filter((r) => r.skipped === undefined).length;
  print(`${mapped} of ${results.length} operations mapped; relative tolerance 1e-9 unless a line says otherwise`);
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

export const totals = (results: readonly OperationResult[]): readonly [number, number, number] => [
  results.reduce((n, r) => n + r.passed, 0),
  results.reduce((n, r) => n + r.failures.length, 0),
  results.reduce((n, r) => n + (r.skipped?.samples ?? 0), 0),
];

function line(r: OperationResult): string {
  const count = (n: number, width: number): string => (n === 0 ? "-" : String(n)).padStart(width);
  const columns = `${r.operation.padEnd(48)} ${count(r.passed, 6)}  ${count(r.failures.length, 6)}  ${count(r.skipped?.samples ?? 0, 7)}`;
  if (r.skipped !== undefined) return `${columns}  ${r.skipped.reason}`;
  const note = r.why === undefined ? "" : `  (tolerance ${r.tolerance}: ${r.why})`;
  return [`${columns}  ${r.worst.toExponential(1)}${note}`, ...r.failures.map((f) => `    ${f}`)].join("\n");
}
