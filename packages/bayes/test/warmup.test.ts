import { expect, it } from "vitest";
import { warmupSchedule } from "../src/sampler/warmup.js";

// Ends by bayes.md section 2 (simulated by hand from Stan's compute_next_window).
it.each([
  { iterations: 1000, ends: [99, 149, 249, 449, 949] },
  { iterations: 150, ends: [99] },
  { iterations: 250, ends: [99, 199] },
  { iterations: 500, ends: [99, 149, 249, 449] },
  // 15 %, 75 %, 10 %: Stan never adapts here (issue 3380), we do, once.
  { iterations: 149, ends: [134] },
  { iterations: 100, ends: [89] },
  { iterations: 20, ends: [17] },
  { iterations: 19, ends: [] },
  { iterations: 0, ends: [] },
])("$iterations iterations close windows at $ends", ({ iterations, ends }) => {
  expect(warmupSchedule(iterations).windowEnds).toEqual(ends);
});

it("adapts the metric in iterations 75 to 949 of 1000", () => {
  const { slowStart, slowEnd } = warmupSchedule(1000);
  expect([slowStart, slowEnd]).toEqual([75, 950]);
});

it("closes the last window on the last iteration when there is no final buffer", () => {
  expect(warmupSchedule(200, { init: 75, window: 25, term: 0 }).windowEnds).toEqual([99, 199]);
});

/** The counters of Stan's windowed_adaptation.hpp, one call for each iteration. */
function stanEnds(warmup: number): number[] {
  const [init, base, term] = [75, 25, 50];
  let size = base;
  let next = init + base - 1;
  const ends: number[] = [];
  for (let counter = 0; counter < warmup; counter++) {
    if (counter !== next) continue;
    ends.push(counter);
    if (next === warmup - term - 1) continue;
    size *= 2;
    next = counter + size;
    if (next === warmup - term - 1) continue;
    if (next + 2 * size >= warmup - term) next = warmup - term - 1;
  }
  return ends;
}

it("agrees with Stan's counters for every length from 150 to 5000", () => {
  for (let warmup = 150; warmup <= 5000; warmup++)
    expect(warmupSchedule(warmup).windowEnds, `${warmup}`).toEqual(stanEnds(warmup));
});

// Doubling an empty window would never reach the end.
it.each([
  [() => warmupSchedule(1000, { init: 75, window: 0, term: 50 }), /buffers.window is 0, expected .* 1 or more/],
  [() => warmupSchedule(1000, { init: -1, window: 25, term: 50 }), /buffers.init is -1/],
  [() => warmupSchedule(1000, { init: 75, window: 25, term: 0.5 }), /buffers.term is 0.5/],
  [() => warmupSchedule(Number.NaN), /iterations is NaN, expected a whole number/],
])("refuses lengths that make no schedule: %#", (schedule, message) => {
  expect(schedule).toThrow(message);
});
