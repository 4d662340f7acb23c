import type { Kernel, Statement } from "../kernel/kernel.js";

/** Rounds assumed for a loop whose length is not known in advance. */
const UNKNOWN_ROUNDS = 64;

/** About how many statements a run of the kernel executes. */
export const kernelWork = (kernel: Kernel): number => work(kernel.body);

function work(body: readonly Statement[]): number {
  let total = 0;
  for (const s of body) {
    if (s.kind === "for" || s.kind === "reduce") {
      const rounds = s.extent.kind === "constant" ? s.extent.value : UNKNOWN_ROUNDS;
      total += rounds * (1 + work(s.body));
    } else if (s.kind === "while") total += UNKNOWN_ROUNDS * (1 + work(s.body));
    else if (s.kind === "if") total += 1 + Math.max(work(s.then), work(s.otherwise));
    else total += 1;
  }
  return total;
}
