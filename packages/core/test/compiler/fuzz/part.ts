import { expect, it } from "vitest";
import { fuzz } from "./properties.js";

/** So many files, which vitest runs beside each other. */
const PARTS = 4;
const setting = (name: string, standard: number): number => Number(process.env[name] ?? standard);

/**
 * A share of the random programs of a run. COTANGENT_FUZZ_RUNS says how many programs there are in all, COTANGENT_FUZZ_SEED which; a
 * seed is fixed by default, so that who changes something else is not stopped by what is older.
 */
export function fuzzPart(part: number): void {
  const runs = Math.ceil(setting("COTANGENT_FUZZ_RUNS", 2000) / PARTS);
  const seed = setting("COTANGENT_FUZZ_SEED", 20261123) * PARTS + part;
  it(`${runs} random programs, seed ${seed}`, { timeout: 100 * runs + 600_000 }, () => {
    const tally = fuzz(runs, seed);
    console.log(`fuzz ${part}:`, JSON.stringify(tally));
    // The properties had something to say: long programs, tolerances that are small against the results, few without any.
    if (runs < 100) return;
    expect(tally.equations / tally.graphs).toBeGreaterThan(40);
    expect(tally.unstable / tally.graphs).toBeLessThan(0.2);
    expect(tally.sharp / tally.compared).toBeGreaterThan(0.9);
  });
}
