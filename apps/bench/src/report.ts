import type { Target } from "./targets.js";

/** One line of a peer's output. */
export interface Measurement {
  readonly bench: string;
  readonly peer: string;
  readonly backend: string;
  readonly first_ms?: number;
  readonly median_ms?: number;
  readonly check?: number;
  readonly error?: string;
  /** On a GPU: what one call asked of it. */
  readonly dispatches?: number;
}
export interface Row {
  readonly name: string;
  readonly ours: number | null;
  /** Of `ours` and `target`; the peers' figures are of the same kind. */
  readonly unit: string;
  /** In this run, from the peer's own figure where it is a share of it. */
  readonly target: number | null;
  /** The target is to be reached, not to be kept below. */
  readonly least: boolean;
  readonly met: boolean | null;
  readonly peers: Readonly<Record<string, number>>;
  /** Whether the outputs agree with the peers' (null where no peer has the case). */
  readonly digestAgrees: boolean | null;
}

const columnOf = (m: Measurement): string => `${m.peer} ${m.backend}`;
/** Digests are means of root mean squares in f32: peers agree to about three digits. */
const DIGEST = 0.02;
const valueOf = (m: Measurement | undefined, of: Target["of"]): number | null =>
  (of === "first" ? m?.first_ms : of === "output" ? m?.check : of === "dispatches" ? m?.dispatches : m?.median_ms) ??
  null;

export function rowsOf(
  ours: readonly Measurement[],
  peers: readonly Measurement[],
  targets: Readonly<Record<string, Target>>,
): Row[] {
  return ours.flatMap((m) => {
    const more = Object.entries(targets).filter(([, target]) => target.bench === m.bench);
    return [
      rowOf(m.bench, m, Object.hasOwn(targets, m.bench) ? targets[m.bench] : {}, ours, peers),
      ...more.map(([name, target]) => rowOf(name, m, target, ours, peers)),
    ];
  });
}

function rowOf(
  name: string,
  m: Measurement,
  target: Target,
  ours: readonly Measurement[],
  peers: readonly Measurement[],
): Row {
  const { of, unit = "ms", least = false } = target;
  const bench = target.peerBench ?? m.bench;
  const same = peers.filter((p) => p.bench === bench && p.error === undefined);
  const others = same.filter((p) => valueOf(p, of) !== null);
  const own = m.error === undefined ? valueOf(m, of) : null;
  const limit = limitOf(target, ours, others);
  const checks = same.flatMap((p) => (p.check === undefined ? [] : [p.check]));
  return {
    name,
    ours: own,
    unit,
    target: limit,
    least,
    met: limit === null || own === null ? null : least ? own >= limit : own <= limit,
    peers: Object.fromEntries(others.map((p) => [columnOf(p), valueOf(p, of) as number])),
    digestAgrees:
      m.check === undefined || checks.length === 0
        ? null
        : checks.every((c) => Math.abs(c - (m.check as number)) <= DIGEST * Math.abs(c)),
  };
}

function limitOf(target: Target, ours: readonly Measurement[], others: readonly Measurement[]): number | null {
  const { limit, ratio, of } = target;
  if (limit !== undefined) return limit;
  const reference =
    target.against === undefined
      ? others.find((p) => columnOf(p) === target.peer)
      : ours.find((o) => o.bench === target.against);
  const value = valueOf(reference, of);
  return value === null || ratio === undefined ? null : value * ratio;
}

/** A table for the terminal: ours, each peer's and the quotient, the target, and whether it is met. */
export function formatRows(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((r) => Object.keys(r.peers)))];
  const number = (x: number | null): string =>
    x === null ? "-" : x >= 100 ? x.toFixed(0) : x >= 1 ? x.toFixed(2) : x.toPrecision(2);
  const header = ["case", "ours", "unit", ...columns.flatMap((c) => [c, "ratio"]), "target", "met", "digest"];
  const body = rows.map((r) => [
    r.name,
    number(r.ours),
    r.unit,
    ...columns.flatMap((c) => {
      const peer = r.peers[c];
      return peer === undefined ? ["-", "-"] : [number(peer), r.ours === null ? "-" : (r.ours / peer).toFixed(2)];
    }),
    r.target === null ? "-" : `${r.least ? ">=" : "<="} ${number(r.target)}`,
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
