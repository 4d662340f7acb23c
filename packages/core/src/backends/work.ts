import type { Expression, Local } from "../kernel/expression.js";
import type { Kernel, Statement } from "../kernel/kernel.js";

/** Rounds assumed for a loop whose length is not known in advance. */
const UNKNOWN_ROUNDS = 64;

/** About how many statements a run of the kernel executes: loops up to an outer index count as if it were always at its end. */
export const kernelWork = (kernel: Kernel): number => work(kernel.body, new Map());

function work(body: readonly Statement[], largest: Map<Local, number>): number {
  let total = 0;
  for (const s of body) {
    if (s.kind === "for" || s.kind === "reduce") {
      const rounds = bound(s.extent, largest) ?? UNKNOWN_ROUNDS;
      largest.set(s.index, Math.max(0, rounds - 1));
      total += rounds * (1 + work(s.body, largest));
    } else if (s.kind === "while") total += UNKNOWN_ROUNDS * (1 + work(s.body, largest));
    else if (s.kind === "if") total += 1 + Math.max(work(s.then, largest), work(s.otherwise, largest));
    else total += 1;
  }
  return total;
}

/** The largest value of an index expression, where loops alone decide it. */
function bound(e: Expression, largest: ReadonlyMap<Local, number>): number | undefined {
  if (e.kind === "constant") return e.value;
  if (e.kind === "local") return largest.get(e.local);
  if (e.kind !== "binary" || (e.op !== "add" && e.op !== "min")) return undefined;
  const [a, b] = [bound(e.a, largest), bound(e.b, largest)];
  if (e.op === "min" && (a === undefined || b === undefined)) return a ?? b;
  return a === undefined || b === undefined ? undefined : e.op === "add" ? a + b : Math.min(a, b);
}
