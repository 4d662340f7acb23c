import { type Target, targets } from "./targets.js";

/** One line of a peer's output. */
export interface Measurement {
  readonly bench: string;
  readonly peer: string;
  readonly backend: string;
  readonly first_ms?: number;
  readonly median_ms?: number;
  readonly check?: number;
  readonly error?: string;
}
export interface Row {
  readonly name: string;
  readonly ours: number | null;
  /** Milliseconds in this run, from the peer's own. */
  readonly target: number | null;
  readonly met: boolean | null;
  readonly peers: Readonly<Record<string, number>>;
  /** Whether the outputs agree with the peers' (null where no peer has the case). */
  readonly digestAgrees: boolean | null;
}

const columnOf = (m: Measurement): string => `${m.peer} ${m.backend}`;
/** Digests are means of root mean squares in f32: peers agree to about three digits. */
const DIGEST = 0.02;

export function rowsOf(ours: readonly Measurement[], peers: readonly Measurement[]): Row[] {
  return ours.map((m) => {
    const others = peers.filter((p) => p.bench === m.bench && p.error === undefined && p.median_ms !== undefined);
    const target = Object.hasOwn(targets, m.bench) ? targets[m.bench] : undefined;
    const own = (target?.of === "first" ? m.first_ms : m.median_ms) ?? null;
    const wanted = limitOf(target, others);
    const checks = others.flatMap((p) => (p.check === undefined ? [] : [p.check]));
    return {
      name: m.bench,
      ours: own,
      target: wanted,
      met: wanted === null || own === null ? null : own <= wanted,
      peers: Object.fromEntries(others.map((p) => [columnOf(p), p.median_ms as number])),
      digestAgrees:
        m.check === undefined || checks.length === 0
          ? null
          : checks.every((c) => Math.abs(c - (m.check as number)) <= DIGEST * Math.abs(c)),
    };
  });
}

function limitOf(target: Target | undefined, others: readonly Measurement[]): number | null {
  if (target === undefined) return null;
  if (target.milliseconds !== undefined) return target.milliseconds;
  const reference = others.find((p) => columnOf(p) === target.peer)?.median_ms;
  return reference === undefined || target.ratio === undefined ? null : reference * target.ratio;
}

/** A table for the terminal: times in milliseconds, then ours over each peer's. */
export function formatRows(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((r) => Object.keys(r.peers)))];
  const number = (x: number | null): string =>
    x === null ? "-" : x >= 100 ? x.toFixed(0) : x >= 1 ? x.toFixed(2) : x.toPrecision(2);
  const header = ["case", "ours ms", ...columns.flatMap((c) => [c, "ratio"]), "target ms", "met", "digest"];
  const body = rows.map((r) => [
    r.name,
    number(r.ours),
    ...columns.flatMap((c) => {
      const peer = r.peers[c];
      return peer === undefined ? ["-", "-"] : [number(peer), r.ours === null ? "-" : (r.ours / peer).toFixed(2)];
    }),
    number(r.target),
    r.met === null ? "-" : r.met ? "yes" : "NO",
    r.digestAgrees === null ? "-" : r.digestAgrees ? "agrees" : "DIFFERS",
  ]);
  return textTable([header, ...body]);
}

/** Columns as wide as their widest cell, the first to the left. */
export function textTable(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const format = (line: readonly string[]): string =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return lines.map(format).join("\n");
}
