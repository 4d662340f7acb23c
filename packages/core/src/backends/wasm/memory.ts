import { arenaStart, pageBytes } from "./memoryLayout.js";
import { threading } from "./threading.js";

/**
 * The one memory that all programs share. Growing detaches every view, so whoever keeps views also keeps the `generation`
 * they belong to, and makes new ones when it has changed.
 */
let memory: WebAssembly.Memory | undefined;
let current = 0;

export const initialPages: number = arenaStart / pageBytes + 16;

export function programMemory(): WebAssembly.Memory {
  memory ??= threading()?.memory ?? new WebAssembly.Memory({ initial: initialPages });
  return memory;
}

export const generation = (): number => current;

/** Makes the memory at least `bytes` long. */
export function ensureBytes(bytes: number, caller: string): void {
  const have = programMemory().buffer.byteLength;
  if (have >= bytes) return;
  // Doubling the arena bounds how often views are made anew; the exact size is the second choice.
  const pages = (wanted: number): number => Math.ceil((wanted - have) / pageBytes);
  const generous = Math.min(arenaStart + 2 * (have - arenaStart), arenaStart + 2 ** 31);
  for (const wanted of [Math.max(bytes, generous), bytes])
    try {
      programMemory().grow(pages(wanted));
      current++;
      return;
    } catch {
      // The next smaller size, or the error below.
    }
  throw new RangeError(
    `${caller}: the host refused ${(bytes / 2 ** 20).toFixed(1)} MiB of WebAssembly memory. Use a smaller batch, or checkpoint.`,
  );
}
