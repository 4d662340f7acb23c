import type { Expression, Local } from "./expression.js";
import type { Statement } from "./kernel.js";
import { effectsOf } from "./traverse.js";

/** Of an i32: no less, no more. */
type Range = readonly [low: number, high: number];
type Ranges = Map<Local, Range>;
const ANY: Range = [-Infinity, Infinity];

/** Bounds of an index computed from constants and indices of known range. */
function rangeOf(e: Expression, known: ReadonlyMap<Local, Range>): Range {
  const range = (x: Expression): Range => rangeOf(x, known);
  switch (e.kind) {
    case "constant":
      return [e.value, e.value];
    case "local":
      return known.get(e.local) ?? ANY;
    case "select": {
      const [a, b] = [range(e.a), range(e.b)];
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    }
    case "binary": {
      const [[a, b], [c, d]] = [range(e.a), range(e.b)];
      if (e.op === "add") return [a + c, b + d];
      if (e.op === "sub") return [a - d, b - c];
      if (e.op === "min") return [Math.min(a, c), Math.min(b, d)];
      if (e.op === "max") return [Math.max(a, c), Math.max(b, d)];
      if (a < 0 || c < 0) return ANY;
      if (e.op === "mul") return [a * c, b === 0 || d === 0 ? 0 : b * d];
      if (e.op === "div" && c > 0) return [0, Math.floor(b / c)];
      if (e.op === "rem" && c > 0) return [0, Math.min(b, d - 1)];
      return ANY;
    }
    default:
      return ANY;
  }
}

/**
 * The most rounds of the loops and reductions in a body, of those whose extents follow from constants and from the indices around them.
 *
 * @param indices loops around the body, with their extents.
 */
export function mostRounds(
  body: readonly Statement[],
  indices: Iterable<readonly [Local, number]> = [],
): ReadonlyMap<Statement, number> {
  const rounds = new Map<Statement, number>();
  /** What a loop assigns is not what it was before, from its second round on. */
  const inside = (s: readonly Statement[], known: Ranges): Ranges => {
    const inner = new Map(known);
    for (const l of effectsOf(s).assigned) inner.delete(l);
    return inner;
  };
  const walk = (statements: readonly Statement[], known: Ranges): void => {
    for (const s of statements) {
      if (s.kind === "assign") {
        known.set(s.local, rangeOf(s.value, known));
        continue;
      }
      if (s.kind === "for" || s.kind === "reduce") {
        const [, most] = rangeOf(s.extent, known);
        if (most < Infinity) rounds.set(s, Math.max(0, most));
        walk(s.body, inside(s.body, known).set(s.index, [0, most - 1]));
      } else if (s.kind === "while") walk(s.body, inside(s.body, known));
      else if (s.kind === "if") for (const branch of [s.then, s.otherwise]) walk(branch, new Map(known));
      for (const l of effectsOf([s]).assigned) known.delete(l);
    }
  };
  walk(body, new Map([...indices].map(([local, extent]): [Local, Range] => [local, [0, extent - 1]])));
  return rounds;
}
