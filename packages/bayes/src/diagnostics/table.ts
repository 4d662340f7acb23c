import { type Chains, checkChains, pool } from "./chains.js";
import { essBulk, essTail } from "./ess.js";
import { mcseMean } from "./mcse.js";
import { meanOf, varianceOf } from "./moments.js";
import { sortedQuantile } from "./quantile.js";
import { rhat } from "./rhat.js";

/** One quantity of a posterior in numbers. */
export interface SummaryRow {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcse: number;
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  readonly essBulk: number;
  readonly essTail: number;
  readonly rhat: number;
}

export interface SummaryTable {
  readonly rows: readonly SummaryRow[];
  /** Aligned text, one line for each row under a header. */
  toString(): string;
}

/**
 * Summarises scalar quantities. Prints as aligned text.
 *
 * ```ts
 * console.log(String(summarize([{ name: "mu", chains: [chain0, chain1, chain2, chain3] }])));
 * ```
 *
 * @param quantities name and one array [draws] for each chain, for each quantity
 * @throws TypeError, RangeError naming the quantity, for empty, ragged or NaN chains
 */
export function summarize(quantities: readonly { readonly name: string; readonly chains: Chains }[]): SummaryTable {
  const rows = quantities.map(({ name, chains }) => summaryRow(name, chains));
  return { rows, toString: () => format(rows) };
}

function summaryRow(name: string, chains: Chains): SummaryRow {
  checkChains(`summarize of "${name}"`, chains);
  const all = pool(chains);
  const [mean, sd] = [meanOf(all), Math.sqrt(varianceOf(all))];
  all.sort();
  return {
    name,
    mean,
    sd,
    mcse: mcseMean(chains),
    q5: sortedQuantile(all, 0.05),
    q50: sortedQuantile(all, 0.5),
    q95: sortedQuantile(all, 0.95),
    essBulk: essBulk(chains),
    essTail: essTail(chains),
    rhat: rhat(chains),
  };
}

const whole = (x: number): string => (Number.isFinite(x) ? x.toFixed(0) : String(x));
const significant = (x: number): string => {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return x.toExponential(2);
  // Three significant digits at least, and no more decimals than they need.
  return x.toFixed(size >= 100 ? 1 : size >= 10 || size === 0 ? 2 : size >= 0.1 ? 3 : 5);
};

const columns: readonly (readonly [header: string, cell: (row: SummaryRow) => string])[] = [
  ["", (row) => row.name],
  ["mean", (row) => significant(row.mean)],
  ["sd", (row) => significant(row.sd)],
  ["mcse", (row) => significant(row.mcse)],
  ["5%", (row) => significant(row.q5)],
  ["50%", (row) => significant(row.q50)],
  ["95%", (row) => significant(row.q95)],
  ["ess_bulk", (row) => whole(row.essBulk)],
  ["ess_tail", (row) => whole(row.essTail)],
  ["r_hat", (row) => (Number.isFinite(row.rhat) ? row.rhat.toFixed(3) : String(row.rhat))],
];

function format(rows: readonly SummaryRow[]): string {
  const text = columns.map(([header, cell]) => [header, ...rows.map(cell)]);
  const widths = text.map((column) => Math.max(...column.map((entry) => entry.length)));
  const line = (_: unknown, r: number): string =>
    text.map((column, c) => (c === 0 ? column[r].padEnd(widths[c]) : column[r].padStart(widths[c]))).join("  ");
  return Array.from({ length: rows.length + 1 }, line).join("\n");
}
