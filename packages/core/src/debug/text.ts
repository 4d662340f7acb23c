export type Cell = string | number;

/** Rows in columns, numbers (and what looks like one) to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  const right = head.map((_, c) => rows.length > 0 && rows.every((row) => /^[\d.]/.test(String(row[c]))));
  return all.map((row) =>
    row
      .map((cell, c) => (right[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join("  ")
      .trimEnd(),
  );
}

const scaled = (x: number, base: number, units: readonly string[]): string => {
  let [value, unit] = [x, 0];
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)} ${units[unit]}`;
};
/** 12.3 M, for a unit to follow. */
export const count = (x: number): string => scaled(x, 1000, ["", "k", "M", "G", "T"]);
export const bytesText = (x: number): string => scaled(x, 1024, ["B", "KiB", "MiB", "GiB"]);
